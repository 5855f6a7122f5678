//! Where entries are: slots in chunks that never move, and what readers need to find them.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr;

use super::index::Index;
use crate::clock::Tick;
use crate::memory::eviction::Touch;
use crate::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering};
use crate::tag::{Epoch, Tags};

/// What an entry carries in a cache with tags.
#[derive(Debug)]
pub(in crate::memory) struct SlotTags {
    pub(in crate::memory) tags: Tags,
    /// Before the value was loaded.
    pub(in crate::memory) captured: Epoch,
}

impl SlotTags {
    /// Nothing for an entry without tags.
    pub(in crate::memory) fn boxed(tags: Tags, captured: Epoch) -> Option<Box<Self>> {
        (!tags.is_empty()).then(|| Box::new(Self { tags, captured }))
    }
}

/// What has become of a slot. Read and written under the table's lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum State {
    /// Without content.
    Free,
    /// Found by everybody.
    Live,
    /// Still found by readers; for writers it is no more.
    Leaving,
    /// Not to be found any more; to be buried or held.
    Out,
    /// Somebody calls listeners with its content.
    Held,
    /// Waits until nobody can be reading it.
    Buried,
}

/// Room for one entry. 32 bytes for a key and a value of 8.
pub(super) struct Slot<K, V> {
    key: UnsafeCell<MaybeUninit<K>>,
    value: UnsafeCell<MaybeUninit<V>>,
    deadline: UnsafeCell<Tick>,
    hash: AtomicU32,
    touch: Touch,
    state: AtomicU8,
}

impl<K, V> Slot<K, V> {
    /// Slots in a chunk, as a power of two: of about a kilobyte, for the sake of small caches and large values.
    pub(super) const SHIFT: u32 = match size_of::<Self>() {
        0..=48 => 5,
        49..=96 => 4,
        97..=192 => 3,
        193..=384 => 2,
        385..=768 => 1,
        _ => 0,
    };
    pub(super) const CHUNK: usize = 1 << Self::SHIFT;
    /// Bytes from one slot to the next. What nearly fills a cache line gets one for itself: across the border of two, it would have a hit wait
    /// for both.
    const STRIDE: usize = match size_of::<Self>() {
        49..=64 => 64,
        other => other,
    };

    /// The slot so many after `start`, which may be before the first: to be used only if it is there.
    #[inline]
    pub(super) fn after(start: *mut Self, slots: usize) -> *mut Self {
        start.wrapping_byte_add(slots * Self::STRIDE)
    }

    /// The same in the other direction.
    pub(super) fn before(start: *mut Self, slots: usize) -> *mut Self {
        start.wrapping_byte_sub(slots * Self::STRIDE)
    }

    /// How much memory a chunk takes.
    pub(super) const fn chunk_size() -> usize {
        Self::STRIDE.saturating_mul(Self::CHUNK)
    }

    fn empty() -> Self {
        Self {
            key: UnsafeCell::new(MaybeUninit::uninit()),
            value: UnsafeCell::new(MaybeUninit::uninit()),
            deadline: UnsafeCell::new(Tick::NEVER),
            hash: AtomicU32::new(0),
            touch: Touch::default(),
            state: AtomicU8::new(State::Free as u8),
        }
    }

    /// Chunks begin with a cache line, so that small slots do not lie across two.
    fn layout(chunks: usize) -> Layout {
        let slots = Self::chunk_size().saturating_mul(chunks);
        Layout::from_size_align(slots, align_of::<Self>().max(64)).unwrap_or_else(|_| {
            // Of a size that no machine has.
            handle_alloc_error(Layout::new::<Self>())
        })
    }

    /// So many chunks, one after another.
    pub(super) fn new_chunks(chunks: usize) -> *mut Self {
        let layout = Self::layout(chunks);
        // SAFETY: a slot has atomics in it, so its size is not 0, and nobody asks for no chunks.
        let start = unsafe { alloc(layout) }.cast::<Self>();
        if start.is_null() {
            handle_alloc_error(layout);
        }
        for at in 0..chunks * Self::CHUNK {
            // SAFETY: the layout has room for so many slots.
            unsafe { Self::after(start, at).write(Self::empty()) };
        }
        start
    }

    /// # Safety
    ///
    /// `start` is from [`new_chunks`](Self::new_chunks) for as many, and nobody uses it any more.
    pub(super) unsafe fn free_chunks(start: *mut Self, chunks: usize) {
        // SAFETY: as the caller promises; slots themselves have nothing to drop.
        unsafe { dealloc(start.cast(), Self::layout(chunks)) }
    }

    pub(super) fn state(&self) -> State {
        match self.state.load(Ordering::Relaxed) {
            0 => State::Free,
            1 => State::Live,
            2 => State::Leaving,
            3 => State::Out,
            4 => State::Held,
            _ => State::Buried,
        }
    }

