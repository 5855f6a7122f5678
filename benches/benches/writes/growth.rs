//! The longest that one insert takes while a cache grows: for so long it may keep a hit waiting.

use std::time::{Duration, Instant};

use benches::stores::{self, Store, key};
use benches::table::{Contender, Selection};
use benches::threads::{Time, together};

const ENTRIES: usize = 1_000_000;

pub(crate) fn report(selection: &Selection) {
    selection.compare("The longest insert while an empty cache grows to 1,000,000 entries", || {
        vec![
            longest("`quick_cache`", stores::quick),
            longest("**`cached-core`** `Cache::insert`", stores::ours),
            longest("`foyer`", stores::foyer),
            longest("`cached` `ShardedLruTtlCache`", stores::cached),
        ]
    });
}

/// A round in which the thread was never interrupted tells; the fastest is the nearest to one.
fn longest<S: Store>(name: &'static str, new: fn(usize) -> S) -> Contender<'static> {
    Contender::new(name, move || {
        let store = new(ENTRIES);
        let longest = std::sync::Mutex::new(Duration::ZERO);
        let time = together(1, ENTRIES, |_| {
            let mut most = Duration::ZERO;
            for n in 0..ENTRIES as u64 {
                let begun = Instant::now();
                store.store(key(n), n);
                most = most.max(begun.elapsed());
            }
            *longest.lock().expect("nothing panics under it") = most;
        });
        let longest = longest.into_inner().expect("nothing panicked under it");
        Time { nanoseconds: longest.as_secs_f64() * 1e9, ..time }
    })
}
