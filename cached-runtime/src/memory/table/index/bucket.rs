//! One cache line of the index.

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Entries in a bucket. (The model checker is to see buckets overflow.)
pub(super) const CELLS: usize = if cfg!(shuttle) { 2 } else { 12 };

/// A byte of the hash for each entry, then how many entries overflowed to later buckets, then the entries' slots.
///
/// The layout is F14's (Facebook's *folly*, 2019) in the size of a line: searching compares all bytes at once, and since a count tells when to
/// go on to the next bucket, removal leaves no tombstones. F14 leaves an entry where it was put. Where entries come and go all the time, that
/// ends with most buckets overflown, though there is room in them; so what strayed is called back when a cell on its way becomes free.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(in super::super) struct Bucket {
    /// Tags of the first eight entries; 0 where there is none.
    first: AtomicU64,
    /// Tags of the last four; above them the overflow count, and a bit for each cell whose entry strayed here from an earlier bucket.
    rest: AtomicU64,
    pub(super) slots: [AtomicU32; CELLS],
}

const OVERFLOW: u32 = 32;
/// A count that came so far stays there until the index is rebuilt.
pub(super) const MOST_OVERFLOW: u64 = 255;
const STRAYS: u32 = 40;

/// How many entries overflowed.
#[inline]
pub(super) fn overflow(rest: u64) -> u64 {
    rest >> OVERFLOW & MOST_OVERFLOW
}

#[inline]
pub(super) fn tag(hash: u32) -> u8 {
    (hash as u8).max(1)
}

/// The cells with this tag, as the lowest bits of a number.
#[inline]
pub(super) fn cells_with(tag: u8, first: u64, rest: u64) -> u32 {
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    {
        use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set_epi64x, _mm_set1_epi8};
        // SAFETY: compiled only where these instructions exist.
        #[allow(unused_unsafe, reason = "later compilers know that they are safe there")]
        let equal = unsafe {
            _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_set_epi64x(rest as i64, first as i64), _mm_set1_epi8(tag as i8)))
        };
        equal as u32 & ((1 << CELLS) - 1)
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse2")))]
    {
        portable_cells_with(tag, first, rest)
    }
}

/// The same by arithmetic (Warren, *Hacker's Delight*, 6-1).
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "sse2"))))]
#[inline]
fn portable_cells_with(tag: u8, first: u64, rest: u64) -> u32 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    /// Bits 0, 8, 16 ... of a word, side by side in its highest byte, when multiplied by this.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let equal = |word: u64| {
        let difference = word ^ (u64::from(tag) * ONES);
        // Where any of a byte's lower seven bits is set, adding sets its highest, and nothing is carried on.
        let zero = !(((difference & !HIGH) + !HIGH) | difference) & HIGH;
        ((zero >> 7).wrapping_mul(GATHER) >> 56) as u32
    };
    equal(first) | (equal(rest) & 0xf) << 8
}

/// What a search found in one bucket.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Found {
    Slot(u32),
    /// Nothing, neither here nor in a later bucket.
    Nothing,
    /// Go on searching.
    Elsewhere,
}

/// How taking an entry out of its home ended.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Removal {
    Done,
    /// It is out, and something that strayed from here may come back.
    MadeRoom,
    /// It is not here.
    Strayed,
}

impl Bucket {
    /// The tags. The second word first: who sees there that nothing overflows any more sees in the first what came back.
    #[inline]
    pub(super) fn tags(&self) -> (u64, u64) {
        let rest = self.rest.load(Ordering::Acquire);
        (self.first.load(Ordering::Acquire), rest)
    }

    #[inline]
    pub(super) fn overflow(&self) -> u64 {
        overflow(self.rest.load(Ordering::Relaxed))
    }

    fn set_overflow(&self, count: u64) {
        let others = self.rest.load(Ordering::Relaxed) & !(MOST_OVERFLOW << OVERFLOW);
        self.rest.store(others | count << OVERFLOW, Ordering::Release);
    }

    /// One more entry overflows.
    pub(super) fn pass(&self) {
        self.set_overflow((self.overflow() + 1).min(MOST_OVERFLOW));
    }

    /// One of those that overflowed is gone.
    pub(super) fn unpass(&self) {
        let count = self.overflow();
        if count < MOST_OVERFLOW {
            self.set_overflow(count.saturating_sub(1));
        }
    }

    /// The cells of entries that strayed here, as the lowest bits of a number.
    pub(super) fn strays(&self) -> u64 {
        self.rest.load(Ordering::Relaxed) >> STRAYS & ((1 << CELLS) - 1)
    }

