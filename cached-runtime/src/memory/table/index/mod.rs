//! Where keys are: buckets of one cache line each, which readers search while a writer changes them.

mod bucket;

use std::sync::Arc;

pub(super) use self::bucket::{Bucket, Found, Removal};
use self::bucket::{CELLS, cells_with, overflow, tag};
use super::prefetch;
use crate::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// Entries in a bucket of a full shard, in the mean, at most: with eight of twelve cells in use, one bucket in sixteen overflows. With seven, one
/// in forty, an insert takes 5 % less, and a hit 2 % more, since less of the index stays in the processor's first cache.
const FULL: usize = if cfg!(shuttle) { 2 } else { 8 };
/// Grown when buckets hold more than this in the mean. No two shards are equally full, and hardly one should grow for that.
const MOST: usize = if cfg!(shuttle) { 2 } else { 10 };
/// Few buckets hold more than that: they overflow less.
const FEW: usize = if cfg!(shuttle) { 0 } else { 2 };
/// How many buckets further what strayed is looked for.
const CALL: usize = 4;
/// More than any number of slots needs.
const MOST_BUCKETS: usize = u32::MAX as usize / MOST;

/// The bucket where a search begins, by the highest bits of the hash; its tag is the lowest.
#[inline]
fn home(hash: u32, buckets: u32) -> usize {
    ((u64::from(hash) * u64::from(buckets)) >> 32) as usize
}

/// The buckets of an index: where they are, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buckets {
    first: *const Bucket,
    number: u32,
}

impl Buckets {
    #[inline]
    fn home(self, hash: u32) -> *const Bucket {
        self.first.wrapping_add(home(hash, self.number))
    }

    /// The first of the buckets where this hash may be.
    ///
    /// # Safety
    ///
    /// They are not freed during `'a`.
    #[inline]
    pub(super) unsafe fn first<'a>(self, hash: u32) -> &'a Bucket {
        // SAFETY: one of those that there are, and as the caller promises.
        unsafe { &*self.home(hash) }
    }

    /// For a search that will begin soon.
    #[inline]
    pub(super) fn prefetch(self, hash: u32) {
        prefetch(self.home(hash));
    }
}

/// The buckets of the index in force, for the shortest way to an entry.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Null while the number changes.
    first: AtomicPtr<Bucket>,
    number: AtomicU32,
}

impl Shown {
    /// Puts an index in force. For who has the lock or the table to himself.
    pub(super) fn show(&self, index: &Index) {
        let buckets = &index.0.buckets;
        self.first.store(std::ptr::null_mut(), Ordering::Release);
        self.number.store(buckets.len() as u32, Ordering::Release);
        self.first.store(buckets.as_ptr().cast_mut(), Ordering::Release);
    }

    /// Where they are, and how many there are, were or will be: not to be searched.
    #[inline]
    pub(super) fn load(&self, order: Ordering) -> Buckets {
        let first = self.first.load(order);
        Buckets { first, number: self.number.load(order) }
    }

    /// As they are, for a reader who is pinned; `None` while they change.
    ///
    /// The number is read between two looks at the place. It changes only while the place is null, and no other buckets come to lie where these
    /// are as long as somebody may be reading them; so if the place is the same, the number belongs to it.
    #[inline]
    pub(super) fn read(&self) -> Option<Buckets> {
        let buckets = self.load(Ordering::Acquire);
        // What was stored before the number was is seen by now.
        (self.is(buckets) && !buckets.first.is_null()).then_some(buckets)
    }