    /// Whether the state is this one.
    #[inline]
    pub(super) fn is(&self, state: State) -> bool {
        self.state.load(Ordering::Relaxed) == state as u8
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// That of the entry that is in it, or was last.
    #[inline]
    pub(super) fn hash(&self) -> u32 {
        self.hash.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn touch(&self) -> &Touch {
        &self.touch
    }

    /// # Safety
    ///
    /// The slot is free, and the caller holds the table's lock.
    #[inline]
    pub(super) unsafe fn fill(&self, hash: u32, key: K, value: V, deadline: Tick, touch: u8) {
        self.hash.store(hash, Ordering::Relaxed);
        self.touch.set(touch);
        // SAFETY: nobody has a reference to the content of a free slot: it became free when nobody could be reading it, and is not
        // found before it is published.
        unsafe {
            (*self.key.get()).write(key);
            (*self.value.get()).write(value);
            *self.deadline.get() = deadline;
        }
        self.set_state(State::Live);
    }

    /// # Safety
    ///
    /// The slot is not free, nobody can be reading it, and the caller holds the table's lock or owns the table.
    pub(super) unsafe fn empty_out(&self) -> (K, V) {
        self.set_state(State::Free);
        // SAFETY: what is not free was filled; with the state it is handed on once.
        unsafe { ((*self.key.get()).assume_init_read(), (*self.value.get()).assume_init_read()) }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    /// How far the second slot of a chunk is from the first.
    fn stride<K, V>() -> usize {
        Slot::<K, V>::after(ptr::null_mut(), 1).addr()
    }

    #[test]
    fn a_slot_that_nearly_fills_a_line_lies_on_one() {
        assert_eq!((size_of::<Slot<[u64; 4], u64>>(), stride::<[u64; 4], u64>()), (56, 64));
        assert_eq!(stride::<[u64; 5], u64>(), 64);
        let others = (stride::<u64, u64>(), stride::<u64, [u64; 3]>(), stride::<u64, [u64; 12]>());
        assert_eq!(others, (32, 48, 120), "what is smaller or larger takes what it needs");
    }
}

/// Beside a chunk, where the cache needs it.
pub(super) struct Side {
    stamps: Box<[AtomicU64]>,
    tags: Box<[UnsafeCell<Option<Box<SlotTags>>>]>,
}

/// What is beside the chunks.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::memory) struct Sides {
    /// When entries were used.
    pub(in crate::memory) stamps: bool,
    pub(in crate::memory) tags: bool,
}

impl Sides {
    pub(super) fn any(self) -> bool {
        self.stamps || self.tags
    }
}

impl Side {
    pub(super) fn new(sides: Sides, slots: usize) -> Self {
        Self {
            stamps: (0..if sides.stamps { slots } else { 0 }).map(|_| AtomicU64::new(0)).collect(),
            tags: (0..if sides.tags { slots } else { 0 }).map(|_| UnsafeCell::new(None)).collect(),
        }
    }

    /// When an entry was used, where somebody wants to know.
    pub(super) fn set_stamp(&self, at: usize, stamp: u64) {
        if let Some(place) = self.stamps.get(at) {
            place.store(stamp, Ordering::Relaxed);
        }
    }

    /// # Safety
    ///
    /// Of a slot that nobody else can be reading, under the table's lock or by the owner of the table.
    pub(super) unsafe fn set_tags(&self, at: usize, tags: Option<Box<SlotTags>>) -> Option<Box<SlotTags>> {
        // SAFETY: as the caller promises.
        self.tags.get(at).and_then(|place| unsafe { std::mem::replace(&mut *place.get(), tags) })
    }
}

/// What a reader needs to find entries; replaced as a whole when something in it has to grow.
pub(super) struct View<K, V> {
    pub(super) index: Index,
    /// As many as there are, then null.
    pub(super) chunks: Box<[AtomicPtr<Slot<K, V>>]>,
    /// Parallel to the chunks; empty where nothing is beside them.
    pub(super) sides: Box<[AtomicPtr<Side>]>,
    pub(super) run: Run<K, V>,
}

/// Chunks that lie one after another, so that readers find slots in them without looking the chunk up.
#[derive(Debug)]
pub(super) struct Run<K, V> {
    pub(super) start: *mut Slot<K, V>,
    /// The first chunk, and how many there are.
    pub(super) first: usize,
    pub(super) chunks: usize,
}

impl<K, V> Clone for Run<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Run<K, V> {}

impl<K, V> Run<K, V> {
    pub(super) const NONE: Self = Self { start: ptr::null_mut(), first: 0, chunks: 0 };

    pub(super) fn contains(&self, chunk: usize) -> bool {
        (self.first..self.first + self.chunks).contains(&chunk)
    }
}

impl<K, V> View<K, V> {
    pub(super) fn new(index: Index, chunks: usize, sides: Sides) -> Self {
        let side = if sides.any() { chunks } else { 0 };
        Self {
            index,
            chunks: (0..chunks).map(|_| AtomicPtr::default()).collect(),
            sides: (0..side).map(|_| AtomicPtr::default()).collect(),
            run: Run::NONE,
        }
    }

    /// The same entries with another index or with room for more chunks.
    pub(super) fn successor(&self, index: Index, chunks: usize) -> Self {
        Self { index, chunks: extended(&self.chunks, chunks), sides: extended(&self.sides, chunks), run: self.run }
    }

    /// How many slots readers find without looking chunks up: those of the first chunk and of the run, which begins with the second.
    pub(super) fn straight(&self) -> u32 {
        let chunks = if self.head().is_null() { 0 } else { 1 + self.run.chunks };
        (chunks << Slot::<K, V>::SHIFT) as u32
    }

    /// The first chunk.
    pub(super) fn head(&self) -> *mut Slot<K, V> {
        self.chunks.first().map_or(ptr::null_mut(), |chunk| chunk.load(Ordering::Relaxed))
    }

    /// A slot of a chunk that this view knows of.
    #[inline]
    pub(super) fn slot(&self, at: u32) -> Option<Entry<'_, K, V>> {
        let (chunk, within) = ((at >> Slot::<K, V>::SHIFT) as usize, at as usize & (Slot::<K, V>::CHUNK - 1));
        let chunk_start = self.chunks.get(chunk)?.load(Ordering::Acquire);
        if chunk_start.is_null() {
            return None;
        }
        // SAFETY: a chunk has so many slots, was completed before it was put here, and lives as long as a view that names it.
        let slot = unsafe { &*Slot::after(chunk_start, within) };
        let side = self.sides.get(chunk).map_or(ptr::null_mut(), |side| side.load(Ordering::Acquire));
        // SAFETY: the same.
        Some(Entry { slot, side: unsafe { side.as_ref() }, within })
    }
}

fn extended<T>(pointers: &[AtomicPtr<T>], to: usize) -> Box<[AtomicPtr<T>]> {
    if pointers.is_empty() {
        return Box::default();
    }
    let known = pointers.iter().map(|pointer| pointer.load(Ordering::Relaxed));
    known.chain(std::iter::repeat(ptr::null_mut())).take(to).map(AtomicPtr::new).collect()
}

/// A slot with what is beside it. Its content may be looked at only through [`Filled`].
pub(super) struct Entry<'a, K, V> {
    pub(super) slot: &'a Slot<K, V>,
    pub(super) side: Option<&'a Side>,
    pub(super) within: usize,
}

