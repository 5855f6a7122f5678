//! What was taken out of a table, from then until it is dropped.

use std::mem::needs_drop;
use std::ptr::NonNull;

use super::epoch;
use super::front::slot;
use super::slots::{Slot, SlotTags, State, View};
use super::writing::Slots;
use crate::clock::Tick;
use crate::sync::atomic::Ordering;

/// While nothing else was sealed for so long, readers of a table leave out the fence.
pub(super) const CALM: std::time::Duration = std::time::Duration::from_millis(20);
/// How much garbage a table keeps at most before it looks for readers: this part of its entries ...
pub(super) const GARBAGE: usize = 32;
/// ... and no more than so many.
pub(super) const MOST_GARBAGE: usize = 256;
/// How many batches wait for readers at most; more garbage waits unsealed.
const MOST_SEALED: usize = 8;
/// How many entries one write frees at most, about.
const MOST_FREED: usize = 1024;

/// What was taken out, until nobody can be reading it.
pub(super) struct Garbage<K, V> {
    pub(super) slots: Vec<u32>,
    /// Views that were replaced by others over the same chunks.
    pub(super) views: Vec<Owner<View<K, V>>>,
    pub(super) cleared: Vec<Cleared<K, V>>,
}

impl<K, V> Garbage<K, V> {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), views: Vec::new(), cleared: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.views.is_empty() && self.cleared.is_empty()
    }
}

/// A box that others still read.
pub(super) struct Owner<T>(pub(super) NonNull<T>);

impl<T> Owner<T> {
    pub(super) fn new(value: T) -> Self {
        Self(NonNull::from(Box::leak(Box::new(value))))
    }
}

impl<T> Drop for Owner<T> {
    fn drop(&mut self) {
        // SAFETY: made from a box, which nobody else owns. Who drops it knows that nobody reads it any more.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// All that a table held when it was cleared: the view and what it names. Dropped when nobody reads it any more.
pub(super) struct Cleared<K, V>(pub(super) Owner<View<K, V>>);

impl<K, V> Drop for Cleared<K, V> {
    fn drop(&mut self) {
        /// Frees the chunks even if a destructor panics. What was not dropped then leaks.
        struct Chunks<'a, K, V>(&'a View<K, V>);
        impl<K, V> Drop for Chunks<'_, K, V> {
            fn drop(&mut self) {
                let run = self.0.run;
                let chunks = self.0.chunks.iter().map(|chunk| chunk.load(Ordering::Relaxed)).enumerate();
                for (_, chunk) in chunks.filter(|(at, chunk)| !chunk.is_null() && !run.contains(*at)) {
                    // SAFETY: nobody reads it, and it is in no other view that anybody uses.
                    unsafe { Slot::free_chunks(chunk, 1) };
                }
                if run.chunks > 0 {
                    // SAFETY: the same.
                    unsafe { Slot::free_chunks(run.start, run.chunks) };
                }
                for side in self.0.sides.iter().filter_map(|side| NonNull::new(side.load(Ordering::Relaxed))) {
                    drop(Owner(side));
                }
            }
        }
        // SAFETY: owned, and alive until `self.0` is dropped after this.
        let view = unsafe { self.0.0.as_ref() };
        let _chunks = Chunks(view);
        let slots = view.chunks.len() * Slot::<K, V>::CHUNK;
        for entry in (0..slots).map_while(|at| view.slot(at as u32)) {
            if !entry.slot.is(State::Free) {
                // SAFETY: nobody reads it, and it is filled.
                drop(unsafe { entry.slot.empty_out() });
            }
        }
    }
}

// SAFETY: it owns what it points to.
unsafe impl<K: Send, V: Send> Send for Cleared<K, V> {}

/// What fell out of a table and may be dropped: to be done without holding its lock, because destructors are the user's code.
pub(in crate::memory) struct Fallen<K, V> {
    entries: Vec<(K, V, Option<Box<SlotTags>>)>,
    cleared: Vec<Cleared<K, V>>,
}

impl<K, V> Fallen<K, V> {
    pub(in crate::memory) const fn nothing() -> Self {
        Self { entries: Vec::new(), cleared: Vec::new() }
    }
}

