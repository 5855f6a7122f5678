//! What a load costs beside the loader: look-up, single flight, storing, evicting, in a full cache.

use std::convert::Infallible;
use std::hint::black_box;
use std::sync::LazyLock;

use benches::stores::{self, key};
use benches::table::{Contender, Selection};
use benches::threads::together;

use crate::on;

const CAPACITY: usize = 10_000;
const MISSES: u64 = 1 << 16;

type Call = fn(u64) -> u64;

#[inline(never)]
fn load(id: u64) -> u64 {
    black_box(id) + 1
}

#[cached_core::cache(ttl = 3600, capacity = 10_000)]
fn ours(id: u64) -> u64 {
    load(id)
}

#[cached_core::cache(ttl = 3600, capacity = 10_000, lock = "none")]
fn alone(id: u64) -> u64 {
    load(id)
}

fn store(id: u64) -> u64 {
    static CACHE: LazyLock<cached_core::Cache<u64, u64>> = LazyLock::new(|| stores::ours(CAPACITY));
    CACHE.get_or_load(&id, || load(id))
}

fn quick(id: u64) -> u64 {
    static CACHE: LazyLock<quick_cache::sync::Cache<u64, u64>> = LazyLock::new(|| stores::quick(CAPACITY));
    match CACHE.get_or_insert_with(&id, || Ok::<_, Infallible>(load(id))) {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

fn moka(id: u64) -> u64 {
    static CACHE: LazyLock<moka::sync::Cache<u64, u64>> = LazyLock::new(|| stores::moka(CAPACITY));
    CACHE.get_with(id, || load(id))
}

#[cached::macros::concurrent_cached(max_size = 10_000, ttl_secs = 3600)]
fn concurrent(id: u64) -> u64 {
    load(id)
}

#[cached::macros::cached(max_size = 10_000, ttl_secs = 3600, sync_writes = "by_key")]
fn by_key(id: u64) -> u64 {
    load(id)
}

pub(crate) fn report(selection: &Selection, threads: usize) {
    let functions: [(_, Call); 8] = [
        ("`quick_cache` `get_or_insert_with`", quick),
        ("**`cached-core`** `#[cache]`", ours),
        ("**`cached-core`** `#[cache(lock = \"none\")]`: no single flight", alone),
        ("**`cached-core`** `Cache::get_or_load`", store),
        ("`moka` `get_with`", moka),
        ("`cached` `#[cached(sync_writes = \"by_key\")]`", by_key),
        ("`cached` `#[concurrent_cached]`: no single flight", concurrent),
        ("the loader alone", load),
    ];
    selection.compare(&format!("Miss of a new key, full cache of 10,000, {}", on(threads)), || {
        functions.map(|(name, call)| missing(name, call, threads)).into()
    });
}

fn missing(name: &'static str, call: Call, threads: usize) -> Contender<'static> {
    let call = black_box(call);
    // Keys of one number of threads are not those of another: the caches are the same.
    let mut next = (threads as u64) << 40;
    let mut fresh = move |count: u64| {
        next += count;
        next - count
    };
    let warm = fresh(2 * CAPACITY as u64);
    for n in warm..warm + 2 * CAPACITY as u64 {
        black_box(call(key(n)));
    }
    Contender::new(name, move || {
        let from = fresh(MISSES * threads as u64);
        together(threads, MISSES as usize, |thread| {
            let from = from + MISSES * thread as u64;
            for n in from..from + MISSES {
                black_box(call(key(n)));
            }
        })
    })
}
