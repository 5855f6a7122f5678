use std::fmt;

use smallvec::SmallVec;

use super::shard::{Loading, Slot};

/// Why an entry left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EvictionCause {
    /// To make room for another.
    Capacity,
    /// Its time was up.
    Expired,
    /// An invalidation named its key, a pattern it matches, a tag it carries, or everything.
    Invalidated,
    /// A newer value took its place.
    Replaced,
}

impl EvictionCause {
    /// The word that metrics and events use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capacity => "capacity",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
            Self::Replaced => "replaced",
        }
    }
}

impl fmt::Display for EvictionCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What left under a lock, kept until the lock is released: only then are listeners called and values dropped.
#[derive(Debug)]
pub(super) struct Departures<K, V> {
    pub(super) entries: SmallVec<[(Slot<K, V>, EvictionCause); 1]>,
    pub(super) loads: SmallVec<[Loading<K, V>; 1]>,
}

impl<K, V> Departures<K, V> {
    pub(super) fn none() -> Self {
        Self { entries: SmallVec::new(), loads: SmallVec::new() }
    }

    pub(super) fn push(&mut self, slot: Slot<K, V>, cause: EvictionCause) {
        self.entries.push((slot, cause));
    }

    pub(super) fn void(&mut self, loading: Loading<K, V>) {
        self.loads.push(loading);
    }
}
