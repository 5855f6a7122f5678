//! Where keys are: buckets of one cache line each, which readers search while a writer changes them.

use std::sync::Arc;

use super::prefetch;
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Entries in a bucket. (The model checker is to see buckets overflow.)
const CELLS: usize = if cfg!(shuttle) { 2 } else { 12 };
/// Grown when buckets hold more than this in the mean.
const FILL: usize = if cfg!(shuttle) { 2 } else { 10 };

/// A byte of the hash for each entry, then how many entries overflowed to later buckets, then the entries' slots.
///
/// The layout is F14's (Facebook's *folly*, 2019) in the size of a line: searching compares all bytes at once, and since a count tells when to
/// go on to the next bucket, removal leaves no tombstones. F14 leaves an entry where it was put. Where entries come and go all the time, that
/// ends with most buckets overflown, though there is room in them; so what strayed is called back when a cell on its way becomes free.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket {
    /// Tags of the first eight entries; 0 where there is none.
    first: AtomicU64,
    /// Tags of the last four; above them the overflow count, and a bit for each cell whose entry strayed here from an earlier bucket.
    rest: AtomicU64,
    slots: [AtomicU32; CELLS],
}

const OVERFLOW: u32 = 32;
/// A count that came so far stays there until the index is rebuilt.
const MOST_OVERFLOW: u64 = 255;
const STRAYS: u32 = 40;
/// How many buckets further what strayed is looked for.
const CALL: usize = 4;

