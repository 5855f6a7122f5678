//! An annotated hit against the peers': `cargo bench -p benches --bench peers`.
//!
//! Each function maps `(u64, &str)` to an `Arc`, with a TTL, from 10 000 resident keys drawn by Zipf's law (0.9). What is
//! timed is the call as a user writes it: function boundary, key, clock, policy and statistics included.

use std::hint::black_box;
use std::sync::{Arc, Barrier, LazyLock};
use std::time::{Duration, Instant};

use benches::table::{Contender, compare};
use benches::zipf;

const KEYS: usize = 10_000;
const DRAWS: usize = 1 << 18;
const ROUNDS: usize = 9;
const PASSES: usize = 8;

type Value = Arc<[u64; 8]>;

fn compute(id: u64, lang: &str) -> Value {
    Arc::new([id + lang.len() as u64; 8])
}

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
fn ours(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached_core::cache(ttl = 3600, capacity = 20_000, policy = "lru")]
fn ours_lru(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached_core::cache(ttl = 3600, capacity = 20_000)]
async fn ours_async(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[derive(Hash)]
struct Borrowed<'a>(u64, &'a str);

impl quick_cache::Equivalent<(u64, String)> for Borrowed<'_> {
    fn equivalent(&self, key: &(u64, String)) -> bool {
        self.0 == key.0 && self.1 == key.1
    }
}

/// Written by hand, with a borrowed key and without a TTL, which `quick_cache` does not have.
fn quick(id: u64, lang: &str) -> Value {
    static CACHE: LazyLock<quick_cache::sync::Cache<(u64, String), Value>> =
        LazyLock::new(|| quick_cache::sync::Cache::new(20_000));
    if let Some(value) = CACHE.get(&Borrowed(id, lang)) {
        return value;
    }
    let value = compute(id, lang);
    CACHE.insert((id, lang.to_owned()), Arc::clone(&value));
    value
}

fn moka(id: u64, lang: &str) -> Value {
    static CACHE: LazyLock<moka::sync::Cache<(u64, String), Value>> = LazyLock::new(|| {
        moka::sync::Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(3600)).build()
    });
    CACHE.get_with((id, lang.to_owned()), || compute(id, lang))
}

#[cached::macros::cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (id, lang.to_owned()) }"#
)]
fn cached_attribute(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[cached::macros::concurrent_cached(
    max_size = 20_000,
    ttl_secs = 3600,
    key = "(u64, String)",
    convert = r#"{ (id, lang.to_owned()) }"#
)]
fn cached_concurrent(id: u64, lang: &str) -> Value {
    compute(id, lang)
}

#[memoize::memoize(Capacity: 20_000, TimeToLive: Duration::from_secs(3600), SharedCache)]
fn memoized(id: u64, lang: String) -> Value {
    compute(id, &lang)
}

fn languages(id: u32) -> &'static str {
    ["en", "de", "pt-BR", "zh-Hant"][id as usize % 4]
}

/// Wall time of one call on each of `threads` threads.
fn time(draws: &[u32], threads: usize, call: impl Fn(u64, &str) + Sync) -> Duration {
    let start = Barrier::new(threads + 1);
    let mut took = Duration::ZERO;
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (call, start) = (&call, &start);
                scope.spawn(move || {
                    let from = thread * draws.len() / threads;
                    start.wait();
                    let begun = Instant::now();
                    for _ in 0..PASSES {
                        for &id in draws[from..].iter().chain(&draws[..from]) {
                            call(u64::from(id), languages(id));
                        }
                    }
                    begun.elapsed()
                })
            })
            .collect();
        start.wait();
        took = workers.into_iter().map(|worker| worker.join().unwrap_or_default()).max().unwrap_or_default();
    });
    took / (PASSES * draws.len()) as u32
}

fn main() {
    let draws = zipf::draws(KEYS, 0.9, DRAWS);
    for threads in [1, 2] {
        let draws = &draws;
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let mut contenders = vec![
            Contender::new("cached-core #[cache]", move || {
                time(draws, threads, |id, lang| drop(black_box(ours(id, lang))))
            }),
            Contender::new("cached-core #[cache(policy = \"lru\")]", move || {
                time(draws, threads, |id, lang| drop(black_box(ours_lru(id, lang))))
            }),
            Contender::new("quick_cache by hand, borrowed key, no TTL", move || {
                time(draws, threads, |id, lang| drop(black_box(quick(id, lang))))
            }),
            Contender::new("cached #[concurrent_cached]", move || {
                time(draws, threads, |id, lang| drop(black_box(cached_concurrent(id, lang))))
            }),
            Contender::new("cached #[cached]", move || {
                time(draws, threads, |id, lang| drop(black_box(cached_attribute(id, lang))))
            }),
            Contender::new("memoize", move || {
                time(draws, threads, |id, lang| drop(black_box(memoized(id, lang.to_owned()))))
            }),
            Contender::new("moka get_with", move || time(draws, threads, |id, lang| drop(black_box(moka(id, lang))))),
        ];
        if let (1, Ok(runtime)) = (threads, runtime) {
            contenders.push(Contender::new("cached-core #[cache] async fn", move || {
                runtime.block_on(async {
                    let begun = Instant::now();
                    for _ in 0..PASSES {
                        for &id in draws {
                            black_box(ours_async(u64::from(id), languages(id)).await);
                        }
                    }
                    begun.elapsed() / (PASSES * draws.len()) as u32
                })
            }));
        }
        let title = format!("hit, (u64, &str) -> Arc, TTL, {KEYS} keys, Zipf 0.9, {threads} thread(s)");
        compare(&title, "quick_cache by hand, borrowed key, no TTL", ROUNDS, contenders);
    }
}
