//! A table that readers search without a lock, while a writer, who holds one, changes it.
//!
//! Readers' side is in [`front`], writers' in [`writing`]; [`garbage`] is what was taken out, [`slots`] where entries are, [`index`] which
//! is whose.
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

mod any_box;
mod epoch;
mod front;
mod garbage;
mod index;
mod slots;
mod system;
#[cfg(all(test, not(shuttle)))]
mod tests;
mod writing;

use std::collections::VecDeque;
use std::fmt;
use std::ptr::NonNull;

pub(crate) use self::any_box::AnyBox;
use self::front::Front;
pub(super) use self::front::Reading;
pub(super) use self::garbage::Fallen;
use self::garbage::{CALM, Cleared, Garbage, Owner};
use self::index::{Buckets, Index};
use self::slots::View;
pub(super) use self::slots::{Filled, Sides, SlotTags};
pub(super) use self::system::{now, prefetch};
pub(super) use self::writing::{Held, Locked, New, Slots};
use crate::clock::Tick;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// A table, and under its lock the `rest` of what changes together with it.
pub(super) struct Table<K, V, R> {
    front: Front<K, V>,
    back: Back<Inside<K, V, R>>,
}

#[repr(align(64))]
struct Back<T> {
    inside: Mutex<T>,
    /// As it was when the lock was last released.
    len: AtomicUsize,
}

struct Inside<K, V, R> {
    owned: Owned<K, V>,
    rest: R,
}

/// What the writer knows of the table.
struct Owned<K, V> {
    len: usize,
    /// How many entries the index should hold at most.
    room: usize,
    /// One past the highest slot that was ever filled.
    used: u32,
    free: Vec<u32>,
    /// How many entries are expected when the cache is full.
    share: usize,
    sides: Sides,
    /// How many slots are [`Held`].
    held: usize,
    garbage: Garbage<K, V>,
    /// In the order of their epochs.
    sealed: VecDeque<(u64, Garbage<K, V>)>,
    sealed_at: Tick,
    /// When the operating system would not fence for readers any more.
    fence_failed: Option<Tick>,
}

// SAFETY: a table hands out references to keys and values to all who share it, and drops them wherever the last use ends, as a lock
// around them would. Its raw pointers are to what it owns.
unsafe impl<K: Send + Sync, V: Send + Sync, R: Send> Sync for Table<K, V, R> {}
// SAFETY: the same.
unsafe impl<K: Send, V: Send, R: Send> Send for Table<K, V, R> {}

/// How many entries there is room for at first.
const FIRST_ROOM: usize = 10;

impl<K, V, R> Table<K, V, R> {
    /// An empty table, expected to hold about `share` entries when it is full.
    pub(super) fn new(share: usize, sides: Sides, rest: R) -> Self {
        let view = View::new(Index::for_entries(FIRST_ROOM), 1, sides);
        let owned = Owned {
            len: 0,
            room: view.index.room(),
            used: 0,
            free: Vec::new(),
            share,
            sides,
            held: 0,
            garbage: Garbage::new(),
            sealed: VecDeque::new(),
            fence_failed: None,
            sealed_at: now(),
        };
        let view = Owner::new(view);
        let front = Front::new(&view);
        std::mem::forget(view);
        Self { front, back: Back { inside: Mutex::new(Inside { owned, rest }), len: AtomicUsize::new(0) } }
    }

    /// Begins to read, which holds up nobody and keeps whatever is found from being freed.
    #[inline]
    pub(super) fn read(&self) -> Reading<'_, K, V> {
        let pin = epoch::pin();
        if !self.front.quick.load(Ordering::Acquire) {
            epoch::fence();
            if pin.is_time_to_look() {
                self.quicken();
            }
        }
        Reading { front: &self.front, _pin: pin }
    }

    /// Spares readers the fence if nothing changed for a while.
    #[cold]
    fn quicken(&self) {
        if let Some(inside) = self.back.inside.try_lock()
            && now().since(inside.owned.sealed_at) >= CALM
        {
            self.front.quick.store(epoch::can_fence_everybody(), Ordering::Release);
        }
    }

    /// For somebody who will soon look for this hash, or put it in.
    #[inline]
    pub(super) fn prefetch(&self, hash: u32) {
        Buckets::prefetch(self.front.buckets.load(Ordering::Relaxed), hash);
    }

    /// How many entries there are, or were a moment ago.
    pub(super) fn len(&self) -> usize {
        self.back.len.load(Ordering::Relaxed)
    }

    /// The right to change the table.
    #[inline]
    pub(super) fn lock(&self) -> Locked<'_, K, V, R> {
        Locked { table: self, inside: self.back.inside.lock() }
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