    /// The first entry with this hash, as far as tags tell, that satisfies `is_it`.
    #[inline]
    pub(in super::super) fn find(&self, hash: u32, is_it: &mut impl FnMut(u32) -> bool) -> Found {
        let (first, rest) = self.tags();
        let mut candidates = cells_with(tag(hash), first, rest);
        while candidates != 0 {
            // After the tag: by now another entry may be there, which its writer completed before it wrote its number.
            let Some(slot) = self.slots.get(candidates.trailing_zeros() as usize) else { break };
            let slot = slot.load(Ordering::Acquire);
            if is_it(slot) {
                return Found::Slot(slot);
            }
            candidates &= candidates - 1;
        }
        // What came back to its home was there before nothing overflowed any more.
        if overflow(rest) == 0 { Found::Nothing } else { Found::Elsewhere }
    }

    /// Adds an entry that is at home here. False if there is no free cell.
    #[inline]
    pub(in super::super) fn insert(&self, hash: u32, slot: u32) -> bool {
        let cell = self.free_cell();
        if let Some(cell) = cell {
            self.put(cell, hash, slot);
        }
        cell.is_some()
    }

    /// Takes an entry out that is at home here, if it did not stray.
    #[inline]
    pub(in super::super) fn remove(&self, hash: u32, slot: u32) -> Removal {
        let Some(cell) = self.cell_of(tag(hash), slot) else { return Removal::Strayed };
        self.empty(cell);
        if self.overflow() == 0 { Removal::Done } else { Removal::MadeRoom }
    }

    #[inline]
    pub(super) fn free_cell(&self) -> Option<usize> {
        let (first, rest) = self.tags();
        let free = cells_with(0, first, rest);
        (free != 0).then(|| free.trailing_zeros() as usize)
    }

    /// The cell with this slot.
    #[inline]
    pub(super) fn cell_of(&self, tag: u8, slot: u32) -> Option<usize> {
        let (first, rest) = self.tags();
        let mut candidates = cells_with(tag, first, rest);
        while candidates != 0 {
            let cell = candidates.trailing_zeros() as usize;
            if self.slots.get(cell)?.load(Ordering::Relaxed) == slot {
                return Some(cell);
            }
            candidates &= candidates - 1;
        }
        None
    }

    /// Where a cell's tag is.
    #[inline]
    fn word(&self, cell: usize) -> (&AtomicU64, u32) {
        let word = if cell < 8 { &self.first } else { &self.rest };
        (word, cell as u32 % 8 * 8)
    }

    /// Fills a free cell: readers see the tag last.
    #[inline]
    pub(super) fn put(&self, cell: usize, hash: u32, slot: u32) {
        self.slots[cell].store(slot, Ordering::Release);
        let (word, shift) = self.word(cell);
        word.store(word.load(Ordering::Relaxed) | u64::from(tag(hash)) << shift, Ordering::Release);
    }

    /// The same for an entry that has its home elsewhere.
    pub(super) fn put_stray(&self, cell: usize, hash: u32, slot: u32) {
        let rest = self.rest.load(Ordering::Relaxed);
        self.rest.store(rest | 1 << (STRAYS + cell as u32), Ordering::Release);
        self.put(cell, hash, slot);
    }

    #[inline]
    pub(super) fn empty(&self, cell: usize) {
        let (word, shift) = self.word(cell);
        word.store(word.load(Ordering::Relaxed) & !(0xff << shift), Ordering::Release);
    }

    pub(super) fn empty_stray(&self, cell: usize) {
        self.empty(cell);
        let rest = self.rest.load(Ordering::Relaxed);
        self.rest.store(rest & !(1 << (STRAYS + cell as u32)), Ordering::Release);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_all_at_once() {
        let mut random = fastrand::Rng::new();
        for _ in 0..100_000 {
            let bytes: [u8; 16] = std::array::from_fn(|_| random.u8(..4));
            let (first, rest) = bytes.split_at(8);
            let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("eight"));
            let (first, rest, tag) = (word(first), word(rest), random.u8(..4));
            let equal = (0..CELLS).filter(|&cell| bytes[cell] == tag).fold(0, |set, cell| set | 1 << cell);
            // Exactly: a cell that only seems to have the tag may hold the number of a slot that was freed.
            assert_eq!(cells_with(tag, first, rest), equal);
            assert_eq!(portable_cells_with(tag, first, rest), equal);
        }
    }

    #[test]
    fn a_bucket_is_a_cache_line() {
        assert_eq!((size_of::<Bucket>(), align_of::<Bucket>()), (64, 64));
    }
}
