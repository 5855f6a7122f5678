//! Which entry leaves when room is needed.
//!
//! A policy keeps its lists by slot number, parallel to the slots, and changes them only under the shard's exclusive lock. All that a
//! hit may do is change the slot's [`Touch`].

mod adaptive;
mod list;
mod lru;

use crate::sync::atomic::{AtomicU64, Ordering};
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

/// What hits leave on a slot; its meaning is the policy's.
#[derive(Debug, Default)]
pub(crate) struct Touch(AtomicU64);

impl Touch {
    #[inline]
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// What the engine asks of a policy. `touch` finds the touch of a slot that is in the policy's care.
trait Evict {
    /// A hit, under shared access.
    fn hit(&self, touch: &Touch);
    /// A new entry.
    fn admit(&mut self, slot: u32, hash: u64, touch: &Touch);
    /// An entry left for another reason than [`victim`](Evict::victim).
    fn remove(&mut self, slot: u32);
    /// Chooses an entry to leave and lets go of it.
    fn victim<'s>(&mut self, slots: &dyn Fn(u32) -> Option<(u64, &'s Touch)>) -> Option<u32>;
}

/// The policy of one shard.
#[derive(Debug)]
pub(crate) enum Eviction {
    Adaptive(Box<Adaptive>),
    Lru(Box<Lru>),
}

impl Eviction {
    pub(crate) fn new(policy: Policy) -> Self {
        match policy {
            Policy::Adaptive => Self::Adaptive(Box::default()),
            Policy::Lru => Self::Lru(Box::default()),
        }
    }

    #[inline]
    pub(crate) fn hit(&self, touch: &Touch) {
        match self {
            Self::Adaptive(policy) => policy.hit(touch),
            Self::Lru(policy) => policy.hit(touch),
        }
    }

    fn policy(&mut self) -> &mut dyn Evict {
        match self {
            Self::Adaptive(policy) => &mut **policy,
            Self::Lru(policy) => &mut **policy,
        }
    }

    pub(crate) fn admit(&mut self, slot: u32, hash: u64, touch: &Touch) {
        self.policy().admit(slot, hash, touch);
    }

    pub(crate) fn remove(&mut self, slot: u32) {
        self.policy().remove(slot);
    }

    /// `slots` gives hash and touch of a slot.
    pub(crate) fn victim<'s>(&mut self, slots: &dyn Fn(u32) -> Option<(u64, &'s Touch)>) -> Option<u32> {
        self.policy().victim(slots)
    }
}
