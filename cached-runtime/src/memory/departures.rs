use smallvec::SmallVec;

use super::Engine;
use super::shard::{Held, Loading, Name, Removed};
use super::table::Fallen;
use crate::cause::EvictionCause;

/// What left under a lock, kept until the lock is released: only then are listeners called and values dropped.
///
/// Settled by being dropped, so that the books are right even if a key's `Eq` panics under the lock. Make it before the lock is
/// taken: then it is dropped after.
pub(super) struct Departures<'e, K, V> {
    engine: &'e Engine<K, V>,
    /// Those that somebody listens to.
    pub(super) heard: Vec<(Held<'e, K, V>, EvictionCause)>,
    pub(super) names: SmallVec<[Name; 2]>,
    pub(super) loads: Vec<Loading<K, V>>,
    /// How many entries left, by [`EvictionCause`].
    pub(super) left: [usize; 4],
    /// What left at this time or earlier and can be dropped by now.
    pub(super) fallen: Fallen<K, V>,
}

impl<'e, K, V> Departures<'e, K, V> {
    pub(super) fn none(engine: &'e Engine<K, V>) -> Self {
        Self {
            engine,
            heard: Vec::new(),
            names: SmallVec::new(),
            loads: Vec::new(),
            left: [0; 4],
            fallen: Fallen::nothing(),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, removed: Removed<'e, K, V>, cause: EvictionCause) {
        self.left[cause as usize] += 1;
        self.names.extend(removed.name);
        self.heard.extend(removed.held.map(|held| (held, cause)));
    }

    pub(super) fn void(&mut self, loading: Loading<K, V>) {
        self.loads.push(loading);
    }

    /// How many entries left.
    pub(super) fn len(&self) -> usize {
        self.left.iter().sum()
    }
}

impl<K, V> Drop for Departures<'_, K, V> {
    #[inline]
    fn drop(&mut self) {
        self.engine.settle(self);
    }
}
