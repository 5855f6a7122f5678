//! Who is compared: each replays a trace as "get, on a miss insert" and says how often it hit.

use std::hash::{BuildHasher, DefaultHasher, Hasher};

use cached_core::{Cache, Policy};
use foyer_memory::{CacheBuilder, EvictionConfig, LfuConfig, S3FifoConfig};
use quick_cache::UnitWeighter;
use quick_cache::sync::DefaultLifecycle;

use super::optimum;
use super::traces::Trace;

/// A cache or a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    /// Exact LRU.
    Lru,
    /// `moka` 0.12, `sync`.
    Moka,
    /// `quick_cache` 0.7, `sync`.
    QuickCache,
    /// `foyer` 0.22, LFU (W-TinyLFU).
    FoyerLfu,
    /// `foyer` 0.22, S3-FIFO.
    FoyerS3Fifo,
    /// This library with `Policy::Lru`.
    OursLru,
    /// This library as it comes.
    Ours,
    /// Belady's optimum.
    Optimum,
}

/// How many there are.
pub const COUNT: usize = Contestant::ALL.len();

impl Contestant {
    /// All, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Lru,
        Self::Moka,
        Self::QuickCache,
        Self::FoyerLfu,
        Self::FoyerS3Fifo,
        Self::OursLru,
        Self::Ours,
        Self::Optimum,
    ];

    /// What ours is compared with.
    pub const PEERS: [Self; 5] = [Self::Lru, Self::Moka, Self::QuickCache, Self::FoyerLfu, Self::FoyerS3Fifo];

    /// As tables and pictures show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lru => "exact LRU",
            Self::Moka => "moka",
            Self::QuickCache => "quick_cache",
            Self::FoyerLfu => "foyer LFU",
            Self::FoyerS3Fifo => "foyer S3-FIFO",
            Self::OursLru => "ours, LRU",
            Self::Ours => "ours",
            Self::Optimum => "optimum",
        }
    }

    /// Whether another run can give another number: where keys go by their hashes.
    pub fn varies(self) -> bool {
        !matches!(self, Self::Lru | Self::Optimum)
    }

    /// The hits of one run in percent of the accesses. Peers hash by the seed; ours takes one by chance each time it is built.
    pub fn hit_ratio(self, trace: &Trace, capacity: usize, seed: u64) -> f64 {
        let hits = match self {
            Self::Lru => lru(&trace.keys, trace.distinct, capacity),
            Self::Optimum => optimum::hits(&trace.keys, trace.distinct, capacity),
            Self::Moka => moka(&trace.keys, capacity, seed),
            Self::QuickCache => quick_cache(&trace.keys, capacity, seed),
            Self::FoyerLfu => foyer(&trace.keys, capacity, seed, LfuConfig::default()),
            Self::FoyerS3Fifo => foyer(&trace.keys, capacity, seed, S3FifoConfig::default()),
            Self::OursLru => ours(&trace.keys, capacity, Policy::Lru),
            Self::Ours => ours(&trace.keys, capacity, Policy::Adaptive),
        };
        100.0 * hits as f64 / trace.keys.len() as f64
    }
}

/// SipHash over the seed and the key: the same hashes in every run of the program.
#[derive(Clone, Debug)]
struct Seeded(u64);

impl BuildHasher for Seeded {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher
    }
}

fn replay(keys: &[u32], is_hit: impl Fn(u32) -> bool, insert: impl Fn(u32)) -> u64 {
    let mut hits = 0;
    for &key in keys {
        if is_hit(key) {
            hits += 1;
        } else {
            insert(key);
        }
    }
    hits
}

fn ours(keys: &[u32], capacity: usize, policy: Policy) -> u64 {
    let cache: Cache<u32, ()> = Cache::builder().capacity(capacity as u64).policy(policy).build();
    replay(keys, |key| cache.get(&key).is_some(), |key| cache.insert(key, ()))
}

fn moka(keys: &[u32], capacity: usize, seed: u64) -> u64 {
    let cache: moka::sync::Cache<u32, (), Seeded> =
        moka::sync::Cache::builder().max_capacity(capacity as u64).build_with_hasher(Seeded(seed));
    replay(keys, |key| cache.get(&key).is_some(), |key| cache.insert(key, ()))
}

