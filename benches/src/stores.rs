//! Caches of `u64` under `u64`, ours and the peers', behind one face.

use std::time::Duration;

use cached_core::Cache;

/// With a TTL where there is one.
const TTL: Duration = Duration::from_secs(3600);

/// What a cache is asked for here.
pub trait Store: Send + Sync + 'static {
    /// The value under the key.
    fn find(&self, key: u64) -> Option<u64>;
    /// Stores a value.
    fn store(&self, key: u64, value: u64);
    /// Removes an entry.
    fn forget(&self, key: u64);
    /// How many entries it holds once what it puts off is done.
    fn held(&self) -> usize;
}

/// Ours.
#[must_use]
pub fn ours(capacity: usize) -> Cache<u64, u64> {
    Cache::builder().capacity(capacity as u64).ttl(TTL).build()
}

/// `quick_cache`, which has no TTL.
#[must_use]
pub fn quick(capacity: usize) -> quick_cache::sync::Cache<u64, u64> {
    quick_cache::sync::Cache::new(capacity)
}

/// `moka`.
#[must_use]
pub fn moka(capacity: usize) -> moka::sync::Cache<u64, u64> {
    moka::sync::Cache::builder().max_capacity(capacity as u64).time_to_live(TTL).build()
}

/// `foyer`'s memory engine, which has no TTL.
#[must_use]
pub fn foyer(capacity: usize) -> foyer_memory::Cache<u64, u64> {
    foyer_memory::CacheBuilder::new(capacity).build()
}

/// What `#[concurrent_cached]` of `cached` uses for a size and a TTL.
///
/// # Panics
///
/// If `cached` refuses the settings.
#[must_use]
pub fn cached(capacity: usize) -> cached::ShardedLruTtlCache<u64, u64> {
    cached::ShardedLruTtlCache::new(capacity, TTL)
}

impl Store for Cache<u64, u64> {
    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }
    fn store(&self, key: u64, value: u64) {
        self.insert(key, value);
    }
    fn forget(&self, key: u64) {
        self.invalidate(&key);
    }
    fn held(&self) -> usize {
        self.len()
    }
}

impl Store for quick_cache::sync::Cache<u64, u64> {
    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }
    fn store(&self, key: u64, value: u64) {
        self.insert(key, value);
    }
    fn forget(&self, key: u64) {
        self.remove(&key);
    }
    fn held(&self) -> usize {
        self.len()
    }
}

impl Store for moka::sync::Cache<u64, u64> {
    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }
    fn store(&self, key: u64, value: u64) {
        self.insert(key, value);
    }
    fn forget(&self, key: u64) {
        self.invalidate(&key);
    }
    fn held(&self) -> usize {
        self.run_pending_tasks();
        self.entry_count() as usize
    }
}

impl Store for foyer_memory::Cache<u64, u64> {
    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key).map(|entry| *entry.value())
    }
    fn store(&self, key: u64, value: u64) {
        self.insert(key, value);
    }
    fn forget(&self, key: u64) {
        self.remove(&key);
    }
    fn held(&self) -> usize {
        self.entries()
    }
}

impl Store for cached::ShardedLruTtlCache<u64, u64> {
    fn find(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }
    fn store(&self, key: u64, value: u64) {
        self.set(key, value);
    }
    fn forget(&self, key: u64) {
        self.remove(&key);
    }
    fn held(&self) -> usize {
        self.len()
    }
}

/// The n-th of keys that look drawn and never come twice: an odd factor permutes them.
#[must_use]
pub fn key(n: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