impl<K, V> Slots<'_, K, V> {
    /// Frees what nobody can be reading any more. Looks for readers when there is garbage enough, or some that has lain since the clock's
    /// last `tick`; if it is `prompt`, in any case.
    pub(in crate::memory) fn reclaim(&mut self, prompt: bool, tick: Tick, fallen: &mut Fallen<K, V>) {
        if self.is_time_to_reclaim(prompt, tick) {
            self.collect(prompt, tick, fallen);
        }
    }

    /// Whether [`reclaim`](Self::reclaim) has something to do.
    #[inline]
    pub(in crate::memory) fn is_time_to_reclaim(&self, prompt: bool, tick: Tick) -> bool {
        if self.owned.sealed.is_empty() {
            let waits = tick == self.owned.sealed_at && self.owned.garbage.slots.len() < self.limit();
            // The checker is to see it done, and knows no time.
            let waits = waits && !prompt && !cfg!(shuttle);
            return !waits && !self.owned.garbage.is_empty();
        }
        true
    }

    /// How much garbage may gather.
    fn limit(&self) -> usize {
        (self.owned.len / GARBAGE).clamp(1, MOST_GARBAGE)
    }

    #[inline(never)]
    fn collect(&mut self, prompt: bool, tick: Tick, fallen: &mut Fallen<K, V>) {
        self.free_quiet(fallen);
        // Behind a reader who does not get on no more is sealed than can be looked at in passing.
        if !self.owned.garbage.is_empty() && self.owned.sealed.len() < MOST_SEALED {
            let full = self.owned.garbage.slots.len() >= self.limit();
            let same_tick = tick == self.owned.sealed_at && !cfg!(shuttle);
            if full || !same_tick || prompt {
                self.seal((full || prompt) && same_tick, tick);
                self.free_quiet(fallen);
            }
        }
    }

    /// Frees what was sealed, as far as nobody can be reading it, and as much as one write should.
    fn free_quiet(&mut self, fallen: &mut Fallen<K, V>) {
        if self.owned.sealed.is_empty() {
            return;
        }
        let (quiet, mut freed) = (epoch::quiet(), 0);
        while freed < MOST_FREED
            && self.owned.sealed.front().is_some_and(|(epoch, _)| *epoch <= quiet)
            && let Some((epoch, mut garbage)) = self.owned.sealed.pop_front()
        {
            if garbage.slots.len() > MOST_FREED {
                let slots = garbage.slots.split_off(MOST_FREED);
                self.owned.sealed.push_front((epoch, Garbage { slots, ..Garbage::new() }));
            }
            freed += garbage.slots.len().max(1);
            self.free(garbage, fallen);
        }
    }

    /// Closes the epoch of what was taken out so far. In a table that changes a lot readers will fence, in one that does not they need not.
    fn seal(&mut self, busy: bool, now: Tick) {
        let quick = self.front.quick.load(Ordering::Relaxed);
        if quick && busy {
            // Readers who do not know yet are met by the fence of everybody, which follows.
            self.front.quick.store(false, Ordering::SeqCst);
        }
        if self.owned.fence_failed.is_some_and(|at| now.since(at) < CALM) {
            return;
        }
        let Some(epoch) = epoch::seal(!quick) else {
            // From now on readers fence. Those who began before did not, so nothing is freed until what they wrote down must long have
            // been seen.
            self.front.quick.store(false, Ordering::SeqCst);
            self.owned.fence_failed = Some(now);
            return;
        };
        if !quick && !busy && now.since(self.owned.sealed_at) >= CALM {
            self.front.quick.store(epoch::can_fence_everybody(), Ordering::Release);
        }
        self.owned.sealed_at = now;
        let garbage = std::mem::replace(&mut self.owned.garbage, Garbage::new());
        self.owned.sealed.push_back((epoch, garbage));
    }

    /// Nobody can be reading it any more.
    fn free(&mut self, garbage: Garbage<K, V>, fallen: &mut Fallen<K, V>) {
        let Garbage { slots, views, cleared } = garbage;
        drop(views);
        fallen.cleared.extend(cleared);
        if !needs_drop::<K>() && !needs_drop::<V>() && !self.owned.sides.tags {
            // Nothing is done to a slot but to fill it again.
            self.owned.free.extend_from_slice(&slots);
            self.recycle(slots);
            return;
        }
        if needs_drop::<K>() || needs_drop::<V>() {
            fallen.entries.reserve(slots.len());
        }
        for &at in &slots {
            let Some(entry) = slot(self.front, at).filter(|entry| entry.slot.is(State::Buried)) else { continue };
            // SAFETY: it was taken out of the index before an epoch was closed in which nobody reads any more, and buried slots are filled.
            let ((key, value), tags) = unsafe {
                let tags = entry.side.and_then(|side| side.set_tags(entry.within, None));
                (entry.slot.empty_out(), tags)
            };
            self.owned.free.push(at);
            if needs_drop::<K>() || needs_drop::<V>() || tags.is_some() {
                fallen.entries.push((key, value, tags));
            }
        }
        self.recycle(slots);
    }

    /// For the next garbage.
    fn recycle(&mut self, mut slots: Vec<u32>) {
        if self.owned.garbage.slots.capacity() == 0 {
            slots.clear();
            self.owned.garbage.slots = slots;
        }
    }
}
