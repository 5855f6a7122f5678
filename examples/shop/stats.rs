//! What `/stats` answers: every cache of the process, with what it has counted.

use std::collections::BTreeMap;

use cached_core::CacheHandle;
use serde::Serialize;

/// One cache.
#[derive(Clone, Debug, Serialize)]
pub struct CacheStats {
    /// The function's path.
    pub name: String,
    /// Hits among all calls, from 0 to 1.
    pub hit_ratio: f64,
    /// Time spent in loads, in milliseconds.
    pub load_time_ms: f64,
    /// The counters, by name; those of evictions and invalidations with their cause or kind.
    #[serde(flatten)]
    pub counts: BTreeMap<&'static str, u64>,
}

/// All caches that have been used so far.
pub fn all() -> Vec<CacheStats> {
    cached_core::caches().iter().map(of).collect()
}

fn of(cache: &CacheHandle) -> CacheStats {
    let stats = cache.stats();
    let counts = [
        ("hits", stats.hits),
        ("null_hits", stats.null_hits),
        ("misses", stats.misses),
        ("loads", stats.loads),
        ("load_errors", stats.load_errors),
        ("coalesced", stats.coalesced),
        ("overtaken", stats.overtaken),
        ("rejected", stats.rejected),
        ("evicted_capacity", stats.evictions.capacity),
        ("evicted_expired", stats.evictions.expired),
        ("evicted_invalidated", stats.evictions.invalidated),
        ("evicted_replaced", stats.evictions.replaced),
        ("invalidations_key", stats.invalidations.key),
        ("invalidations_pattern", stats.invalidations.pattern),
        ("invalidations_tag", stats.invalidations.tag),
        ("invalidations_all", stats.invalidations.all),
        ("entries", stats.entries),
        ("weight", stats.weight),
    ];
    CacheStats {
        name: cache.name(),
        hit_ratio: stats.hit_ratio(),
        load_time_ms: stats.load_time.as_secs_f64() * 1e3,
        counts: counts.into(),
    }
}