fn quick_cache(keys: &[u32], capacity: usize, seed: u64) -> u64 {
    let cache: quick_cache::sync::Cache<u32, (), UnitWeighter, Seeded> = quick_cache::sync::Cache::with(
        capacity,
        capacity as u64,
        UnitWeighter,
        Seeded(seed),
        DefaultLifecycle::default(),
    );
    replay(keys, |key| cache.get(&key).is_some(), |key| cache.insert(key, ()))
}

fn foyer(keys: &[u32], capacity: usize, seed: u64, policy: impl Into<EvictionConfig>) -> u64 {
    let cache: foyer_memory::Cache<u32, (), Seeded> =
        CacheBuilder::new(capacity).with_eviction_config(policy).with_hash_builder(Seeded(seed)).build();
    replay(
        keys,
        |key| cache.get(&key).is_some(),
        |key| {
            cache.insert(key, ());
        },
    )
}

/// Exact LRU over keys that are numbers below `distinct`.
fn lru(keys: &[u32], distinct: usize, capacity: usize) -> u64 {
    // A ring of the resident keys by their last use; the slot past the keys is its seam, between the newest and the oldest.
    let seam = distinct;
    let mut newer = vec![seam; distinct + 1];
    let mut older = vec![seam; distinct + 1];
    let mut resident = vec![false; distinct];
    let (mut entries, mut hits) = (0, 0);
    for &key in keys {
        let key = key as usize;
        let leaves = if resident[key] {
            hits += 1;
            Some(key)
        } else {
            resident[key] = true;
            entries += 1;
            (entries > capacity).then(|| newer[seam])
        };
        if let Some(gone) = leaves.filter(|gone| *gone != seam) {
            let (before, after) = (older[gone], newer[gone]);
            newer[before] = after;
            older[after] = before;
            if gone != key {
                resident[gone] = false;
                entries -= 1;
            }
        }
        let newest = older[seam];
        (older[key], newer[key]) = (newest, seam);
        newer[newest] = key;
        older[seam] = key;
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LRU by a list that is searched.
    fn lru_by_list(keys: &[u32], capacity: usize) -> u64 {
        let mut list: Vec<u32> = Vec::new();
        let mut hits = 0;
        for key in keys {
            if let Some(at) = list.iter().position(|resident| resident == key) {
                hits += 1;
                list.remove(at);
            } else if list.len() == capacity {
                list.remove(0);
            }
            list.push(*key);
        }
        hits
    }

    #[test]
    fn lru_gives_up_what_was_not_used_for_longest() {
        assert_eq!(lru(&[0, 1, 0, 2, 0, 1], 3, 2), 2);
        assert_eq!(lru(&[0, 1, 2, 0, 1, 2], 3, 2), 0);
        assert_eq!(lru(&[0, 1, 2, 0, 1, 2], 3, 3), 3);
        assert_eq!(lru(&[0, 0, 1, 1, 0], 2, 1), 2);
        let mut random = fastrand::Rng::with_seed(3);
        for capacity in 1..12 {
            let keys: Vec<u32> = (0..2_000).map(|_| random.u32(..12)).collect();
            assert_eq!(lru(&keys, 12, capacity), lru_by_list(&keys, capacity), "{capacity} entries");
        }
    }

    #[test]
    fn nobody_beats_the_optimum_and_all_hit_what_fits() {
        let trace = Trace::zipf("zipf", 40_000, 4_000, 0.9);
        // Few enough entries to choose from many keys, and enough that the 64 more of moka do not decide.
        let optimum = Contestant::Optimum.hit_ratio(&trace, 500, 1);
        // Parts of a cache get unequal shares of the keys, so twice the room.
        let first_accesses = 100.0 * trace.distinct as f64 / trace.keys.len() as f64;
        for contestant in Contestant::ALL {
            let ratio = contestant.hit_ratio(&trace, 500, 1);
            assert!(ratio > 40.0 && ratio <= optimum, "{}: {ratio}, and the optimum {optimum}", contestant.name());
            let all = contestant.hit_ratio(&trace, 2 * trace.distinct, 1);
            assert!((all + first_accesses - 100.0).abs() < 0.5, "{}: {all}", contestant.name());
        }
    }

    #[test]
    fn a_seed_makes_a_run_repeat() {
        let trace = Trace::zipf("zipf", 20_000, 2_000, 0.8);
        for contestant in [Contestant::QuickCache, Contestant::FoyerLfu, Contestant::FoyerS3Fifo] {
            let ratio = |seed| contestant.hit_ratio(&trace, 200, seed);
            assert!(ratio(1) == ratio(1), "{}", contestant.name());
        }
    }
}
