//! A table that readers search without a lock, while a writer, who holds one, changes it.
//!
//! What a reader finds is never changed in place: an entry is complete before its number is put into the [`index`], and its slot is
//! used again only when nobody can be reading it any more, as [`epoch`] tells. What has to grow is replaced by a larger copy
//! (read-copy-update), so growing holds up writers, never a reader.
//!
//! All `unsafe` code of the crate is in this module. Why it is sound:
//!
//! 1. A slot's content is written while the slot is free, under the lock, before its number is published (release) in the index; who
//!    finds the number (acquire) sees the content complete.
//! 2. A slot whose number was taken out of the index is emptied out only after [`epoch::seal`] closed an epoch and [`epoch::quiet`]
//!    told that nobody reads in it: whoever found the number is done. The same holds for views, and for the chunks of a table that was cleared.
//! 3. Chunks live as long as the table, or until 2. holds for all of a cleared table.
//! 4. Everything that changes the table takes `&mut` to what the lock protects.

#![allow(unsafe_code, reason = "readers take no lock")]

mod epoch;
mod index;
mod slots;
#[cfg(all(test, not(shuttle)))]
mod tests;

use std::fmt;
use std::mem::needs_drop;
use std::ptr::NonNull;

use self::epoch::Pin;
use self::index::{Buckets, Home, Index};
use self::slots::{Entry, Run, Side, Slot, State, View};
pub(super) use self::slots::{Filled, Sides, SlotTags};
use crate::clock::{Clock, Tick};
use crate::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// A table, and under its lock the `rest` of what changes together with it.
pub(super) struct Table<K, V, R> {
    front: Front<K, V>,
    back: Back<Mutex<Inside<K, V, R>>>,
}

/// What readers look at, on a line that writers seldom write to.
#[repr(align(64))]
struct Front<K, V> {
    /// Of the view in force, for the shortest way to an entry: the buckets of its index, its sides if it has any, and where its slots are.
    buckets: AtomicPtr<Buckets>,
    sides: AtomicPtr<AtomicPtr<Side>>,
    /// The first chunk.
    head: AtomicPtr<Slot<K, V>>,
    /// Where slot 0 would be if the run began with it.
    run: AtomicPtr<Slot<K, V>>,
    /// How many slots are in these two.
    straight: AtomicU32,
    view: AtomicPtr<View<K, V>>,
    /// Whether readers need no fence.
    quick: AtomicBool,
}

#[repr(align(64))]
struct Back<T>(T);

struct Inside<K, V, R> {
    owned: Owned<K, V>,
    rest: R,
}

/// What the writer knows of the table.
struct Owned<K, V> {
    len: usize,
    /// One past the highest slot that was ever filled.
    used: u32,
    free: Vec<u32>,
    /// How many entries are expected when the cache is full.
    share: usize,
    sides: Sides,
    /// How many slots are [`Held`].
    held: usize,
    garbage: Garbage<K, V>,
    sealed: Vec<(u64, Garbage<K, V>)>,
    sealed_at: Tick,
}

/// What was taken out, until nobody can be reading it.
struct Garbage<K, V> {
    slots: Vec<u32>,
    /// Views that were replaced by others over the same chunks.
    views: Vec<Owner<View<K, V>>>,
    cleared: Vec<Cleared<K, V>>,
}

impl<K, V> Garbage<K, V> {
    const fn new() -> Self {
        Self { slots: Vec::new(), views: Vec::new(), cleared: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.views.is_empty() && self.cleared.is_empty()
    }
}

/// A box that others still read.
struct Owner<T>(NonNull<T>);

impl<T> Owner<T> {
    fn new(value: T) -> Self {
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
struct Cleared<K, V>(Owner<View<K, V>>);

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
            if entry.slot.state() != State::Free {
                // SAFETY: nobody reads it, and it is filled.
                drop(unsafe { entry.slot.empty_out() });
            }
        }
    }
}

// SAFETY: a table hands out references to keys and values to all who share it, and drops them wherever the last use ends, as a lock
// around them would. Its raw pointers are to what it owns.
unsafe impl<K: Send + Sync, V: Send + Sync, R: Send> Sync for Table<K, V, R> {}
// SAFETY: the same.
unsafe impl<K: Send, V: Send, R: Send> Send for Table<K, V, R> {}
// SAFETY: it owns what it points to.
unsafe impl<K: Send, V: Send> Send for Cleared<K, V> {}

