//! `(u64, &str)` to an `Arc`: what a function with two arguments costs that returns something large.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use benches::table::Contender;

use crate::{CAPACITY, Calls, TTL, Value, WRITE, compute, language};

type Call = fn(u64, &str) -> Value;

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
fn ours(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached_core::cache(ttl = 3600, capacity = 20_000, policy = "lru")]
fn ours_lru(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

/// A key of which the text is borrowed.
#[derive(Hash)]
pub(crate) struct Borrowed<'a>(pub(crate) u64, pub(crate) &'a str);

impl quick_cache::Equivalent<(u64, String)> for Borrowed<'_> {
    fn equivalent(&self, key: &(u64, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

static QUICK: LazyLock<quick_cache::sync::Cache<(u64, String), Value>> =
    LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));

fn quick(id: u64, lang: &str) -> Value {
    QUICK.get(&Borrowed(id, lang)).unwrap_or_else(|| quick_refresh(id, lang))
}

fn quick_refresh(id: u64, lang: &str) -> Value {
    let value = compute(id, lang);
    QUICK.insert((id, lang.to_owned()), Arc::clone(&value));
    value
}

static MOKA: LazyLock<moka::sync::Cache<(u64, String), Value>> =
    LazyLock::new(|| moka::sync::Cache::builder().max_capacity(CAPACITY as u64).time_to_live(TTL).build());

fn moka(id: u64, lang: &str) -> Value {
    MOKA.get_with((id, lang.to_owned()), || compute(id, lang))
}

fn moka_refresh(id: u64, lang: &str) -> Value {
    let value = compute(id, lang);
    MOKA.insert((id, lang.to_owned()), Arc::clone(&value));
    value
}

static FOYER: LazyLock<foyer_memory::Cache<(u64, String), Value>> =
    LazyLock::new(|| foyer_memory::CacheBuilder::new(CAPACITY).build());

fn foyer(id: u64, lang: &str) -> Value {
    FOYER.get(&Borrowed(id, lang)).map_or_else(|| foyer_refresh(id, lang), |entry| Arc::clone(entry.value()))
}

fn foyer_refresh(id: u64, lang: &str) -> Value {
    let value = compute(id, lang);
    FOYER.insert((id, lang.to_owned()), Arc::clone(&value));
    value
}

#[cached::macros::cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = "{ (id, lang.to_owned()) }"
)]
fn cached_sized(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached::macros::cached(ttl_secs = 3600, key = "(u64, String)", convert = "{ (id, lang.to_owned()) }")]
fn cached_ttl(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached::macros::concurrent_cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = "{ (id, lang.to_owned()) }"
)]
fn concurrent_sized(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached::macros::concurrent_cached(ttl_secs = 3600, key = "(u64, String)", convert = "{ (id, lang.to_owned()) }")]
fn concurrent_ttl(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[memoize::memoize(Capacity: 20_000, TimeToLive: std::time::Duration::from_secs(3600), SharedCache)]
fn memoized(id: u64, lang: String) -> Value {
    compute(id, &lang)
}

fn contender<'a>(calls: Calls<'a>, name: &'static str, read: Call, write: Call) -> Contender<'a> {
    let (read, write) = black_box((read, write));
    calls.contender(name, move |draw| {
        let id = draw & !WRITE;
        let call = if draw & WRITE == 0 { read } else { write };
        drop(black_box(call(u64::from(id), language(id))));
    })
}

/// Whoever there is.
pub(crate) fn contenders(calls: Calls<'_>) -> Vec<Contender<'_>> {
    let functions: [(_, Call); 10] = [
        ("`quick_cache` by hand", quick),
        ("**`cached-core`** `#[cache]`", ours),
        ("**`cached-core`** `#[cache(policy = \"lru\")]`", ours_lru),
        ("`cached` `#[concurrent_cached]`, LRU and TTL", concurrent_sized),
        ("`cached` `#[concurrent_cached]`, TTL, unbounded", concurrent_ttl),
        ("`cached` `#[cached]`, LRU and TTL", cached_sized),
        ("`cached` `#[cached]`, TTL, unbounded", cached_ttl),
        ("`moka` `get_with`", moka),
        ("`memoize`", |id, lang| memoized(id, lang.to_owned())),
        ("`foyer` by hand, borrowed key, no TTL", foyer),
    ];
    functions.map(|(name, read)| contender(calls, name, read, read)).into()
}

/// With writes between the hits: what each offers for storing a new value of the function whatever is there.
pub(crate) fn writing(calls: Calls<'_>) -> Vec<Contender<'_>> {
    let functions: [(_, Call, Call); 6] = [
        ("`quick_cache` by hand, `insert`", quick, quick_refresh),
        ("**`cached-core`** `#[cache]`, its `refresh`", ours, ours::refresh),
        (
            "`cached` `#[concurrent_cached]`, LRU and TTL, its `prime_cache`",
            concurrent_sized,
            concurrent_sized_prime_cache,
        ),
        (
            "`cached` `#[concurrent_cached]`, TTL, unbounded, its `prime_cache`",
            concurrent_ttl,
            concurrent_ttl_prime_cache,
        ),
        ("`moka` `get_with`, `insert`", moka, moka_refresh),
        ("`foyer` by hand, `insert`", foyer, foyer_refresh),
    ];
    functions.map(|(name, read, write)| contender(calls, name, read, write)).into()
}
