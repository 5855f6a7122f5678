//! What an entry weighs: `cargo run --release -p benches --bin memory`.
//!
//! Bytes that are allocated for a cache of `u64` under `u64`, divided by the entries it holds, after inserts of three times its capacity; by
//! an allocator that counts what is asked of it, not what it rounds that up to.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use benches::stores::{self, Store, key};
use cached_core::Cache;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[allow(unsafe_code, reason = "an allocator is implemented with it")]
// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(LIVE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller's obligations are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's obligations are passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

fn main() {
    println!(
        "| bytes per entry | 10,000 | 100,000 | 1,000,000 | the most while it filled |\n|---|---:|---:|---:|---:|"
    );
    report("**`cached-core`** `Cache` with a TTL", stores::ours);
    report("**`cached-core`** without a TTL", |capacity| Cache::builder().capacity(capacity as u64).build());
    report("**`cached-core`** LRU with a TTL", |capacity| built(capacity).policy(cached_core::Policy::Lru).build());
    report("**`cached-core`** with a TTL and a weight", |capacity| built(capacity).weigher(|_, _| 1).build());
    report("**`cached-core`** with a TTL and a tag", |capacity| built(capacity).tags(|_, _| ["all"]).build());
    report("**`cached-core`** with a TTL, entries of which were invalidated by text", |capacity| {
        let cache = built(capacity).name("numbers").build();
        // The first makes the index of texts.
        cache.handle().invalidate("numbers:0").wait();
        cache
    });
    report("`quick_cache`, no TTL", stores::quick);
    report("`moka` with a TTL", stores::moka);
    report("`foyer`, no TTL", stores::foyer);
    report("`cached` `ShardedLruTtlCache`", stores::cached);
}

fn built(capacity: usize) -> cached_core::CacheBuilder<u64, u64> {
    Cache::builder().capacity(capacity as u64).ttl(Duration::from_secs(3600))
}

fn report<S: Store>(name: &str, new: impl Fn(usize) -> S) {
    // Whatever is set up once in a process is there before it is counted.
    measure(&new, 1_000);
    print!("| {name} ");
    let mut most = 0.0;
    for size in SIZES {
        let (bytes, peak) = measure(&new, size);
        most = peak;
        print!("| {bytes:.1} ");
    }
    println!("| {most:.1} |");
}

/// Bytes per entry in the end, and the most there were.
fn measure<S: Store>(new: impl Fn(usize) -> S, capacity: usize) -> (f64, f64) {
    let before = LIVE.load(Relaxed);
    PEAK.store(before, Relaxed);
    let store = new(capacity);
    (0..3 * capacity as u64).for_each(|n| store.store(key(n), n));
    let entries = store.held() as f64;
    let per_entry = |bytes: usize| bytes.saturating_sub(before) as f64 / entries;
    (per_entry(LIVE.load(Relaxed)), per_entry(PEAK.load(Relaxed)))
}