/// An entry that stays what it is for `'a`.
pub(in crate::memory) struct Filled<'a, K, V>(Entry<'a, K, V>);

impl<'a, K, V> Entry<'a, K, V> {
    /// The same as [`View::slot`] for who knows that it is there.
    ///
    /// # Safety
    ///
    /// `slot` is that with the number `at`; `sides` are those of a view that lives for `'a` and has the chunk with this slot, or null.
    #[inline]
    pub(super) unsafe fn at(slot: *const Slot<K, V>, at: u32, sides: *const AtomicPtr<Side>) -> Entry<'a, K, V> {
        let (chunk, within) = ((at >> Slot::<K, V>::SHIFT) as usize, at as usize & (Slot::<K, V>::CHUNK - 1));
        // SAFETY: as the caller promises.
        unsafe {
            let side = if sides.is_null() { None } else { (*sides.add(chunk)).load(Ordering::Acquire).as_ref() };
            Entry { slot: &*slot, side, within }
        }
    }

    /// # Safety
    ///
    /// The slot was filled, and is not emptied out during `'a`: because the caller found it while pinned, holds the table's lock, or
    /// holds the slot.
    #[inline]
    pub(super) unsafe fn filled(self) -> Filled<'a, K, V> {
        Filled(self)
    }
}

impl<'a, K, V> Filled<'a, K, V> {
    #[inline]
    pub(in crate::memory) fn key(&self) -> &'a K {
        // SAFETY: filled, and only read until it is emptied out.
        unsafe { (*self.0.slot.key.get()).assume_init_ref() }
    }

    #[inline]
    pub(in crate::memory) fn value(&self) -> &'a V {
        // SAFETY: the same.
        unsafe { (*self.0.slot.value.get()).assume_init_ref() }
    }

    #[inline]
    pub(in crate::memory) fn deadline(&self) -> Tick {
        // SAFETY: the same.
        unsafe { *self.0.slot.deadline.get() }
    }

    #[inline]
    pub(in crate::memory) fn hash(&self) -> u32 {
        self.0.slot.hash()
    }

    #[inline]
    pub(in crate::memory) fn touch(&self) -> &'a Touch {
        &self.0.slot.touch
    }

    /// When it was used, where somebody wants to know.
    #[inline]
    pub(in crate::memory) fn stamp(&self) -> Option<&'a AtomicU64> {
        self.0.side?.stamps.get(self.0.within)
    }

    #[inline]
    pub(in crate::memory) fn tags(&self) -> Option<&'a SlotTags> {
        let tags = self.0.side?.tags.get(self.0.within)?;
        // SAFETY: written before the entry was published, and only read until it is emptied out.
        unsafe { (*tags.get()).as_deref() }
    }
}
