//! Where keys are: buckets of one cache line each, which readers search while a writer changes them.

use std::sync::Arc;

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Entries in a bucket.
const CELLS: usize = 12;
/// Grown when buckets hold more than this in the mean.
const FILL: usize = 10;

/// A byte of the hash for each entry, then how many entries overflowed to later buckets, then the entries' slots.
///
/// The layout is F14's (Facebook's *folly*, 2019) in the size of a line: searching compares all bytes at once, and since a count tells when to
/// go on to the next bucket, removal leaves no tombstones and moves nothing, which is what lets readers search without a lock.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket {
    /// Tags of the first eight entries; 0 where there is none.
    first: AtomicU64,
    /// Tags of the last four, and the overflow count above them.
    rest: AtomicU64,
    slots: [AtomicU32; CELLS],
}

const OVERFLOW: u32 = 32;
const ONE_OVERFLOW: u64 = 1 << OVERFLOW;
/// A count that came so far stays there until the index is rebuilt.
const MOST_OVERFLOW: u64 = 255;
#[inline]
fn tag(hash: u32) -> u8 {
    (hash as u8).max(1)
}

/// The cells with this tag, as the lowest bits of a number.
#[inline]
fn cells_with(tag: u8, first: u64, rest: u64) -> u32 {
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

impl Bucket {
    fn word(&self, cell: usize) -> (&AtomicU64, u32) {
        if cell < 8 { (&self.first, cell as u32 * 8) } else { (&self.rest, (cell as u32 - 8) * 8) }
    }

    fn set_tag(&self, cell: usize, tag: u8) {
        let (word, shift) = self.word(cell);
        let others = word.load(Ordering::Relaxed) & !(0xff << shift);
        word.store(others | u64::from(tag) << shift, Ordering::Release);
    }

    fn overflow(&self) -> u64 {
        self.rest.load(Ordering::Relaxed) >> OVERFLOW
    }

    fn set_overflow(&self, count: u64) {
        let tags = self.rest.load(Ordering::Relaxed) & (ONE_OVERFLOW - 1);
        self.rest.store(tags | count << OVERFLOW, Ordering::Release);
    }

    fn free_cell(&self) -> Option<usize> {
        let free = cells_with(0, self.first.load(Ordering::Relaxed), self.rest.load(Ordering::Relaxed));
        (free != 0).then(|| free.trailing_zeros() as usize)
    }
}

/// The bucket where a search begins, by the highest bits of the hash; its tag is the lowest.
#[inline]
fn home(hash: u32, log: u32) -> usize {
    ((u64::from(hash) << log) >> 32) as usize
}

/// The buckets of some index, by an address that says how many there are.
#[derive(Debug)]
pub(super) struct Buckets;

/// What a search finds in its first bucket.
#[derive(Clone, Copy, Debug)]
pub(super) enum Home {
    /// Perhaps this slot. Another one it may still be.
    Perhaps(u32),
    /// Nothing, neither here nor elsewhere.
    Nothing,
    /// Go on searching.
    Unclear,
}

impl Home {
    /// # Safety
    ///
    /// `buckets` is the [`start`](Index::start) of an index that is alive.
    #[inline]
    pub(super) unsafe fn of(buckets: *mut Buckets, hash: u32) -> Self {
        let log = (buckets.addr() & (align_of::<Bucket>() - 1)) as u32;
        let first = buckets.map_addr(|address| address & !(align_of::<Bucket>() - 1)).cast::<Bucket>();
        // SAFETY: there are 2^log buckets, and the home is less.
        let bucket = unsafe { &*first.add(home(hash, log)) };
        let (first, rest) = (bucket.first.load(Ordering::Acquire), bucket.rest.load(Ordering::Acquire));
        match cells_with(tag(hash), first, rest) {
            0 if rest >> OVERFLOW == 0 => Self::Nothing,
            0 => Self::Unclear,
            // After the tag: by now another entry may be there, which its writer completed before it wrote its number.
            cells => match bucket.slots.get(cells.trailing_zeros() as usize) {
                Some(slot) => Self::Perhaps(slot.load(Ordering::Acquire)),
                None => Self::Unclear,
            },
        }
    }
}

/// Slot numbers by the hashes of their keys. Changed by one writer at a time.
#[derive(Clone, Debug)]
pub(super) struct Index(Arc<[Bucket]>);

impl Index {
    /// For up to `entries` entries, or somewhat more: the number of buckets is a power of two.
    pub(super) fn for_entries(entries: usize) -> Self {
        let buckets = entries.div_ceil(FILL).next_power_of_two();
        Self((0..buckets).map(|_| Bucket::default()).collect())
    }

    /// For [`Home::of`].
    pub(super) fn start(&self) -> *mut Buckets {
        let log = self.0.len().trailing_zeros() as usize;
        // Buckets are aligned to cache lines, which leaves room in the address for the logarithm of their number.
        self.0.as_ptr().cast::<Buckets>().cast_mut().map_addr(|address| address | log)
    }

    /// How many entries it should hold at most.
    pub(super) fn room(&self) -> usize {
        self.0.len() * FILL
    }

    fn home(&self, hash: u32) -> usize {
        home(hash, self.0.len().trailing_zeros())
    }

    fn after(&self, bucket: usize) -> usize {
        (bucket + 1) & (self.0.len() - 1)
    }

    /// The first slot with this hash, as far as tags tell, that satisfies `is_it`.
    pub(super) fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        for _ in 0..self.0.len() {
            let bucket = self.0.get(at)?;
            let (first, rest) = (bucket.first.load(Ordering::Acquire), bucket.rest.load(Ordering::Acquire));
            let mut candidates = cells_with(tag(hash), first, rest);
            while candidates != 0 {
                // After the tag: by now another entry may be there, which its writer completed before it wrote its number.
                let slot = bucket.slots.get(candidates.trailing_zeros() as usize)?.load(Ordering::Acquire);
                if is_it(slot) {
                    return Some(slot);
                }
                candidates &= candidates - 1;
            }
            if rest >> OVERFLOW == 0 {
                return None;
            }
            at = self.after(at);
        }
        None
    }

    /// Adds a slot whose content is complete. There must be [`room`](Self::room).
    pub(super) fn insert(&self, hash: u32, slot: u32) {
        let mut at = self.home(hash);
        for _ in 0..self.0.len() {
            let bucket = &self.0[at];
            if let Some(cell) = bucket.free_cell() {
                bucket.slots[cell].store(slot, Ordering::Release);
                bucket.set_tag(cell, tag(hash));
                return;
            }
            bucket.set_overflow((bucket.overflow() + 1).min(MOST_OVERFLOW));
            at = self.after(at);
        }
        debug_assert!(false, "an index is never full");
    }

    /// Where a slot is: how many buckets from its home, in which bucket, and in which cell of it.
    fn place(&self, hash: u32, slot: u32) -> Option<(usize, usize, usize)> {
        let mut at = self.home(hash);
        for steps in 0..self.0.len() {
            let bucket = self.0.get(at)?;
            let (first, rest) = (bucket.first.load(Ordering::Relaxed), bucket.rest.load(Ordering::Relaxed));
            let mut candidates = cells_with(tag(hash), first, rest);
            while candidates != 0 {
                let cell = candidates.trailing_zeros() as usize;
                if bucket.slots.get(cell)?.load(Ordering::Relaxed) == slot {
                    return Some((steps, at, cell));
                }
                candidates &= candidates - 1;
            }
            at = self.after(at);
        }
        None
    }

    /// Takes a slot out.
    pub(super) fn remove(&self, hash: u32, slot: u32) -> bool {
        let Some((steps, at, cell)) = self.place(hash, slot) else { return false };
        self.0[at].set_tag(cell, 0);
        let mut passed = self.home(hash);
        for _ in 0..steps {
            let bucket = &self.0[passed];
            let count = bucket.overflow();
            if count < MOST_OVERFLOW {
                bucket.set_overflow(count.saturating_sub(1));
            }
            passed = self.after(passed);
        }
        true
    }

    /// Puts another slot in the place of one with the same hash: at each moment one of them is found.
    pub(super) fn replace(&self, hash: u32, old: u32, new: u32) -> bool {
        let Some((_, at, cell)) = self.place(hash, old) else { return false };
        self.0[at].slots[cell].store(new, Ordering::Release);
        true
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn it_finds_what_is_there_and_nothing_else() {
        for (entries, spread) in [(1, 1), (12, u32::MAX), (500, 7), (500, u32::MAX), (3_000, u32::MAX)] {
            let mut random = fastrand::Rng::with_seed(entries as u64);
            let index = Index::for_entries(entries);
            let mut model: HashMap<u32, u32> = HashMap::new();
            for step in 0..20_000u32 {
                let known = model.keys().nth(random.usize(..8)).copied();
                match known {
                    Some(slot) if model.len() == index.room() || random.u32(..3) == 0 => {
                        let hash = model.remove(&slot).expect("known");
                        assert!(index.remove(hash, slot));
                        assert!(!index.remove(hash, slot), "once");
                    }
                    Some(slot) if random.u32(..3) == 0 => {
                        let hash = model.remove(&slot).expect("known");
                        assert!(index.replace(hash, slot, step));
                        model.insert(step, hash);
                    }
                    _ => {
                        let hash = random.u32(..spread);
                        index.insert(hash, step);
                        model.insert(step, hash);
                    }
                }
                if step % 500 == 0 {
                    for (&slot, &hash) in &model {
                        assert_eq!(index.find(hash, |found| found == slot), Some(slot));
                    }
                    let absent = |hash: u32| index.find(hash, |found| model.get(&found) == Some(&hash));
                    let stray = (0..1000)
                        .map(|_| random.u32(..))
                        .find(|hash| !model.values().any(|v| v == hash) && absent(*hash).is_some());
                    assert_eq!(stray, None);
                }
            }
            for (slot, hash) in model.drain() {
                assert!(index.remove(hash, slot));
            }
            let left = index.0.iter().filter(|bucket| bucket.first.load(Ordering::Relaxed) != 0).count();
            assert_eq!(left, 0);
            let sticky = |bucket: &&Bucket| bucket.overflow() != 0 && bucket.overflow() != MOST_OVERFLOW;
            assert_eq!(index.0.iter().filter(sticky).count(), 0, "nothing overflows any more");
        }
    }

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