/// What fell out of a table and may be dropped: to be done without holding its lock, because destructors are the user's code.
pub(super) struct Fallen<K, V> {
    entries: Vec<(K, V, Option<Box<SlotTags>>)>,
    cleared: Vec<Cleared<K, V>>,
}

impl<K, V> Fallen<K, V> {
    pub(super) const fn nothing() -> Self {
        Self { entries: Vec::new(), cleared: Vec::new() }
    }
}

/// While nothing else was sealed for so long, readers of a table leave out the fence.
const CALM: std::time::Duration = std::time::Duration::from_millis(20);
/// How much garbage a table keeps at most before it looks for readers: this part of its entries ...
const GARBAGE: usize = 32;
/// ... and no more than so many.
const MOST_GARBAGE: usize = 256;
/// A table that outgrows its first chunk gets as many of the others as it may be expected to need in one piece, of at most so many bytes.
const RUN: usize = 256 << 10;
/// How many entries there is room for at first.
const FIRST_ROOM: usize = 10;

impl<K, V> Front<K, V> {
    fn new(view: &Owner<View<K, V>>) -> Self {
        let front = Self {
            buckets: AtomicPtr::default(),
            sides: AtomicPtr::default(),
            head: AtomicPtr::default(),
            run: AtomicPtr::default(),
            straight: AtomicU32::new(0),
            view: AtomicPtr::default(),
            quick: AtomicBool::new(epoch::can_fence_everybody()),
        };
        front.show(view);
        front
    }

    /// Puts a view in force.
    ///
    /// Its buckets come first. So who reads anything else of it can see that the buckets changed, which matters when a table was cleared:
    /// numbers from the old index mean nothing in the new slots. The other way round there is no danger: a number that was read from an
    /// index was put there after its slot was made known here.
    fn show(&self, view: &Owner<View<K, V>>) -> Option<Owner<View<K, V>>> {
        // SAFETY: owned by the caller, who has the lock or the table to himself.
        let shown = unsafe { view.0.as_ref() };
        self.buckets.store(shown.index.start(), Ordering::Release);
        self.show_slots(shown);
        let sides = if shown.sides.is_empty() { std::ptr::null_mut() } else { shown.sides.as_ptr().cast_mut() };
        self.sides.store(sides, Ordering::Release);
        NonNull::new(self.view.swap(view.0.as_ptr(), Ordering::AcqRel)).map(Owner)
    }

    fn show_slots(&self, view: &View<K, V>) {
        self.head.store(view.head(), Ordering::Release);
        self.run.store(view.run.start.wrapping_sub(Slot::<K, V>::CHUNK), Ordering::Release);
        self.straight.store(view.straight(), Ordering::Release);
    }

    /// For readers: a slot of the view in force that is not in the run. Null if it is not there, because the view has changed.
    #[inline(never)]
    fn slot(&self, at: u32) -> *const Slot<K, V> {
        // SAFETY: a view is freed when nobody can be reading it any more, and the caller is pinned.
        let view = unsafe { &*self.view.load(Ordering::Acquire) };
        view.slot(at).map_or(std::ptr::null(), |entry| std::ptr::from_ref(entry.slot))
    }
}

impl<K, V, R> Table<K, V, R> {
    /// An empty table, expected to hold about `share` entries when it is full.
    pub(super) fn new(share: usize, sides: Sides, rest: R) -> Self {
        let view = Owner::new(View::new(Index::for_entries(FIRST_ROOM), 1, sides));
        let owned = Owned {
            len: 0,
            used: 0,
            free: Vec::new(),
            share,
            sides,
            held: 0,
            garbage: Garbage::new(),
            sealed: Vec::new(),
            sealed_at: Clock::system().now(),
        };
        let front = Front::new(&view);
        std::mem::forget(view);
        Self { front, back: Back(Mutex::new(Inside { owned, rest })) }
    }

