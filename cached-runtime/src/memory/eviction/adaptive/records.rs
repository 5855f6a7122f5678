use hashbrown::HashTable;

use super::marks::Marks;
use super::settings::FAMILY;

/// What the duel knows of the sampled keys: one record for each key that a miniature holds or remembers or that the cache holds, numbered so
/// that queues can name them in 2 bytes. Keys with equal hashes are one.
#[derive(Debug)]
pub(super) struct Records {
    records: Vec<Record>,
    /// Numbers by hash.
    index: HashTable<u16>,
    /// The first of the free records, chained by their `watched`.
    free: u16,
    /// The keys that the cache holds, in no order.
    watched: Vec<Watched>,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    hash: u32,
    lanes: Lanes,
    /// Where the key is among the watched; [`NOWHERE`] if the cache does not hold it.
    watched: u16,
}

/// A key that the cache holds: its record, and its slot there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    pub(super) number: u16,
    pub(super) slot: u32,
}

const NOWHERE: u16 = u16::MAX;

/// What each miniature notes on a key, side by side, so that a hit is noted in all of them at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lanes(u32);

/// A miniature's part of the [`Lanes`]: the marks of an entry in the lowest bits, then whether it is one, then how many of its
/// evictions are remembered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane(u32);

const WIDTH: u32 = 6;
const MARKS: u32 = 0b111;
const HELD: u32 = 0b1000;
const GHOST: u32 = 0b1_0000;
const MOST_GHOSTS: u32 = 3 * GHOST;
/// The lowest bit of each lane.
const ONES: u32 = {
    let (mut ones, mut lane) = (0, 0);
    while lane < FAMILY.len() {
        ones |= 1 << (WIDTH * lane as u32);
        lane += 1;
    }
    ones
};

impl Lanes {
    fn get(self, lane: Lane) -> u32 {
        self.0 >> lane.0
    }

    fn set(&mut self, lane: Lane, mask: u32, value: u32) {
        self.0 = self.0 & !(mask << lane.0) | (value & mask) << lane.0;
    }

    /// After a hit wherever the key is held: two-bit counts, which stay at their highest.
    fn hit(self) -> Self {
        let full = self.0 & self.0 >> 1;
        Self(self.0 + (self.0 >> HELD.trailing_zeros() & !full & ONES))
    }
}

impl Lane {
    pub(super) fn of(number: usize) -> Self {
        Self(WIDTH * number as u32)
    }
}

/// `hashbrown` wants 64 bits of which the highest and the lowest are good. Those of a sample's hashes have something in common.
#[inline]
fn spread(hash: u32) -> u64 {
    let spread = u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    spread ^ spread >> 32
}

/// Doubling would leave up to half unused.
fn make_room<T>(values: &mut Vec<T>) {
    if values.len() == values.capacity() {
        values.reserve_exact(values.len() / 8 + 16);
    }
}

impl Records {
    pub(super) fn new() -> Self {
        Self { records: Vec::new(), index: HashTable::new(), free: NOWHERE, watched: Vec::new() }
    }

    /// The keys that the cache holds.
    pub(super) fn watched(&self) -> &[Watched] {
        &self.watched
    }

    #[inline]
    pub(super) fn find(&self, hash: u32) -> Option<u16> {
        self.index.find(spread(hash), |&number| self.records[usize::from(number)].hash == hash).copied()
    }

    /// The record of a key, made if there is none. `None` if there are too many.
    pub(super) fn find_or_add(&mut self, hash: u32) -> Option<u16> {
        if let Some(number) = self.find(hash) {
            return Some(number);
        }
        let record = Record { hash, lanes: Lanes::default(), watched: NOWHERE };
        let number = if self.free == NOWHERE {
            let len = self.records.len();
            let number = u16::try_from(len).ok().filter(|&number| number < NOWHERE)?;
            make_room(&mut self.records);
            self.records.push(record);
            number
        } else {
            let number = self.free;
            self.free = std::mem::replace(self.at(number), record).watched;
            number
        };
        let records = &self.records;
        self.index.insert_unique(spread(hash), number, |&number| spread(records[usize::from(number)].hash));
        Some(number)
    }

    fn at(&mut self, number: u16) -> &mut Record {
        &mut self.records[usize::from(number)]
    }

    /// Frees a record that nobody needs any more.
    pub(super) fn settle(&mut self, number: u16) {
        let Record { hash, lanes, watched } = self.records[usize::from(number)];
        if watched != NOWHERE || lanes != Lanes::default() {
            return;
        }
        if let Ok(found) = self.index.find_entry(spread(hash), |&other| other == number) {
            found.remove();
            self.at(number).watched = std::mem::replace(&mut self.free, number);
        }
    }

    pub(super) fn hash(&self, number: u16) -> u32 {
        self.records[usize::from(number)].hash
    }

    /// The cache holds the key in this slot.
    pub(super) fn watch(&mut self, number: u16, slot: u32) {
        let at = self.records[usize::from(number)].watched;
        if let Some(watched) = self.watched.get_mut(usize::from(at)) {
            // Another key with the same hash.
            watched.slot = slot;
            return;
        }
        self.at(number).watched = self.watched.len() as u16;
        make_room(&mut self.watched);
        self.watched.push(Watched { number, slot });
    }

    /// The cache does not hold the key any more.
    pub(super) fn unwatch(&mut self, number: u16) {
        let at = std::mem::replace(&mut self.at(number).watched, NOWHERE);
        if at != NOWHERE {
            self.watched.swap_remove(usize::from(at));
            if let Some(&Watched { number, .. }) = self.watched.get(usize::from(at)) {
                self.at(number).watched = at;
            }
        }
    }