/// How many entries overflowed.
#[inline]
fn overflow(rest: u64) -> u64 {
    rest >> OVERFLOW & MOST_OVERFLOW
}

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
        overflow(self.rest.load(Ordering::Relaxed))
    }

    fn set_overflow(&self, count: u64) {
        let others = self.rest.load(Ordering::Relaxed) & !(MOST_OVERFLOW << OVERFLOW);
        self.rest.store(others | count << OVERFLOW, Ordering::Release);
    }

    /// One more entry overflows.
    fn pass(&self) {
        self.set_overflow((self.overflow() + 1).min(MOST_OVERFLOW));
    }

    /// One of those that overflowed is gone.
    fn unpass(&self) {
        let count = self.overflow();
        if count < MOST_OVERFLOW {
            self.set_overflow(count.saturating_sub(1));
        }
    }

    /// The cells of entries that strayed here, as the lowest bits of a number.
    fn strays(&self) -> u64 {
        self.rest.load(Ordering::Relaxed) >> STRAYS & ((1 << CELLS) - 1)
    }

    /// Fills a free cell.
    fn put(&self, cell: usize, hash: u32, slot: u32, stray: bool) {
        self.slots[cell].store(slot, Ordering::Release);
        if stray {
            self.rest.store(self.rest.load(Ordering::Relaxed) | 1 << (STRAYS + cell as u32), Ordering::Relaxed);
        }
        self.set_tag(cell, tag(hash));
    }

    fn empty(&self, cell: usize) {
        self.set_tag(cell, 0);
        let rest = self.rest.load(Ordering::Relaxed);
        self.rest.store(rest & !(1 << (STRAYS + cell as u32)), Ordering::Release);
    }

    /// The tags. The second word first: who sees there that nothing overflows any more sees in the first what came back.
    #[inline]
    fn tags(&self) -> (u64, u64) {
        let rest = self.rest.load(Ordering::Acquire);
        (self.first.load(Ordering::Acquire), rest)
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

impl Buckets {
    /// Where a search begins: in a bucket of an index with this [`start`](Index::start).
    #[inline]
    fn home_of(start: *mut Buckets, hash: u32) -> *const Bucket {
        let log = (start.addr() & (align_of::<Bucket>() - 1)) as u32;
        let first = start.map_addr(|address| address & !(align_of::<Bucket>() - 1)).cast::<Bucket>();
        first.wrapping_add(home(hash, log))
    }

    /// For a search that will begin soon.
    #[inline]
    pub(super) fn prefetch(start: *mut Buckets, hash: u32) {
        prefetch(Self::home_of(start, hash));
    }
}

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
        // SAFETY: one of the buckets of an index that is alive.
        let bucket = unsafe { &*Buckets::home_of(buckets, hash) };
        let (first, rest) = bucket.tags();
        match cells_with(tag(hash), first, rest) {
            0 if overflow(rest) == 0 => Self::Nothing,
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
pub(super) struct Index(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    buckets: Box<[Bucket]>,
    /// How often an entry was called back. A search that meets one neither here nor there can tell by this that it has to look again.
    moves: AtomicU64,
}

impl Index {
    /// For up to `entries` entries, or somewhat more: the number of buckets is a power of two.
    pub(super) fn for_entries(entries: usize) -> Self {
        let buckets = entries.div_ceil(FILL).next_power_of_two();
        let buckets = (0..buckets).map(|_| Bucket::default()).collect();
        Self(Arc::new(Inside { buckets, moves: AtomicU64::new(0) }))
    }

    /// For [`Home::of`].
    pub(super) fn start(&self) -> *mut Buckets {
        let log = self.0.buckets.len().trailing_zeros() as usize;
        // Buckets are aligned to cache lines, which leaves room in the address for the logarithm of their number.
        self.0.buckets.as_ptr().cast::<Buckets>().cast_mut().map_addr(|address| address | log)
    }

    /// How many entries it should hold at most.
    pub(super) fn room(&self) -> usize {
        self.0.buckets.len() * FILL
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        home(hash, self.0.buckets.len().trailing_zeros())
    }

    #[inline]
    fn after(&self, bucket: usize) -> usize {
        (bucket + 1) & (self.0.buckets.len() - 1)
    }

    /// How many buckets further `to` is than `from`.
    fn steps(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.0.buckets.len() - 1)
    }

    /// The first slot with this hash, as far as tags tell, that satisfies `is_it`.
    pub(super) fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        loop {
            let moves = self.0.moves.load(Ordering::Acquire);
            let found = self.find_unmoved(hash, &mut is_it);
            // What was called back in between was in its new place before it left the old one.
            if found.is_some() || self.0.moves.load(Ordering::Acquire) == moves {
                return found;
            }
        }
    }

    #[inline]
    fn find_unmoved(&self, hash: u32, is_it: &mut impl FnMut(u32) -> bool) -> Option<u32> {
        let mut at = self.home(hash);
        for _ in 0..self.0.buckets.len() {
            let bucket = self.0.buckets.get(at)?;
            let (first, rest) = bucket.tags();
            let mut candidates = cells_with(tag(hash), first, rest);
            while candidates != 0 {
                // After the tag: by now another entry may be there, which its writer completed before it wrote its number.
                let slot = bucket.slots.get(candidates.trailing_zeros() as usize)?.load(Ordering::Acquire);
                if is_it(slot) {
                    return Some(slot);
                }
                candidates &= candidates - 1;
            }
            if overflow(rest) == 0 {
                return None;
            }
            at = self.after(at);
        }
        None
    }

    /// Adds a slot whose content is complete. There must be [`room`](Self::room).
    pub(super) fn insert(&self, hash: u32, slot: u32) {
        let home = self.home(hash);
        let mut at = home;
        for _ in 0..self.0.buckets.len() {
            let bucket = &self.0.buckets[at];
            if let Some(cell) = bucket.free_cell() {
                bucket.put(cell, hash, slot, at != home);
                return;
            }
            bucket.pass();
            at = self.after(at);
        }
        debug_assert!(false, "an index is never full");
    }

    /// Where a slot is: in which bucket, and in which cell of it.
    fn place(&self, hash: u32, slot: u32) -> Option<(usize, usize)> {
        let mut at = self.home(hash);
        for _ in 0..self.0.buckets.len() {
            let bucket = self.0.buckets.get(at)?;
            let (first, rest) = (bucket.first.load(Ordering::Relaxed), bucket.rest.load(Ordering::Relaxed));
            let mut candidates = cells_with(tag(hash), first, rest);
            while candidates != 0 {
                let cell = candidates.trailing_zeros() as usize;
                if bucket.slots.get(cell)?.load(Ordering::Relaxed) == slot {
                    return Some((at, cell));
                }
                candidates &= candidates - 1;
            }
            at = self.after(at);
        }
        None
    }

    /// Takes a slot out. `hash_of` tells those of others.
    pub(super) fn remove(&self, hash: u32, slot: u32, hash_of: impl Fn(u32) -> Option<u32>) -> bool {
        let Some((at, cell)) = self.place(hash, slot) else { return false };
        self.0.buckets[at].empty(cell);
        self.unpass(self.home(hash), at);
        if self.0.buckets[at].overflow() > 0 {
            self.call_back(at, hash_of);
        }
        true
    }

    /// An entry that had passed the buckets from `from` on is not in `to` any more.
    fn unpass(&self, from: usize, to: usize) {
        let mut passed = from;
        while passed != to {
            self.0.buckets[passed].unpass();
            passed = self.after(passed);
        }
    }

    /// Puts an entry that strayed past a bucket with a free cell into it, and so on where it was.
    #[inline(never)]
    fn call_back(&self, mut to: usize, hash_of: impl Fn(u32) -> Option<u32>) {
        while let Some((from, cell, slot, hash)) = self.stray_past(to, &hash_of) {
            let Some(free) = self.0.buckets[to].free_cell() else { break };
            // For readers it is in both places until they can know that it moved.
            self.0.buckets[to].put(free, hash, slot, self.home(hash) != to);
            self.0.moves.store(self.0.moves.load(Ordering::Relaxed) + 1, Ordering::Release);
            self.0.buckets[from].empty(cell);
            self.unpass(to, from);
            to = from;
        }
    }

    /// An entry that passed this bucket, if it did not get far: where it is, its slot and its hash.
    fn stray_past(&self, passed: usize, hash_of: &impl Fn(u32) -> Option<u32>) -> Option<(usize, usize, u32, u32)> {
        let mut at = passed;
        for _ in 0..CALL.min(self.0.buckets.len() - 1) {
            if self.0.buckets[at].overflow() == 0 {
                return None;
            }
            at = self.after(at);
            let bucket = &self.0.buckets[at];
            let mut strays = bucket.strays();
            while strays != 0 {
                let cell = strays.trailing_zeros() as usize;
                let slot = bucket.slots.get(cell)?.load(Ordering::Relaxed);
                if let Some(hash) = hash_of(slot)
                    && self.steps(self.home(hash), at) >= self.steps(passed, at)
                {
                    return Some((at, cell, slot, hash));
                }
                strays &= strays - 1;
            }
        }
        None
    }

    /// Puts another slot in the place of one with the same hash: at each moment one of them is found.
    pub(super) fn replace(&self, hash: u32, old: u32, new: u32) -> bool {
        let Some((at, cell)) = self.place(hash, old) else { return false };
        self.0.buckets[at].slots[cell].store(new, Ordering::Release);
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
                        let hash_of = |slot: u32| model.get(&slot).copied();
                        assert!(index.remove(hash, slot, hash_of));
                        assert!(!index.remove(hash, slot, hash_of), "once");
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
            for slot in Vec::from_iter(model.keys().copied()) {
                let hash = model.remove(&slot).expect("known");
                assert!(index.remove(hash, slot, |slot| model.get(&slot).copied()));
            }
            let left = index.0.buckets.iter().filter(|bucket| bucket.first.load(Ordering::Relaxed) != 0).count();
            assert_eq!(left, 0);
            let sticky = |bucket: &&Bucket| bucket.overflow() != 0 && bucket.overflow() != MOST_OVERFLOW;
            assert_eq!(index.0.buckets.iter().filter(sticky).count(), 0, "nothing overflows any more");
            assert_eq!(index.0.buckets.iter().filter(|bucket| bucket.strays() != 0).count(), 0);
        }
    }

    #[test]
    fn entries_are_near_their_home_however_many_came_and_went() {
        let mut random = fastrand::Rng::with_seed(5);
        let index = Index::for_entries(2_560);
        let mut hashes: Vec<u32> = Vec::new();
        for step in 0..100_000 {
            if step >= 2_500 {
                let slot = random.usize(..2_500);
                let hash = hashes[slot];
                assert!(index.remove(hash, slot as u32, |slot| Some(hashes[slot as usize])));
                hashes[slot] = random.u32(..);
                index.insert(hashes[slot], slot as u32);
            } else {
                hashes.push(random.u32(..));
                index.insert(hashes[step], step as u32);
            }
        }
        let strays: u32 = index.0.buckets.iter().map(|bucket| bucket.strays().count_ones()).sum();
        assert!(strays < 250, "{strays} of 2,500: were none called back, it would be a quarter of them");
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
