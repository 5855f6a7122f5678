use super::Engine;
use super::shard::{Held, Loading, Name};
use super::table::Fallen;
use crate::cause::EvictionCause;

/// What left under a lock, kept until the lock is released: only then are listeners called and values dropped.
///
/// Settled by being dropped, so that the books are right even if a key's `Eq` panics under the lock. Make it before the lock is
/// taken: then it is dropped after.
pub(super) struct Departures<'e, K, V> {
    engine: &'e Engine<K, V>,
    /// How many entries left, by [`EvictionCause`].
    left: [u32; 4],
    /// What most calls have nothing of.
    more: Option<Box<More<'e, K, V>>>,
}

struct More<'e, K, V> {
    /// Those that somebody listens to.
    heard: Vec<(Held<'e, K, V>, EvictionCause)>,
    loads: Vec<Loading<K, V>>,
    /// What left at this time or earlier and can be dropped by now.
    fallen: Fallen<K, V>,
}

impl<'e, K, V> Departures<'e, K, V> {
    #[inline]
    pub(super) fn none(engine: &'e Engine<K, V>) -> Self {
        Self { engine, left: [0; 4], more: None }
    }

    fn more(&mut self) -> &mut More<'e, K, V> {
        self.more
            .get_or_insert_with(|| Box::new(More { heard: Vec::new(), loads: Vec::new(), fallen: Fallen::nothing() }))
    }

    /// So many entries left.
    #[inline]
    pub(super) fn count(&mut self, entries: u32, cause: EvictionCause) {
        self.left[cause as usize] += entries;
    }

    /// An entry cannot be found by text any more.
    pub(super) fn unlink(&self, name: Name) {
        self.engine.unlink(Some(name.text), name.hash);
    }

    pub(super) fn hear(&mut self, entry: Held<'e, K, V>, cause: EvictionCause) {
        self.more().heard.push((entry, cause));
    }

    pub(super) fn void(&mut self, loading: Loading<K, V>) {
        self.engine.unlink(loading.text, loading.hash);
        self.more().loads.push(loading);
    }

    pub(super) fn fallen(&mut self) -> &mut Fallen<K, V> {
        &mut self.more().fallen
    }

    /// Whether there is nothing to be settled.
    pub(super) fn is_empty(&self) -> bool {
        self.left == [0; 4] && self.more.is_none()
    }

    /// How many entries left.
    pub(super) fn len(&self) -> usize {
        self.left.iter().map(|left| *left as usize).sum()
    }
}

impl<K, V> Departures<'_, K, V> {
    /// All but evictions.
    #[cold]
    #[inline(never)]
    fn settle(&mut self) {
        for cause in EvictionCause::ALL {
            let left = self.left[cause as usize];
            if left > 0 && cause != EvictionCause::Capacity {
                self.engine.counters.evicted(cause, left);
            }
        }
        let Some(more) = self.more.take() else { return };
        for (entry, cause) in &more.heard {
            if let Some(listener) = &self.engine.listener {
                // A listener that panics must not take the caller of an unrelated key down with it.
                let call = std::panic::AssertUnwindSafe(|| listener(entry.key(), entry.value(), *cause));
                let _ = std::panic::catch_unwind(call);
            }
        }
    }
}

impl<K, V> Drop for Departures<'_, K, V> {
    #[inline]
    fn drop(&mut self) {
        let (evicted, left) =
            (self.left[EvictionCause::Capacity as usize], self.left.iter().copied().map(u64::from).sum::<u64>());
        if evicted > 0 {
            self.engine.counters.evicted(EvictionCause::Capacity, evicted);
        }
        if left > 0 {
            self.engine.counters.sized(|| self.engine.budget.used());
        }
        if left > u64::from(evicted) || self.more.is_some() {
            self.settle();
        }
    }
}