    /// Begins to read, which holds up nobody and keeps whatever is found from being freed. `None` on a thread that is ending.
    #[inline]
    pub(super) fn read(&self) -> Option<Reading<'_, K, V>> {
        let pin = epoch::pin()?;
        if !self.front.quick.load(Ordering::Relaxed) {
            epoch::fence();
            if pin.is_time_to_look() {
                self.quicken();
            }
        }
        Some(Reading { front: &self.front, _pin: pin })
    }

    /// Spares readers the fence if nothing changed for a while.
    #[cold]
    fn quicken(&self) {
        if let Some(inside) = self.back.0.try_lock()
            && Clock::system().now().since(inside.owned.sealed_at) >= CALM
        {
            self.front.quick.store(epoch::can_fence_everybody(), Ordering::Relaxed);
        }
    }

    /// The right to change the table.
    #[inline]
    pub(super) fn lock(&self) -> Locked<'_, K, V, R> {
        Locked { table: self, inside: self.back.0.lock() }
    }
}

impl<K, V, R> Drop for Table<K, V, R> {
    fn drop(&mut self) {
        if let Some(view) = NonNull::new(self.front.view.load(Ordering::Relaxed)) {
            drop(Cleared(Owner(view)));
        }
    }
}

impl<K, V, R: fmt::Debug> fmt::Debug for Table<K, V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// A reader of a table.
pub(super) struct Reading<'t, K, V> {
    front: &'t Front<K, V>,
    _pin: Pin,
}

impl<K, V> Reading<'_, K, V> {
    /// The entry with this hash whose key satisfies `eq`.
    #[inline]
    pub(super) fn find(&self, hash: u32, eq: impl Fn(&K) -> bool) -> Option<Filled<'_, K, V>> {
        let buckets = self.front.buckets.load(Ordering::Acquire);
        // SAFETY: an index is freed when nobody can be reading it any more, and this reader is pinned.
        match unsafe { Home::of(buckets, hash) } {
            Home::Nothing => return None,
            Home::Unclear => {}
            Home::Perhaps(at) => {
                // Where the slot is, is read after its number, and how many there are before where they are.
                let slot = if at < self.front.straight.load(Ordering::Acquire) {
                    let (head, run) = (self.front.head.load(Ordering::Acquire), self.front.run.load(Ordering::Acquire));
                    // Chosen without a branch, which could not be predicted.
                    let start = if (at as usize) < Slot::<K, V>::CHUNK { head } else { run };
                    start.wrapping_add(at as usize).cast_const()
                } else {
                    self.front.slot(at)
                };
                let sides = self.front.sides.load(Ordering::Acquire);
                if !slot.is_null() && self.front.buckets.load(Ordering::Acquire) == buckets {
                    // SAFETY: freed when nobody can be reading it any more; read after the number, and, since the buckets are still the same, not
                    // of a table that was cleared since. So the slot is there, and was found while pinned.
                    let entry = unsafe { Entry::at(slot, at, sides).filled() };
                    if eq(entry.key()) {
                        return Some(entry);
                    }
                }
            }
        }
        self.search(hash, eq)
    }

    #[cold]
    #[inline(never)]
    fn search(&self, hash: u32, eq: impl Fn(&K) -> bool) -> Option<Filled<'_, K, V>> {
        loop {
            // SAFETY: a view is freed when nobody can be reading it any more, and this reader is pinned.
            let view = unsafe { &*self.front.view.load(Ordering::Acquire) };
            let (mut found, mut outdated) = (None, false);
            view.index.find(hash, |at| {
                let Some(entry) = view.slot(at) else {
                    outdated = true;
                    return false;
                };
                // SAFETY: found while pinned.
                let entry = unsafe { entry.filled() };
                let is_it = eq(entry.key());
                if is_it {
                    found = Some(entry);
                }
                is_it
            });
            // Put by a writer into a chunk that came after this view, perhaps in place of what was there.
            if found.is_some() || !outdated {
                return found;
            }
        }
    }
}

/// A table whose lock is held.
pub(super) struct Locked<'t, K, V, R> {
    table: &'t Table<K, V, R>,
    inside: MutexGuard<'t, Inside<K, V, R>>,
}

