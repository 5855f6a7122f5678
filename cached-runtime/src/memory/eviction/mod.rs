//! Which entry leaves when room is needed.
//!
//! A policy keeps its lists by slot number, parallel to the slots, and changes them only under the shard's lock. Hits, which hold no lock,
//! leave traces on the entries that the policy reads when it has to choose.

mod adaptive;
mod list;
mod lru;

use std::sync::Arc;

use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use adaptive::Adaptive;
use lru::Lru;

/// Which entries a full cache keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// Finds out from the traffic how much recency and how much frequency counts. Resists scans.
    #[default]
    Adaptive,
    /// Evicts what was not used for longest. Exact within a shard.
    Lru,
}

/// What hits leave on an entry for the adaptive policy.
#[derive(Debug, Default)]
pub(crate) struct Touch(AtomicU8);

impl Touch {
    #[inline]
    pub(crate) fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    /// For those who hold the lock. A hit that comes between may be lost.
    #[inline]
    pub(crate) fn set(&self, value: u8) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// For hits: what somebody else wrote meanwhile stays.
    #[inline]
    fn change(&self, from: u8, to: u8) {
        let _ = self.0.compare_exchange(from, to, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// What a policy sees of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resident<'s> {
    /// Other bits than those by which a key's shard is chosen.
    pub(crate) hash: u32,
    /// At least 1; stays the same for as long as the entry is there.
    pub(crate) weight: u32,
    pub(crate) touch: &'s Touch,
}

/// The entries by slot, of those that a policy was told of and has not let go.
pub(crate) trait Residents {
    fn get(&self, slot: u32) -> Option<Resident<'_>>;
    /// When an entry was used, if the policy [wants to know](Eviction::wants_stamps).
    fn stamp(&self, slot: u32) -> Option<&AtomicU64>;
}

/// An entry that is about to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newcomer {
    /// Where it will be.
    pub(crate) slot: u32,
    /// As a [`Resident`]'s.
    pub(crate) hash: u32,
    pub(crate) weight: u32,
}

/// What an entry begins with, as hits leave it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traces {
    pub(crate) touch: u8,
    pub(crate) stamp: u64,
}

/// What a hit does, without a lock.
#[derive(Clone, Debug)]
pub(crate) enum Hits {
    Mark,
    Stamp(Arc<lru::Clock>),
}

impl Hits {
    #[inline]
    pub(crate) fn hit<'s>(&self, touch: &Touch, stamp: impl FnOnce() -> Option<&'s AtomicU64>) {
        match self {
            Self::Mark => adaptive::hit(touch),
            Self::Stamp(clock) => {
                if let Some(stamp) = stamp() {
                    clock.stamp(stamp);
                }
            }
        }
    }
}

/// What the engine asks of a policy.
trait Evict {
    /// An entry is about to come. Room for it was made before.
    fn admit(&mut self, newcomer: Newcomer, residents: &impl Residents) -> Traces;
    /// An entry left for another reason than [`victim`](Evict::victim).
    fn remove(&mut self, slot: u32, resident: Resident<'_>);
    /// Chooses an entry to leave and lets go of it. Its slot, and what it weighs.
    fn victim(&mut self, residents: &impl Residents) -> Option<(u32, u32)>;
}

/// The policy of one shard.
#[derive(Debug)]
pub(crate) enum Eviction {
    Adaptive(Box<Adaptive>),
    Lru(Box<Lru>),
}

impl Eviction {
    /// The policies of all shards of a cache.
    pub(crate) fn for_shards(policy: Policy, capacity: u64, shards: usize) -> Box<dyn Iterator<Item = Self>> {
        match policy {
            Policy::Adaptive => {
                Box::new(Adaptive::for_shards(capacity, shards).map(|policy| Self::Adaptive(Box::new(policy))))
            }
            Policy::Lru => Box::new((0..shards).map(|_| Self::Lru(Box::default()))),
        }
    }

    /// The same for a shard without entries.
    pub(crate) fn emptied(&self) -> Self {
        match self {
            Self::Adaptive(policy) => Self::Adaptive(Box::new(policy.emptied())),
            Self::Lru(policy) => Self::Lru(Box::new(policy.emptied())),
        }
    }

    /// What hits have to do for this policy.
    pub(crate) fn hits(&self) -> Hits {
        match self {
            Self::Adaptive(_) => Hits::Mark,
            Self::Lru(policy) => Hits::Stamp(policy.clock()),
        }
    }

    /// Whether entries need a place for the time of their last use.
    pub(crate) fn wants_stamps(&self) -> bool {
        matches!(self, Self::Lru(_))
    }

    /// What the admission of an entry with this hash will need.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u32) {
        if let Self::Adaptive(policy) = self {
            policy.prefetch(hash);
        }
    }

    /// How many entries it knows, and what they weigh, where it counts that; checks every mark.
    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn validate(&self, residents: &impl Residents) -> Option<(usize, u64)> {
        match self {
            Self::Adaptive(policy) => Some(policy.validate(residents)),
            Self::Lru(_) => None,
        }
    }

    /// Has the cache run with other settings.
    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn run_with(&self, number: usize) {
        if let Self::Adaptive(policy) = self {
            policy.run_with(number);
        }
    }

    pub(crate) fn admit(&mut self, newcomer: Newcomer, residents: &impl Residents) -> Traces {
        match self {
            Self::Adaptive(policy) => policy.admit(newcomer, residents),
            Self::Lru(policy) => policy.admit(newcomer, residents),
        }
    }

    pub(crate) fn remove(&mut self, slot: u32, resident: Resident<'_>) {
        match self {
            Self::Adaptive(policy) => policy.remove(slot, resident),
            Self::Lru(policy) => policy.remove(slot, resident),
        }
    }

    #[inline]
    pub(crate) fn victim(&mut self, residents: &impl Residents) -> Option<(u32, u32)> {
        match self {
            Self::Adaptive(policy) => policy.victim(residents),
            Self::Lru(policy) => policy.victim(residents),
        }
    }
}
