use smallvec::SmallVec;

use super::Engine;
use super::shard::{Loading, Slot};
use crate::cause::EvictionCause;

/// What left under a lock, kept until the lock is released: only then are listeners called and values dropped.
///
/// Settled by being dropped, so that the books are right even if a key's `Eq` panics under the lock. Make it before the lock is
/// taken: then it is dropped after.
#[derive(Debug)]
pub(super) struct Departures<'e, K, V> {
    engine: &'e Engine<K, V>,
    pub(super) entries: SmallVec<[(Slot<K, V>, EvictionCause); 1]>,
    pub(super) loads: SmallVec<[Loading<K, V>; 1]>,
}

impl<'e, K, V> Departures<'e, K, V> {
    pub(super) fn none(engine: &'e Engine<K, V>) -> Self {
        Self { engine, entries: SmallVec::new(), loads: SmallVec::new() }
    }

    pub(super) fn push(&mut self, slot: Slot<K, V>, cause: EvictionCause) {
        self.entries.push((slot, cause));
    }

    pub(super) fn void(&mut self, loading: Loading<K, V>) {
        self.loads.push(loading);
    }
}

impl<K, V> Drop for Departures<'_, K, V> {
    fn drop(&mut self) {
        self.engine.settle(self);
    }
}