impl<'t, K, V, R> Locked<'t, K, V, R> {
    pub(super) fn rest(&self) -> &R {
        &self.inside.rest
    }

    pub(super) fn rest_mut(&mut self) -> &mut R {
        &mut self.inside.rest
    }

    /// The slots and the rest, each to be used on its own.
    pub(super) fn split(&mut self) -> (Slots<'_, K, V>, &mut R) {
        let Inside { owned, rest } = &mut *self.inside;
        (Slots { front: &self.table.front, owned }, rest)
    }

    pub(super) fn slots(&mut self) -> Slots<'_, K, V> {
        self.split().0
    }

    pub(super) fn len(&self) -> usize {
        self.inside.owned.len
    }

    /// One past the highest slot number.
    pub(super) fn end(&self) -> u32 {
        self.inside.owned.used
    }

    /// The entry in a slot.
    pub(super) fn get(&self, at: u32) -> Option<Filled<'_, K, V>> {
        live(current(&self.table.front), at)
    }

    /// The entry with this hash whose key satisfies `eq`.
    pub(super) fn find(&self, hash: u32, eq: impl Fn(&K) -> bool) -> Option<u32> {
        let view = current(&self.table.front);
        view.index.find(hash, |at| live(view, at).is_some_and(|entry| eq(entry.key())))
    }

    /// Keeps what was taken out from being freed until the result is dropped, for which the lock must not be held.
    pub(super) fn hold(&mut self, at: u32) -> Option<Held<'t, K, V, R>> {
        let entry = current(&self.table.front).slot(at).filter(|entry| entry.slot.state() == State::Out)?;
        entry.slot.set_state(State::Held);
        let slot = NonNull::from(entry.slot);
        self.inside.owned.held += 1;
        Some(Held { table: self.table, at, slot })
    }
}

/// The view that is in force. For those who hold the lock.
fn current<K, V>(front: &Front<K, V>) -> &View<K, V> {
    // SAFETY: replaced only under the lock by `&mut Slots`, of which none is used while the reference is.
    unsafe { &*front.view.load(Ordering::Relaxed) }
}

fn live<K, V>(view: &View<K, V>, at: u32) -> Option<Filled<'_, K, V>> {
    let entry = view.slot(at).filter(|entry| entry.slot.state() == State::Live)?;
    // SAFETY: live slots are filled, and to empty one out takes the lock, which the caller holds.
    Some(unsafe { entry.filled() })
}

/// What an entry is made from.
pub(super) struct New<K, V> {
    pub(super) hash: u32,
    pub(super) key: K,
    pub(super) value: V,
    pub(super) deadline: Tick,
    /// Kept where the table has them beside it.
    pub(super) tags: Option<Box<SlotTags>>,
}

/// The slots of a table whose lock is held.
pub(super) struct Slots<'w, K, V> {
    front: &'w Front<K, V>,
    owned: &'w mut Owned<K, V>,
}

