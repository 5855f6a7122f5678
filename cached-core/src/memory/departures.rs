use smallvec::SmallVec;

use super::Engine;
use super::shard::{Loading, Removed};
use super::table::Fallen;
use crate::cause::EvictionCause;

/// What left under a lock, kept until the lock is released: only then are listeners called and values dropped.
///
/// Settled by being dropped, so that the books are right even if a key's `Eq` panics under the lock. Make it before the lock is
/// taken: then it is dropped after.
pub(super) struct Departures<'e, K, V> {
    engine: &'e Engine<K, V>,
    pub(super) entries: SmallVec<[(Removed<'e, K, V>, EvictionCause); 1]>,
    pub(super) loads: SmallVec<[Loading<K, V>; 1]>,
    /// How many entries left all at once, to which nobody listens.
    pub(super) cleared: usize,
    /// What left at this time or earlier and can be dropped by now.
    pub(super) fallen: Fallen<K, V>,
}

impl<'e, K, V> Departures<'e, K, V> {
    pub(super) fn none(engine: &'e Engine<K, V>) -> Self {
        Self { engine, entries: SmallVec::new(), loads: SmallVec::new(), cleared: 0, fallen: Fallen::nothing() }
    }

    pub(super) fn push(&mut self, removed: Removed<'e, K, V>, cause: EvictionCause) {
        self.entries.push((removed, cause));
    }

    pub(super) fn void(&mut self, loading: Loading<K, V>) {
        self.loads.push(loading);
    }

    /// How many entries left.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.cleared
    }
}

impl<K, V> Drop for Departures<'_, K, V> {
    fn drop(&mut self) {
        self.engine.settle(self);
    }
}
