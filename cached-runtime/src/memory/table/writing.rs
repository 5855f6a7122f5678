//! What the holder of a table's lock does.

use std::ptr::NonNull;

use super::front::{Front, Reading, bare_slot, bucket, current, live, slot};
use super::garbage::{Cleared, Fallen, Owner};
use super::index::{Found, Index, Removal};
use super::slots::{Entry, Filled, Run, Side, Slot, SlotTags, State, View};
use super::{FIRST_ROOM, Inside, Owned, Table, now};
use crate::clock::Tick;
use crate::memory::eviction::{Touch, Traces};
use crate::sync::MutexGuard;
use crate::sync::atomic::Ordering;

/// A table that outgrows its first chunk gets as many of the others as it may be expected to need in one piece, of at most so many bytes.
const RUN: usize = 256 << 10;

/// A table whose lock is held.
pub(in crate::memory) struct Locked<'t, K, V, R> {
    pub(super) table: &'t Table<K, V, R>,
    pub(super) inside: MutexGuard<'t, Inside<K, V, R>>,
}

impl<K, V, R> Drop for Locked<'_, K, V, R> {
    #[inline]
    fn drop(&mut self) {
        self.table.back.len.store(self.inside.owned.len, Ordering::Relaxed);
    }
}

impl<'t, K, V, R> Locked<'t, K, V, R> {
    pub(in crate::memory) fn rest(&self) -> &R {
        &self.inside.rest
    }

    pub(in crate::memory) fn rest_mut(&mut self) -> &mut R {
        &mut self.inside.rest
    }

    /// The slots and the rest, each to be used on its own.
    pub(in crate::memory) fn split(&mut self) -> (Slots<'_, K, V>, &mut R) {
        let Inside { owned, rest } = &mut *self.inside;
        (Slots { front: &self.table.front, owned }, rest)
    }

    pub(in crate::memory) fn slots(&mut self) -> Slots<'_, K, V> {
        self.split().0
    }

    #[cfg(all(test, not(shuttle)))]
    pub(in crate::memory) fn len(&self) -> usize {
        self.inside.owned.len
    }

    /// One past the highest slot number.
    pub(in crate::memory) fn end(&self) -> u32 {
        self.inside.owned.used
    }

    /// The entry in a slot.
    pub(in crate::memory) fn get(&self, at: u32) -> Option<Filled<'_, K, V>> {
        live(&self.table.front, at)
    }

    /// The entry with this hash whose key satisfies `eq`.
    pub(in crate::memory) fn find(&self, hash: u32, eq: impl Fn(&K) -> bool) -> Option<u32> {
        let front = &self.table.front;
        let mut is_it = |at| live(front, at).is_some_and(|entry| eq(entry.key()));
        match bucket(front, hash).find(hash, &mut is_it) {
            Found::Slot(at) => Some(at),
            Found::Nothing => None,
            Found::Elsewhere => self.search(hash, is_it),
        }
    }

    #[cold]
    #[inline(never)]
    fn search(&self, hash: u32, is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        current(&self.table.front).index.search(hash, is_it)
    }

    /// The entry in a slot, for as long as a reading goes on that began before the lock was taken.
    pub(in crate::memory) fn get_for<'p>(&self, reading: &'p Reading<'t, K, V>, at: u32) -> Option<Filled<'p, K, V>> {
        // Whoever reads another table may not fence for this one.
        if !std::ptr::eq(reading.front, &raw const self.table.front) {
            return None;
        }
        let entry = slot(&self.table.front, at).filter(|entry| entry.slot.is(State::Live))?;
        // SAFETY: whoever takes it out does that later than the reading began, so it is not emptied out before that ends, and neither are
        // the chunk and what is beside it freed, though the view that led here may be: this keeps nothing of it.
        unsafe {
            let side = entry.side.map(|side| &*std::ptr::from_ref(side));
            Some(Entry { slot: &*std::ptr::from_ref(entry.slot), side, within: entry.within }.filled())
        }
    }

    /// Keeps what was taken out from being freed until the result is dropped, for which the lock must not be held.
    pub(in crate::memory) fn hold(&mut self, at: u32) -> Option<Held<'t, K, V, R>> {
        let entry = slot(&self.table.front, at).filter(|entry| entry.slot.is(State::Out))?;
        entry.slot.set_state(State::Held);
        let slot = NonNull::from(entry.slot);
        self.inside.owned.held += 1;
        Some(Held { table: self.table, at, slot })
    }
}

/// What an entry is made from.
pub(in crate::memory) struct New<K, V> {
    pub(in crate::memory) hash: u32,
    pub(in crate::memory) key: K,
    pub(in crate::memory) value: V,
    pub(in crate::memory) deadline: Tick,
    /// Kept where the table has them beside it.
    pub(in crate::memory) tags: Option<Box<SlotTags>>,
    pub(in crate::memory) traces: Traces,
}

/// The slots of a table whose lock is held.
pub(in crate::memory) struct Slots<'w, K, V> {
    pub(super) front: &'w Front<K, V>,
    pub(super) owned: &'w mut Owned<K, V>,
}

