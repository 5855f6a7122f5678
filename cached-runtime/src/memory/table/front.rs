//! What readers look at, and how they find an entry in it.

use std::ptr::NonNull;

use super::epoch::{self, Pin};
use super::garbage::Owner;
use super::index::{Bucket, Home, Shown};
use super::slots::{Entry, Filled, Side, Slot, State, View};
use crate::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

/// What readers look at, on a line that writers seldom write to.
#[repr(align(64))]
pub(super) struct Front<K, V> {
    /// Of the view in force, for the shortest way to an entry: the buckets of its index, its sides if it has any, and where its slots are.
    pub(super) buckets: Shown,
    sides: AtomicPtr<AtomicPtr<Side>>,
    /// The first chunk.
    head: AtomicPtr<Slot<K, V>>,
    /// Where slot 0 would be if the run began with it.
    run: AtomicPtr<Slot<K, V>>,
    /// How many slots are in these two.
    straight: AtomicU32,
    pub(super) view: AtomicPtr<View<K, V>>,
    /// Whether readers need no fence.
    pub(super) quick: AtomicBool,
}

impl<K, V> Front<K, V> {
    pub(super) fn new(view: &Owner<View<K, V>>) -> Self {
        let front = Self {
            buckets: Shown::default(),
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
    pub(super) fn show(&self, view: &Owner<View<K, V>>) -> Option<Owner<View<K, V>>> {
        // SAFETY: owned by the caller, who has the lock or the table to himself.
        let shown = unsafe { view.0.as_ref() };
        self.buckets.show(&shown.index);
        self.show_slots(shown);
        let sides = if shown.sides.is_empty() { std::ptr::null_mut() } else { shown.sides.as_ptr().cast_mut() };
        self.sides.store(sides, Ordering::Release);
        NonNull::new(self.view.swap(view.0.as_ptr(), Ordering::AcqRel)).map(Owner)
    }

    pub(super) fn show_slots(&self, view: &View<K, V>) {
        self.head.store(view.head(), Ordering::Release);
        self.run.store(Slot::before(view.run.start, Slot::<K, V>::CHUNK), Ordering::Release);
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

/// A reader of a table.
pub(in crate::memory) struct Reading<'t, K, V> {
    pub(super) front: &'t Front<K, V>,
    pub(super) _pin: Pin,
}

impl<K, V> Reading<'_, K, V> {
    /// The entry with this hash whose key satisfies `eq`.
    #[inline]
    pub(in crate::memory) fn find(&self, hash: u32, eq: impl Fn(&K) -> bool) -> Option<Filled<'_, K, V>> {
        let Some(buckets) = self.front.buckets.read() else { return self.search(hash, eq) };
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
                    Slot::after(start, at as usize).cast_const()
                } else {
                    self.front.slot(at)
                };
                let sides = self.front.sides.load(Ordering::Acquire);
                if !slot.is_null() && self.front.buckets.is(buckets) {
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
            view.index.search(hash, |at| {
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

/// The view that is in force. For those who hold the lock.
pub(super) fn current<K, V>(front: &Front<K, V>) -> &View<K, V> {
    // SAFETY: replaced only under the lock by `&mut Slots`, of which none is used while the reference is.
    unsafe { &*front.view.load(Ordering::Relaxed) }
}

/// The first of the buckets where this hash may be. For those who hold the lock.
#[inline]
pub(super) fn bucket<K, V>(front: &Front<K, V>, hash: u32) -> &Bucket {
    // SAFETY: those of the view in force, which lives until another is shown, for which it takes `&mut Slots`.
    unsafe { front.buckets.load(Ordering::Relaxed).first(hash) }
}

/// A slot of the view in force, without what is beside it. For those who hold the lock.
#[inline]
pub(super) fn bare_slot<K, V>(front: &Front<K, V>, at: u32) -> Option<&Slot<K, V>> {
    if at >= front.straight.load(Ordering::Relaxed) {
        return far_slot(front, at);
    }
    let start = if (at as usize) < Slot::<K, V>::CHUNK { &front.head } else { &front.run };
    // SAFETY: the view in force has so many slots there, and lives until another is shown, which takes `&mut Slots`.
    Some(unsafe { &*Slot::after(start.load(Ordering::Relaxed), at as usize) })
}

/// One that is in neither of the two pieces where nearly all are.
#[inline(never)]
fn far_slot<K, V>(front: &Front<K, V>, at: u32) -> Option<&Slot<K, V>> {
    current(front).slot(at).map(|entry| entry.slot)
}

/// A slot of the view in force. For those who hold the lock.
#[inline]
pub(super) fn slot<K, V>(front: &Front<K, V>, at: u32) -> Option<Entry<'_, K, V>> {
    let slot = bare_slot(front, at)?;
    // SAFETY: it is that slot, of the view in force.
    Some(unsafe { Entry::at(slot, at, front.sides.load(Ordering::Relaxed)) })
}

/// The entry in a slot. For those who hold the lock.
#[inline]
pub(super) fn live<K, V>(front: &Front<K, V>, at: u32) -> Option<Filled<'_, K, V>> {
    let entry = slot(front, at).filter(|entry| entry.slot.is(State::Live))?;
    // SAFETY: live slots are filled, and to empty one out takes the lock, which the caller holds.
    Some(unsafe { entry.filled() })
}
