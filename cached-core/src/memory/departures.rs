use smallvec::SmallVec;

use super::shard::{Loading, Slot};
use crate::cause::EvictionCause;

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
