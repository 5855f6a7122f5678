//! `u64` to an `Arc`: the smallest key.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use benches::table::Contender;

use crate::{CAPACITY, Calls, TTL, Value, compute};

type Call = fn(u64) -> Value;

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
fn ours(id: u64) -> Value {
    compute(id, "")
}

fn quick(id: u64) -> Value {
    static CACHE: LazyLock<quick_cache::sync::Cache<u64, Value>> =
        LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));
    CACHE.get(&id).unwrap_or_else(|| {
        let value = compute(id, "");
        CACHE.insert(id, Arc::clone(&value));
        value
    })
}

fn moka(id: u64) -> Value {
    static CACHE: LazyLock<moka::sync::Cache<u64, Value>> =
        LazyLock::new(|| moka::sync::Cache::builder().max_capacity(CAPACITY as u64).time_to_live(TTL).build());
    CACHE.get_with(id, || compute(id, ""))
}

#[cached::macros::concurrent_cached(max_size = 20_000, ttl_secs = 3600)]
fn concurrent_sized(id: u64) -> Value {
    compute(id, "")
}

#[cached::macros::concurrent_cached(ttl_secs = 3600)]
fn concurrent_ttl(id: u64) -> Value {
    compute(id, "")
}

pub(crate) fn contenders(calls: Calls<'_>) -> Vec<Contender<'_>> {
    let functions: [(_, Call); 5] = [
        ("`quick_cache` by hand", quick),
        ("**`cached-core`** `#[cache]`", ours),
        ("`cached` `#[concurrent_cached]`, LRU and TTL", concurrent_sized),
        ("`cached` `#[concurrent_cached]`, TTL, unbounded", concurrent_ttl),
        ("`moka` `get_with`", moka),
    ];
    let contender = |(name, call)| {
        let call: Call = black_box(call);
        calls.contender(name, move |id| drop(black_box(call(u64::from(id)))))
    };
    functions.map(contender).into()
}