    /// Notes a hit wherever the key is held.
    #[inline]
    pub(super) fn hit(&mut self, number: u16) {
        let record = self.at(number);
        record.lanes = record.lanes.hit();
    }

    pub(super) fn is_held(&self, number: u16, lane: Lane) -> bool {
        self.records[usize::from(number)].lanes.get(lane) & HELD != 0
    }

    pub(super) fn marks(&self, number: u16, lane: Lane) -> Marks {
        Marks::from_bits((self.records[usize::from(number)].lanes.get(lane) & MARKS) as u8)
    }

    pub(super) fn mark(&mut self, number: u16, lane: Lane, marks: Marks) {
        self.at(number).lanes.set(lane, MARKS, marks.bits().into());
    }

    /// A miniature holds the key from here on.
    pub(super) fn hold(&mut self, number: u16, lane: Lane, marks: Marks) {
        self.at(number).lanes.set(lane, MARKS | HELD, u32::from(marks.bits()) & MARKS | HELD);
    }

    /// A miniature does not hold the key any more.
    pub(super) fn let_go(&mut self, number: u16, lane: Lane) {
        self.at(number).lanes.set(lane, MARKS | HELD, 0);
    }

    /// Remembers one more eviction of a key. False if there are as many as can be remembered.
    pub(super) fn remember(&mut self, number: u16, lane: Lane) -> bool {
        let lanes = &mut self.at(number).lanes;
        let ghosts = lanes.get(lane) & MOST_GHOSTS;
        lanes.set(lane, MOST_GHOSTS, (ghosts + GHOST).min(MOST_GHOSTS));
        ghosts < MOST_GHOSTS
    }

    pub(super) fn forget(&mut self, number: u16, lane: Lane) {
        let lanes = &mut self.at(number).lanes;
        lanes.set(lane, MOST_GHOSTS, (lanes.get(lane) & MOST_GHOSTS).saturating_sub(GHOST));
    }

    /// Whether an eviction of the key is remembered.
    pub(super) fn is_ghost(&self, number: u16, lane: Lane) -> bool {
        self.records[usize::from(number)].lanes.get(lane) & MOST_GHOSTS != 0
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    fn lane(number: usize) -> Lane {
        Lane::of(number)
    }

    #[test]
    fn a_hit_counts_in_every_miniature_that_holds_the_key_and_in_no_other() {
        let mut records = Records::new();
        let number = records.find_or_add(7).expect("room");
        for holder in [0, 2, FAMILY.len() - 1] {
            records.hold(number, lane(holder), Marks::new(holder == 2));
        }
        for _ in 0..9 {
            records.hit(number);
        }
        for other in 0..FAMILY.len() {
            let held = [0, 2, FAMILY.len() - 1].contains(&other);
            assert_eq!(records.is_held(number, lane(other)), held);
            let expected = if held { Marks::new(other == 2).with_hits(3) } else { Marks::default() };
            assert_eq!(records.marks(number, lane(other)), expected, "{other}");
            assert!(!records.is_ghost(number, lane(other)));
        }
    }

    #[test]
    fn a_record_is_kept_as_long_as_anybody_needs_it() {
        let mut records = Records::new();
        let number = records.find_or_add(7).expect("room");
        records.hold(number, lane(1), Marks::new(false));
        records.watch(number, 70);
        assert!(records.remember(number, lane(3)));
        let steps: [fn(&mut Records, u16); 3] = [
            |records, number| records.let_go(number, lane(1)),
            |records, number| records.forget(number, lane(3)),
            |records, number| records.unwatch(number),
        ];
        for step in steps {
            assert_eq!(records.find(7), Some(number));
            step(&mut records, number);
            records.settle(number);
        }
        assert_eq!(records.find(7), None);
        assert_eq!(records.find_or_add(8), Some(number), "its place is free");
        assert!(!records.is_held(number, lane(1)) && !records.is_ghost(number, lane(3)));
    }

    #[test]
    fn watched_keys_are_found_whatever_left() {
        let mut records = Records::new();
        let mut random = fastrand::Rng::with_seed(3);
        let mut slots = std::collections::HashMap::new();
        for _ in 0..5_000 {
            let hash = random.u32(..200);
            if random.bool() {
                let (number, slot) = (records.find_or_add(hash).expect("room"), random.u32(..));
                records.watch(number, slot);
                slots.insert(hash, slot);
            } else if let Some(number) = records.find(hash) {
                records.unwatch(number);
                records.settle(number);
                slots.remove(&hash);
            }
            assert_eq!(records.watched().len(), slots.len());
        }
        assert!(records.watched().iter().all(|watched| slots[&records.hash(watched.number)] == watched.slot));
        assert!(records.records.len() <= 200, "places are used again");
    }

    impl Records {
        /// How many keys a miniature holds. Every record must be found by its hash, and be needed.
        pub(in super::super) fn validate(&self, lane: Lane) -> usize {
            let in_use: Vec<u16> = self.index.iter().copied().collect();
            for &number in &in_use {
                let record = self.records[usize::from(number)];
                assert_eq!(self.find(record.hash), Some(number));
                assert!(record.watched != NOWHERE || record.lanes != Lanes::default(), "a record that nobody needs");
            }
            in_use.into_iter().filter(|&number| self.is_held(number, lane)).count()
        }
    }
}
