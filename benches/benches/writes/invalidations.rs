//! Taking one entry out.

use std::hint::black_box;
use std::sync::Arc;

use benches::stores::{self, Store, key};
use benches::table::{Contender, Selection};
use benches::threads::together;
use cached_core::invalidates;

const CAPACITY: usize = 20_000;
const ENTRIES: u64 = 8_192;

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
fn plain(id: u64) -> u64 {
    id
}

#[cached_core::cache(ttl = 3600, capacity = 20_000, key = "row:{id}")]
fn named(id: u64) -> u64 {
    id
}

#[invalidates(plain(id))]
fn write_plain(id: u64) -> u64 {
    black_box(id)
}

#[invalidates("row:{id}")]
fn write_by_text(id: u64) -> u64 {
    black_box(id)
}

pub(crate) fn report(selection: &Selection) {
    for there in [true, false] {
        let title = if there { "Invalidate a key that is there" } else { "Invalidate a key that is not there" };
        selection.compare(title, || {
            vec![
                removing("`quick_cache` `remove`", there, stores::quick(CAPACITY)),
                removing("**`cached-core`** `Cache::invalidate`", there, stores::ours(CAPACITY)),
                contender("**`cached-core`** the companion's `invalidate`", there, plain, plain::invalidate),
                contender("**`cached-core`** `#[invalidates(f(id))]`", there, plain, write_plain),
                contender("**`cached-core`** `#[invalidates(\"row:{id}\")]`: by its text", there, named, write_by_text),
                removing("`moka` `invalidate`", there, stores::moka(CAPACITY)),
                removing("`foyer` `remove`", there, stores::foyer(CAPACITY)),
                removing("`cached` `ShardedLruTtlCache::remove`", there, stores::cached(CAPACITY)),
            ]
        });
    }
}

fn removing(name: &'static str, there: bool, store: impl Store) -> Contender<'static> {
    let store = Arc::new(store);
    let filled = Arc::clone(&store);
    contender(name, there, move |id| filled.store(id, id), move |id| store.forget(id))
}

fn contender<F, R>(
    name: &'static str,
    there: bool,
    fill: impl Fn(u64) -> F + 'static,
    invalidate: impl Fn(u64) -> R + Sync + 'static,
) -> Contender<'static> {
    Contender::new(name, move || {
        for n in 0..ENTRIES {
            fill(key(n));
        }
        let from = if there { 0 } else { ENTRIES };
        // Not in the order in which they came: an odd factor permutes them.
        together(1, ENTRIES as usize, |_| {
            for n in 0..ENTRIES {
                invalidate(key(from + n * 3_001 % ENTRIES));
            }
        })
    })
}