impl<K, V> Slots<'_, K, V> {
    pub(in crate::memory) fn get(&self, at: u32) -> Option<Filled<'_, K, V>> {
        live(self.front, at)
    }

    /// Hash and touch of the entry in a slot, or of the last one that was.
    #[inline]
    pub(in crate::memory) fn traits(&self, at: u32) -> Option<(u32, &Touch)> {
        bare_slot(self.front, at).map(|slot| (slot.hash(), slot.touch()))
    }

    /// Adds an entry, made by `make` for the slot where it will be. Returns that slot.
    ///
    /// If one with the same key is there, it is [leaving](Self::detach) and is given as `old`: readers find one or the other.
    #[inline]
    pub(in crate::memory) fn insert(&mut self, old: Option<u32>, make: impl FnOnce(&Self, u32) -> New<K, V>) -> u32 {
        let old = old.filter(|at| slot(self.front, *at).is_some_and(|entry| entry.slot.is(State::Leaving)));
        if old.is_none() && self.owned.len >= self.owned.room {
            self.enlarge_index();
        }
        let (at, hash) = self.place(make);
        match old {
            Some(old) => self.replace(old, hash, at),
            None => {
                if !bucket(self.front, hash).insert(hash, at) {
                    current(self.front).index.insert_stray(hash, at);
                }
                self.owned.len += 1;
            }
        }
        at
    }

    /// Puts an entry in the place of another.
    #[inline(never)]
    fn replace(&mut self, old: u32, hash: u32, at: u32) {
        let replaced = current(self.front).index.replace(hash, old, at);
        debug_assert!(replaced);
        if let Some(entry) = slot(self.front, old) {
            entry.slot.set_state(State::Out);
        }
    }

    /// Fills a free slot. Returns which, and the entry's hash.
    #[inline(always)]
    fn place(&mut self, make: impl FnOnce(&Self, u32) -> New<K, V>) -> (u32, u32) {
        let at = match self.owned.free.pop() {
            Some(at) => at,
            None => self.fresh(),
        };
        let New { hash, key, value, deadline, tags, traces } = make(self, at);
        if let Some(entry) = slot(self.front, at) {
            // Buried, if there was nothing to be dropped in it.
            debug_assert!(entry.slot.is(State::Free) || entry.slot.is(State::Buried));
            // SAFETY: the slot was on the list of free ones, and the lock is held; so nobody reads what is beside it either.
            unsafe {
                if let Some(side) = entry.side {
                    side.set_tags(entry.within, tags);
                    side.set_stamp(entry.within, traces.stamp);
                }
                entry.slot.fill(hash, key, value, deadline, traces.touch);
            }
        }
        (at, hash)
    }

    /// A slot that was never filled.
    #[cold]
    fn fresh(&mut self) -> u32 {
        let at = self.owned.used;
        self.owned.used += 1;
        let chunk = (at >> Slot::<K, V>::SHIFT) as usize;
        if current(self.front).chunks.get(chunk).is_none_or(|chunk| chunk.load(Ordering::Relaxed).is_null()) {
            self.add_chunks(chunk);
        }
        let view = current(self.front);
        if let Some(side) = view.sides.get(chunk).filter(|side| side.load(Ordering::Relaxed).is_null()) {
            let made = Owner::new(Side::new(self.owned.sides, Slot::<K, V>::CHUNK));
            side.store(made.0.as_ptr(), Ordering::Release);
            std::mem::forget(made);
        }
        at
    }

    /// Adds the chunk with this number, and if it is time those that come after it.
    fn add_chunks(&mut self, chunk: usize) {
        let view = current(self.front);
        let run = self.next_run(chunk);
        let chunks = run.map_or(1, |run| run.chunks);
        if chunk + chunks > view.chunks.len() || run.is_some() {
            let mut next = view.successor(view.index.clone(), (chunk + chunks).max((chunk + 1) * 2));
            if let Some(run) = run {
                next.run = run;
                for (at, place) in next.chunks[chunk..chunk + chunks].iter().enumerate() {
                    place.store(Slot::after(run.start, at * Slot::<K, V>::CHUNK), Ordering::Release);
                }
            }
            self.publish(next);
        }
        if run.is_none() {
            current(self.front).chunks[chunk].store(Slot::new_chunks(1), Ordering::Release);
            self.front.show_slots(current(self.front));
        }
    }

    /// The chunks that are still wanted, in one piece, if this is the second.
    fn next_run(&self, chunk: usize) -> Option<Run<K, V>> {
        if chunk != 1 || current(self.front).run.chunks > 0 {
            return None;
        }
        let most = RUN / Slot::<K, V>::chunk_size();
        let full = (self.owned.share + self.owned.share / 32).div_ceil(Slot::<K, V>::CHUNK);
        let chunks = full.saturating_sub(chunk).min(most);
        (chunks > 1).then(|| Run { start: Slot::new_chunks(chunks), first: chunk, chunks })
    }

    /// Puts a view in force over the same chunks.
    fn publish(&mut self, view: View<K, V>) {
        let old = self.show(view);
        self.owned.garbage.views.extend(old);
    }

    /// Puts a view in force, and hands back the one that was.
    fn show(&mut self, view: View<K, V>) -> Option<Owner<View<K, V>>> {
        self.owned.room = view.index.room();
        let view = Owner::new(view);
        let old = self.front.show(&view);
        std::mem::forget(view);
        old
    }

    #[cold]
    fn enlarge_index(&mut self) {
        let view = current(self.front);
        let index = view.index.larger(self.owned.share);
        for at in 0..self.owned.used {
            if let Some(entry) = view.slot(at)
                && matches!(entry.slot.state(), State::Live | State::Leaving)
            {
                index.insert(entry.slot.hash(), at);
            }
        }
        let next = view.successor(index, view.chunks.len());
        self.publish(next);
    }

    /// Takes an entry out of the hands of writers. Readers still find it, until it is replaced or [taken out](Self::take_out).
    pub(in crate::memory) fn detach(&mut self, at: u32) {
        if let Some(entry) = slot(self.front, at).filter(|entry| entry.slot.is(State::Live)) {
            entry.slot.set_state(State::Leaving);
        }
    }

    /// Makes an entry impossible to find. It is to be [buried](Self::bury) or [held](Locked::hold).
    pub(in crate::memory) fn take_out(&mut self, at: u32) {
        self.take_out_as(at, State::Out);
    }

    /// Makes an entry impossible to find, and lets it be freed when nobody can be reading it any more.
    #[inline]
    pub(in crate::memory) fn discard(&mut self, at: u32) {
        if self.take_out_as(at, State::Buried) {
            self.owned.garbage.slots.push(at);
        }
    }

    #[inline(always)]
    fn take_out_as(&mut self, at: u32, state: State) -> bool {
        let found = bare_slot(self.front, at).filter(|slot| slot.is(State::Live) || slot.is(State::Leaving));
        let Some(taken) = found else { return false };
        taken.set_state(state);
        let hash = taken.hash();
        let hash_of = |other| Some(bare_slot(self.front, other)?.hash());
        match bucket(self.front, hash).remove(hash, at) {
            Removal::Done => {}
            Removal::MadeRoom => current(self.front).index.call_back_home(hash, hash_of),
            Removal::Strayed => {
                let removed = current(self.front).index.remove_stray(hash, at, hash_of);
                debug_assert!(removed);
            }
        }
        self.owned.len -= 1;
        true
    }

    /// Lets what was taken out be freed when nobody can be reading it any more.
    pub(in crate::memory) fn bury(&mut self, at: u32) {
        let found = slot(self.front, at).filter(|entry| entry.slot.is(State::Out));
        if let Some(entry) = found {
            entry.slot.set_state(State::Buried);
            self.owned.garbage.slots.push(at);
        }
    }

    /// Empties the table, in one step for readers. Returns how many entries there were; `None` while some are held.
    pub(in crate::memory) fn clear(&mut self) -> Option<usize> {
        if self.owned.held > 0 {
            return None;
        }
        let old = self.show(View::new(Index::for_entries(FIRST_ROOM), 1, self.owned.sides));
        // They are slots of what goes as a whole.
        self.owned.garbage.slots.clear();
        self.owned.sealed.iter_mut().for_each(|(_, garbage)| garbage.slots.clear());
        self.owned.garbage.cleared.extend(old.map(Cleared));
        (self.owned.free, self.owned.used) = (Vec::new(), 0);
        Some(std::mem::take(&mut self.owned.len))
    }
}

