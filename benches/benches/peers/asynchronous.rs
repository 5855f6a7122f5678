//! The same from async code: each thread runs a runtime of its own, and every hit is ready when it is first polled.

use std::hint::black_box;
use std::sync::{Arc, LazyLock};

use benches::table::Contender;
use benches::threads::rotated;
use tokio::runtime::Builder;

use crate::pair::Borrowed;
use crate::{CAPACITY, Calls, Value, compute, language};

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
async fn ours(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

async fn quick(id: u64, lang: &str) -> Value {
    static CACHE: LazyLock<quick_cache::sync::Cache<(u64, String), Value>> =
        LazyLock::new(|| quick_cache::sync::Cache::new(CAPACITY));
    CACHE.get(&Borrowed(id, lang)).unwrap_or_else(|| {
        let value = compute(id, lang);
        CACHE.insert((id, lang.to_owned()), Arc::clone(&value));
        value
    })
}

#[cached::macros::concurrent_cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = "{ (id, lang.to_owned()) }"
)]
async fn concurrent_sized(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached::macros::concurrent_cached(ttl_secs = 3600, key = "(u64, String)", convert = "{ (id, lang.to_owned()) }")]
async fn concurrent_ttl(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

fn contender<'a>(
    calls: Calls<'a>,
    name: &'static str,
    call: impl AsyncFn(u64, &'static str) -> Value + Sync + 'a,
) -> Contender<'a> {
    calls.timed(name, move |passes, thread| {
        let runtime = Builder::new_current_thread().build().expect("a runtime without I/O needs only memory");
        runtime.block_on(async {
            for _ in 0..passes {
                for part in rotated(calls.draws, thread, calls.threads) {
                    for &id in part {
                        drop(black_box(call(u64::from(id), language(id)).await));
                    }
                }
            }
        });
    })
}

pub(crate) fn contenders(calls: Calls<'_>) -> Vec<Contender<'_>> {
    vec![
        contender(calls, "`quick_cache` by hand in an `async fn`", quick),
        contender(calls, "**`cached-core`** `#[cache]`", ours),
        contender(calls, "`cached` `#[concurrent_cached]`, LRU and TTL", concurrent_sized),
        contender(calls, "`cached` `#[concurrent_cached]`, TTL, unbounded", concurrent_ttl),
    ]
}