    /// Whether they are still in force.
    #[inline]
    pub(super) fn is(&self, buckets: Buckets) -> bool {
        std::ptr::eq(self.first.load(Ordering::Acquire), buckets.first)
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
    /// `buckets` were [read](Shown::read) while pinned, and the caller still is.
    #[inline]
    pub(super) unsafe fn of(buckets: Buckets, hash: u32) -> Self {
        // SAFETY: an index is alive as long as somebody who read where its buckets are is pinned.
        let bucket = unsafe { buckets.first(hash) };
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

/// How many entries so many buckets should hold at most.
const fn room(buckets: usize) -> usize {
    buckets * MOST + FEW
}

const _: () = assert!(room(1) <= CELLS, "there is always a free cell");

impl Index {
    /// For up to `entries` entries, or somewhat more.
    pub(super) fn for_entries(entries: usize) -> Self {
        Self::with_buckets(entries.saturating_sub(FEW).div_ceil(MOST))
    }

    fn with_buckets(buckets: usize) -> Self {
        let buckets = (0..buckets.clamp(1, MOST_BUCKETS)).map(|_| Bucket::default()).collect();
        Self(Arc::new(Inside { buckets, moves: AtomicU64::new(0) }))
    }

    /// An empty index that is larger: twice as large or so on the way to one for a full shard of `share` entries, so that the end of growth is
    /// exact; by an eighth beyond, since a shard may come to hold some more than its share.
    pub(super) fn larger(&self, share: usize) -> Self {
        let (len, full) = (self.len(), share.div_ceil(FULL).min(MOST_BUCKETS));
        let mut next = full.max(len + len / 8 + 1);
        while next / 2 > len + len / 8 {
            next /= 2;
        }
        Self::with_buckets(next)
    }

    #[inline]
    fn len(&self) -> usize {
        self.0.buckets.len()
    }

    /// How many entries it should hold at most.
    #[inline]
    pub(super) fn room(&self) -> usize {
        room(self.len())
    }

    #[inline]
    fn home(&self, hash: u32) -> usize {
        home(hash, self.len() as u32)
    }

    #[inline]
    fn after(&self, bucket: usize) -> usize {
        let next = bucket + 1;
        if next == self.len() { 0 } else { next }
    }

    /// How many buckets further `to` is than `from`.
    fn steps(&self, from: usize, to: usize) -> usize {
        if from <= to { to - from } else { to + self.len() - from }
    }

    /// The first slot with this hash, as far as tags tell, that satisfies `is_it`.
    #[cfg(all(test, not(shuttle)))]
    fn find(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        match self.0.buckets[self.home(hash)].find(hash, &mut is_it) {
            Found::Slot(slot) => Some(slot),
            Found::Nothing => None,
            Found::Elsewhere => self.search(hash, is_it),
        }
    }

    /// The first slot with this hash, as far as tags tell, that satisfies `is_it`, in whatever bucket it may be.
    #[inline]
    pub(super) fn search(&self, hash: u32, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
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
        for _ in 0..self.len() {
            match self.0.buckets.get(at)?.find(hash, is_it) {
                Found::Slot(slot) => return Some(slot),
                Found::Nothing => return None,
                Found::Elsewhere => at = self.after(at),
            }
        }
        None
    }

    /// Adds a slot whose content is complete. There must be [`room`](Self::room).
    pub(super) fn insert(&self, hash: u32, slot: u32) {
        if !self.0.buckets[self.home(hash)].insert(hash, slot) {
            self.insert_stray(hash, slot);
        }
    }

    /// The same where its home is full.
    #[cold]
    #[inline(never)]
    pub(super) fn insert_stray(&self, hash: u32, slot: u32) {
        let mut at = self.home(hash);
        for _ in 1..self.len() {
            self.0.buckets[at].pass();
            at = self.after(at);
            let bucket = &self.0.buckets[at];
            if let Some(cell) = bucket.free_cell() {
                bucket.put_stray(cell, hash, slot);
                return;
            }
        }
        debug_assert!(false, "an index is never full");
    }

    /// Takes a slot out. `hash_of` tells the hashes of others.
    #[cfg(all(test, not(shuttle)))]
    fn remove(&self, hash: u32, slot: u32, hash_of: impl Fn(u32) -> Option<u32>) -> bool {
        match self.0.buckets[self.home(hash)].remove(hash, slot) {
            Removal::Done => true,
            Removal::MadeRoom => {
                self.call_back_home(hash, hash_of);
                true
            }
            Removal::Strayed => self.remove_stray(hash, slot, hash_of),
        }
    }

    /// Has something come back to where this hash is at home, if it strayed from there.
    #[cold]
    #[inline(never)]
    pub(super) fn call_back_home(&self, hash: u32, hash_of: impl Fn(u32) -> Option<u32>) {
        self.call_back(self.home(hash), hash_of);
    }

    /// Takes a slot out that is not where it is at home.
    #[cold]
    #[inline(never)]
    pub(super) fn remove_stray(&self, hash: u32, slot: u32, hash_of: impl Fn(u32) -> Option<u32>) -> bool {
        let home = self.home(hash);
        let Some((at, cell)) = self.place(home, hash, slot) else { return false };
        self.0.buckets[at].empty_stray(cell);
        self.unpass(home, at);
        if self.0.buckets[at].overflow() > 0 {
            self.call_back(at, hash_of);
        }
        true
    }

    /// Where a slot is: in which bucket, and in which cell of it.
    fn place(&self, home: usize, hash: u32, slot: u32) -> Option<(usize, usize)> {
        let mut at = home;
        for _ in 0..self.len() {
            let bucket = self.0.buckets.get(at)?;
            if let Some(cell) = bucket.cell_of(tag(hash), slot) {
                return Some((at, cell));
            }
            if bucket.overflow() == 0 {
                return None;
            }
            at = self.after(at);
        }
        None
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
    fn call_back(&self, mut to: usize, hash_of: impl Fn(u32) -> Option<u32>) {
        while let Some((from, cell, slot, hash)) = self.stray_past(to, &hash_of) {
            let bucket = &self.0.buckets[to];
            let Some(free) = bucket.free_cell() else { break };
            // For readers it is in both places until they can know that it moved.
            if self.home(hash) == to {
                bucket.put(free, hash, slot);
            } else {
                bucket.put_stray(free, hash, slot);
            }
            self.0.moves.store(self.0.moves.load(Ordering::Relaxed) + 1, Ordering::Release);
            self.0.buckets[from].empty_stray(cell);
            self.unpass(to, from);
            to = from;
        }
    }

    /// An entry that passed this bucket, if it did not get far: where it is, its slot and its hash.
    fn stray_past(&self, passed: usize, hash_of: &impl Fn(u32) -> Option<u32>) -> Option<(usize, usize, u32, u32)> {
        let mut at = passed;
        for _ in 0..CALL.min(self.len() - 1) {
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

    /// How many entries are not where they are at home.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn strays(&self) -> usize {
        self.0.buckets.iter().map(|bucket| bucket.strays().count_ones() as usize).sum()
    }

    /// Puts another slot in the place of one with the same hash: at each moment one of them is found.
    pub(super) fn replace(&self, hash: u32, old: u32, new: u32) -> bool {
        let Some((at, cell)) = self.place(self.home(hash), hash, old) else { return false };
        self.0.buckets[at].slots[cell].store(new, Ordering::Release);
        true
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use std::collections::HashMap;

    use super::bucket::MOST_OVERFLOW;
    use super::*;

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
            let left = index.0.buckets.iter().filter(|bucket| bucket.tags().0 != 0).count();
            assert_eq!(left, 0);
            let sticky = |bucket: &&Bucket| bucket.overflow() != 0 && bucket.overflow() != MOST_OVERFLOW;
            assert_eq!(index.0.buckets.iter().filter(sticky).count(), 0, "nothing overflows any more");
            assert_eq!(index.strays(), 0);
        }
    }

    #[test]
    fn entries_are_near_their_home_however_many_came_and_went() {
        let mut random = fastrand::Rng::with_seed(5);
        let index = grown(2_500, 2_500);
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
        let buckets = &index.0.buckets;
        let strays = index.strays();
        let overflown = buckets.iter().filter(|bucket| bucket.overflow() > 0).count();
        assert!(strays < 75, "{strays} of 2,500");
        assert!(overflown < buckets.len() / 10, "{overflown} of {}", buckets.len());
    }

    /// As a table grows that may come to hold so many.
    fn grown(entries: usize, share: usize) -> Index {
        let mut index = Index::for_entries(10);
        assert_eq!(index.len(), 1);
        while entries > index.room() {
            let larger = index.larger(share);
            assert!(larger.room() > index.room());
            assert!(larger.len() <= index.len() * 3, "{} after {}", larger.len(), index.len());
            index = larger;
        }
        index
    }

    #[test]
    fn a_full_shard_fills_eight_cells_of_twelve_at_most() {
        for share in (30..3_000).chain([12_500, 65_536, 125_000, 1_000_000]) {
            let index = grown(share, share);
            let load = share as f64 / index.len() as f64;
            assert!(load > 7.1 || share < 60, "{load} at {share}");
            assert!(load <= if share < 250 { 9.6 } else { 8.0 }, "{load} at {share}");
            if share >= 250 {
                let more = share + 2 * share.isqrt();
                assert_eq!(index.len(), grown(more, share).len(), "none grows because others hold less: {share}");
                assert_eq!(index.len(), grown(share - 2 * share.isqrt(), share).len(), "and all are the same: {share}");
            }
        }
        let unknown = grown(100_000, usize::MAX / 2);
        let load = 100_000.0 / unknown.len() as f64;
        assert!(load > 5.3 && load <= 9.0, "{load} where nobody knows how many there will be");
        let more = grown(10_000, 1_000);
        assert!(10_000.0 / more.len() as f64 > 7.1, "more than were expected");
    }

    #[test]
    fn readers_and_writers_begin_to_search_at_the_same_bucket() {
        let shown = Shown::default();
        assert!(shown.read().is_none());
        for buckets in (1..=1_100).chain([70_000, 5_000]) {
            let index = Index::with_buckets(buckets);
            shown.show(&index);
            let read = shown.read().expect("shown");
            assert!(shown.is(read));
            for hash in [0, 1, u32::MAX / 3, u32::MAX / 2, u32::MAX - 1, u32::MAX] {
                let home = &raw const index.0.buckets[index.home(hash)];
                assert_eq!(read.home(hash), home, "{hash} in {buckets}");
            }
        }
    }

    #[test]
    fn homes_are_spread_evenly_over_any_number_of_buckets() {
        for buckets in [1, 3, 7, 10, 13, 36, 176, 208, 960] {
            let mut homes = vec![0; buckets];
            let hashes = (0..buckets * 64).map(|at| (at << 32).div_ceil(buckets * 64) as u32);
            hashes.for_each(|hash| homes[home(hash, buckets as u32)] += 1);
            assert!(homes.iter().all(|&hashes| (63..=65).contains(&hashes)), "{buckets}: {homes:?}");
        }
    }
}
