//! `(u64, &str)` to a struct of 64 bytes: a hit copies it, where an `Arc` counts.

use std::hint::black_box;
use std::sync::LazyLock;

use benches::table::Contender;

use crate::pair::Borrowed;
use crate::{CAPACITY, Calls, TTL, compute, language};

/// What is cached.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    _columns: [u64; 8],
}

type Call = fn(u64, &str) -> Row;

fn row(id: u64, lang: &str) -> Row {
    Row { _columns: *compute(id, lang) }
}

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
fn ours(id: u64, lang: &str) -> Row {
    row(id, lang)
}

fn quick(id: u64, lang: &str) -> Row {
    static CACHE: LazyLock<quick_cache::sync::Cache<(u64, String), Row>> =
        LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));
    CACHE.get(&Borrowed(id, lang)).unwrap_or_else(|| {
        let value = row(id, lang);
        CACHE.insert((id, lang.to_owned()), value);
        value
    })
}

fn moka(id: u64, lang: &str) -> Row {
    static CACHE: LazyLock<moka::sync::Cache<(u64, String), Row>> =
        LazyLock::new(|| moka::sync::Cache::builder().max_capacity(CAPACITY as u64).time_to_live(TTL).build());
    CACHE.get_with((id, lang.to_owned()), || row(id, lang))
}

#[cached::macros::concurrent_cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = "{ (id, lang.to_owned()) }"
)]
fn concurrent_sized(id: u64, lang: &str) -> Row {
    row(id, lang)
}

#[cached::macros::concurrent_cached(ttl_secs = 3600, key = "(u64, String)", convert = "{ (id, lang.to_owned()) }")]
fn concurrent_ttl(id: u64, lang: &str) -> Row {
    row(id, lang)
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
        calls.contender(name, move |id| {
            black_box(call(u64::from(id), language(id)));
        })
    };
    functions.map(contender).into()
}
