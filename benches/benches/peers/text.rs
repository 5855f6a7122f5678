//! `&str` to an `Arc`, kept under a `String`: a key that is hashed and compared byte by byte, and lies elsewhere in memory.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use benches::table::Contender;

use crate::{CAPACITY, Calls, KEYS, TTL, Value, compute};

type Call = fn(&str) -> Value;

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
fn ours(name: &str) -> Value {
    compute(0, name)
}

fn quick(name: &str) -> Value {
    static CACHE: LazyLock<quick_cache::sync::Cache<String, Value>> =
        LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));
    CACHE.get(name).unwrap_or_else(|| {
        let value = compute(0, name);
        CACHE.insert(name.to_owned(), Arc::clone(&value));
        value
    })
}

fn moka(name: &str) -> Value {
    static CACHE: LazyLock<moka::sync::Cache<String, Value>> =
        LazyLock::new(|| moka::sync::Cache::builder().max_capacity(CAPACITY as u64).time_to_live(TTL).build());
    CACHE.get_with_by_ref(name, || compute(0, name))
}

#[cached::macros::concurrent_cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "String",
    convert = "{ name.to_owned() }"
)]
fn concurrent_sized(name: &str) -> Value {
    compute(0, name)
}

#[cached::macros::concurrent_cached(ttl_secs = 3600, key = "String", convert = "{ name.to_owned() }")]
fn concurrent_ttl(name: &str) -> Value {
    compute(0, name)
}

pub(crate) fn contenders(calls: Calls<'_>) -> Vec<Contender<'_>> {
    let functions: [(_, Call); 5] = [
        ("`quick_cache` by hand", quick),
        ("**`cached-core`** `#[cache]`", ours),
        ("`cached` `#[concurrent_cached]`, LRU and TTL", concurrent_sized),
        ("`cached` `#[concurrent_cached]`, TTL, unbounded", concurrent_ttl),
        ("`moka` `get_with_by_ref`", moka),
    ];
    let names: Arc<[String]> = (0..KEYS).map(|id| format!("user-{id:05}@example.com")).collect();
    let contender = |(name, call)| {
        let (names, call): (_, Call) = (Arc::clone(&names), black_box(call));
        calls.contender(name, move |id| drop(black_box(call(&names[id as usize]))))
    };
    functions.map(contender).into()
}
