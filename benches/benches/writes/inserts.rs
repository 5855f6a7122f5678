//! Inserting into a full cache: each new entry evicts one.

use std::hint::black_box;

use benches::stores::{self, Store, key};
use benches::table::{Contender, Selection};
use benches::threads::{rotated, together};
use benches::zipf;
use cached_core::Cache;

use crate::on;

const INSERTS: u64 = 1 << 16;
const DRAWS: usize = 1 << 19;

pub(crate) fn report(selection: &Selection, threads: usize) {
    for (capacity, size) in [(10_000, "10,000"), (100_000, "100,000")] {
        let title = format!("Insert of a new key, full cache of {size}, {}", on(threads));
        selection.compare(&title, || {
            vec![
                new_keys("`quick_cache`", stores::quick(capacity), capacity, threads),
                new_keys("**`cached-core`** `Cache::insert`", stores::ours(capacity), capacity, threads),
                new_keys("**`cached-core`** without a TTL", eternal(capacity), capacity, threads),
                new_keys("`cached` `ShardedLruTtlCache`", stores::cached(capacity), capacity, threads),
                new_keys("`moka`", stores::moka(capacity), capacity, threads),
                new_keys("`foyer`", stores::foyer(capacity), capacity, threads),
            ]
        });
        let title = format!("Get or insert, Zipf 0.9 over four times the capacity of {size}, {}", on(threads));
        if selection.has(&title) {
            let draws = zipf::draws(4 * capacity, 0.9, DRAWS);
            selection.compare(&title, || {
                vec![
                    get_or_insert("`quick_cache`", stores::quick(capacity), &draws, threads),
                    get_or_insert("**`cached-core`** `Cache`", stores::ours(capacity), &draws, threads),
                    get_or_insert("**`cached-core`** without a TTL", eternal(capacity), &draws, threads),
                    get_or_insert("`cached` `ShardedLruTtlCache`", stores::cached(capacity), &draws, threads),
                    get_or_insert("`moka`", stores::moka(capacity), &draws, threads),
                    get_or_insert("`foyer`", stores::foyer(capacity), &draws, threads),
                ]
            });
        }
    }
}

fn eternal(capacity: usize) -> Cache<u64, u64> {
    Cache::builder().capacity(capacity as u64).build()
}

fn new_keys(name: &'static str, store: impl Store, capacity: usize, threads: usize) -> Contender<'static> {
    let mut next = 2 * capacity as u64;
    (0..next).for_each(|n| store.store(key(n), n));
    Contender::new(name, move || {
        let from = next;
        next += INSERTS * threads as u64;
        together(threads, INSERTS as usize, |thread| {
            let from = from + INSERTS * thread as u64;
            for n in from..from + INSERTS {
                store.store(key(n), n);
            }
        })
    })
}

/// What a hit ratio is worth is in the time as well: a miss costs an insert.
fn get_or_insert<'a>(name: &'static str, store: impl Store, draws: &'a [u32], threads: usize) -> Contender<'a> {
    Contender::new(name, move || {
        together(threads, draws.len(), |thread| {
            for &draw in rotated(draws, thread, threads).into_iter().flatten() {
                let key = key(draw.into());
                if black_box(store.find(key)).is_none() {
                    store.store(key, draw.into());
                }
            }
        })
    })
}