impl<K, V> Slots<'_, K, V> {
    pub(super) fn get(&self, at: u32) -> Option<Filled<'_, K, V>> {
        live(current(self.front), at)
    }

    /// Adds an entry whose key is not there yet.
    pub(super) fn insert(&mut self, new: New<K, V>) -> u32 {
        if self.owned.len >= current(self.front).index.room() {
            self.enlarge_index();
        }
        let hash = new.hash;
        let at = self.place(new);
        current(self.front).index.insert(hash, at);
        self.owned.len += 1;
        at
    }

    /// Puts an entry in the place of one with the same key that is [leaving](Self::detach): readers find one or the other.
    pub(super) fn replace(&mut self, old: u32, new: New<K, V>) -> u32 {
        let leaving = |view: &View<K, V>| view.slot(old).is_some_and(|entry| entry.slot.state() == State::Leaving);
        if !leaving(current(self.front)) {
            return self.insert(new);
        }
        let hash = new.hash;
        let at = self.place(new);
        let view = current(self.front);
        let replaced = view.index.replace(hash, old, at);
        debug_assert!(replaced);
        if let Some(entry) = view.slot(old) {
            entry.slot.set_state(State::Out);
        }
        at
    }

    /// Fills a free slot.
    fn place(&mut self, new: New<K, V>) -> u32 {
        let at = match self.owned.free.pop() {
            Some(at) => at,
            None => self.fresh(),
        };
        let New { hash, key, value, deadline, tags } = new;
        if let Some(entry) = current(self.front).slot(at) {
            debug_assert_eq!(entry.slot.state(), State::Free);
            // SAFETY: the slot is free, under the lock; so nobody reads what is beside it either.
            unsafe {
                if let Some(side) = entry.side {
                    side.set_tags(entry.within, tags);
                }
                entry.slot.fill(hash, key, value, deadline);
            }
        }
        at
    }

    /// A slot that was never filled.
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
                    place.store(run.start.wrapping_add(at * Slot::<K, V>::CHUNK), Ordering::Release);
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
        let most = RUN / (size_of::<Slot<K, V>>() * Slot::<K, V>::CHUNK);
        let full = (self.owned.share + self.owned.share / 32).div_ceil(Slot::<K, V>::CHUNK);
        let chunks = full.saturating_sub(chunk).min(most);
        (chunks > 1).then(|| Run { start: Slot::new_chunks(chunks), first: chunk, chunks })
    }

    /// Puts a view in force over the same chunks.
    fn publish(&mut self, view: View<K, V>) {
        let view = Owner::new(view);
        let old = self.front.show(&view);
        std::mem::forget(view);
        self.owned.garbage.views.extend(old);
    }

    fn enlarge_index(&mut self) {
        let room = current(self.front).index.room();
        // The usual end of growth is exact; a shard may come to hold some more or some less than its share.
        let full = self.owned.share + self.owned.share / 16;
        let entries = if room < full { (room + room / 2).min(full) } else { room + room / 8 }.max(self.owned.len + 8);
        let index = Index::for_entries(entries);
        let view = current(self.front);
        for at in 0..self.owned.used {
            if let Some(entry) = view.slot(at)
                && matches!(entry.slot.state(), State::Live | State::Leaving)
            {
                // SAFETY: such slots are filled, and to empty one out takes the lock.
                index.insert(unsafe { entry.filled() }.hash(), at);
            }
        }
        let next = view.successor(index, view.chunks.len());
        self.publish(next);
    }

    /// Takes an entry out of the hands of writers. Readers still find it, until it is replaced or [taken out](Self::take_out).
    pub(super) fn detach(&mut self, at: u32) {
        if let Some(entry) = current(self.front).slot(at).filter(|entry| entry.slot.state() == State::Live) {
            entry.slot.set_state(State::Leaving);
        }
    }

    /// Makes an entry impossible to find. It is to be [buried](Self::bury) or [held](Locked::hold).
    pub(super) fn take_out(&mut self, at: u32) {
        let view = current(self.front);
        let found = view.slot(at).filter(|entry| matches!(entry.slot.state(), State::Live | State::Leaving));
        if let Some(entry) = found {
            entry.slot.set_state(State::Out);
            // SAFETY: such slots are filled, and to empty one out takes the lock.
            let removed = view.index.remove(unsafe { entry.filled() }.hash(), at);
            debug_assert!(removed);
            self.owned.len -= 1;
        }
    }

    /// Lets what was taken out be freed when nobody can be reading it any more.
    pub(super) fn bury(&mut self, at: u32) {
        let found = current(self.front).slot(at).filter(|entry| entry.slot.state() == State::Out);
        if let Some(entry) = found {
            entry.slot.set_state(State::Buried);
            self.owned.garbage.slots.push(at);
        }
    }

    /// Empties the table, in one step for readers. Returns how many entries there were; `None` while some are held.
    pub(super) fn clear(&mut self) -> Option<usize> {
        if self.owned.held > 0 {
            return None;
        }
        let view = Owner::new(View::new(Index::for_entries(FIRST_ROOM), 1, self.owned.sides));
        let old = self.front.show(&view);
        std::mem::forget(view);
        // They are slots of what goes as a whole.
        self.owned.garbage.slots.clear();
        self.owned.sealed.iter_mut().for_each(|(_, garbage)| garbage.slots.clear());
        self.owned.garbage.cleared.extend(old.map(Cleared));
        (self.owned.free, self.owned.used) = (Vec::new(), 0);
        Some(std::mem::take(&mut self.owned.len))
    }

    /// Frees what nobody can be reading any more. Looks for readers when there is garbage enough, or some that has lain since the clock's
    /// last `tick`; if it is `prompt`, whenever that costs little.
    #[inline]
    pub(super) fn reclaim(&mut self, prompt: bool, tick: Tick, fallen: &mut Fallen<K, V>) {
        if self.owned.sealed.is_empty() {
            if self.owned.garbage.is_empty() {
                return;
            }
            let waits = tick == self.owned.sealed_at && self.owned.garbage.slots.len() < self.limit();
            // The checker is to see it done, and knows no time.
            if waits && !(prompt && !self.front.quick.load(Ordering::Relaxed)) && !cfg!(shuttle) {
                return;
            }
        }
        self.collect(prompt, tick, fallen);
    }

    /// How much garbage may gather.
    fn limit(&self) -> usize {
        (self.owned.len / GARBAGE).clamp(1, MOST_GARBAGE)
    }

    #[inline(never)]
    fn collect(&mut self, prompt: bool, tick: Tick, fallen: &mut Fallen<K, V>) {
        if !self.owned.garbage.is_empty() {
            let full = self.owned.garbage.slots.len() >= self.limit();
            let quick = self.front.quick.load(Ordering::Relaxed);
            let same_tick = tick == self.owned.sealed_at && !cfg!(shuttle);
            if full || !same_tick || (prompt && !quick) {
                self.seal(quick, full && same_tick, tick);
            }
        }
        if self.owned.sealed.is_empty() {
            return;
        }
        let quiet = epoch::quiet();
        let mut at = 0;
        while at < self.owned.sealed.len() {
            if self.owned.sealed[at].0 <= quiet {
                let (_, garbage) = self.owned.sealed.remove(at);
                self.free(garbage, fallen);
            } else {
                at += 1;
            }
        }
    }

    /// Closes the epoch of what was taken out so far. In a table that changes a lot readers will fence, in one that does not they need not.
    fn seal(&mut self, quick: bool, busy: bool, now: Tick) {
        if quick && busy {
            // Readers who do not know yet are met by the fence of everybody, which follows.
            self.front.quick.store(false, Ordering::SeqCst);
        }
        let Some(epoch) = epoch::seal(!quick) else { return };
        if !quick && !busy && now.since(self.owned.sealed_at) >= CALM {
            self.front.quick.store(epoch::can_fence_everybody(), Ordering::Relaxed);
        }
        self.owned.sealed_at = now;
        let garbage = std::mem::replace(&mut self.owned.garbage, Garbage::new());
        self.owned.sealed.push((epoch, garbage));
    }

    /// Nobody can be reading it any more.
    fn free(&mut self, garbage: Garbage<K, V>, fallen: &mut Fallen<K, V>) {
        let Garbage { slots, views, cleared } = garbage;
        drop(views);
        fallen.cleared.extend(cleared);
        let view = current(self.front);
        for &at in &slots {
            let Some(entry) = view.slot(at).filter(|entry| entry.slot.state() == State::Buried) else { continue };
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
        if self.owned.garbage.slots.capacity() == 0 {
            // For the next garbage.
            self.owned.garbage.slots = slots;
            self.owned.garbage.slots.clear();
        }
    }
}

/// A slot that was taken out and is not freed as long as this lives. To be dropped without holding the table's lock.
pub(super) struct Held<'t, K, V, R> {
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

    pub(super) fn key(&self) -> &K {
        self.content().key()
    }

    pub(super) fn value(&self) -> &V {
        self.content().value()
    }
}

impl<K, V, R> Drop for Held<'_, K, V, R> {
    fn drop(&mut self) {
        let mut fallen = Fallen::nothing();
        let mut locked = self.table.lock();
        let mut slots = locked.slots();
        slots.owned.held -= 1;
        let found = current(slots.front).slot(self.at).filter(|entry| entry.slot.state() == State::Held);
        if let Some(entry) = found {
            entry.slot.set_state(State::Out);
            slots.bury(self.at);
        }
        slots.reclaim(true, Clock::system().now(), &mut fallen);
        drop(locked);
        drop(fallen);
    }
}