/// A slot that was taken out and is not freed as long as this lives. To be dropped without holding the table's lock.
pub(in crate::memory) struct Held<'t, K, V, R> {
    table: &'t Table<K, V, R>,
    at: u32,
    slot: NonNull<Slot<K, V>>,
}

impl<K, V, R> Held<'_, K, V, R> {
    fn content(&self) -> Filled<'_, K, V> {
        // SAFETY: a table that has held slots is not cleared, so the chunk is there. Held slots are filled, and emptied out only after
        // they were given back.
        unsafe { Entry { slot: self.slot.as_ref(), side: None, within: 0 }.filled() }
    }

    pub(in crate::memory) fn key(&self) -> &K {
        self.content().key()
    }

    pub(in crate::memory) fn value(&self) -> &V {
        self.content().value()
    }
}

impl<K, V, R> Drop for Held<'_, K, V, R> {
    fn drop(&mut self) {
        let mut fallen = Fallen::nothing();
        let mut locked = self.table.lock();
        let mut slots = locked.slots();
        slots.owned.held -= 1;
        let found = slot(slots.front, self.at).filter(|entry| entry.slot.is(State::Held));
        if let Some(entry) = found {
            entry.slot.set_state(State::Out);
            slots.bury(self.at);
        }
        slots.reclaim(true, now(), &mut fallen);
        drop(locked);
        drop(fallen);
    }
}
