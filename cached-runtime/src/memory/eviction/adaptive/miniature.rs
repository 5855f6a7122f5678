use std::collections::VecDeque;

use super::marks::Marks;
use super::queues::{End, Entries, Entry, Order, Queues, Which};
use super::records::{Lane, Records};
use super::settings::Settings;
use super::sketch::Sketch;

/// A miniature of the cache: what it would be under some settings, for a sample of the keys and with as small a share of the capacity.
/// Entries weigh 1 in it. Its keys are in the [`Records`] that it shares with the others.
#[derive(Debug)]
pub(super) struct Miniature {
    settings: Settings,
    lane: Lane,
    queues: Queues<Rings>,
    /// Its evictions, oldest first.
    ghosts: VecDeque<u16>,
}

/// 2 bytes per entry. Removal out of the middle is O(entries), but only invalidations do that.
#[derive(Debug, Default)]
struct Rings {
    window: VecDeque<u16>,
    main: VecDeque<u16>,
}

impl Rings {
    fn ring(&self, which: Which) -> &VecDeque<u16> {
        match which {
            Which::Window => &self.window,
            Which::Main => &self.main,
        }
    }

    fn ring_mut(&mut self, which: Which) -> &mut VecDeque<u16> {
        match which {
            Which::Window => &mut self.window,
            Which::Main => &mut self.main,
        }
    }
}

/// Doubling would leave up to half unused.
fn make_room(ring: &mut VecDeque<u16>) {
    if ring.len() == ring.capacity() {
        ring.reserve_exact(ring.len() / 8 + 8);
    }
}

impl Order for Rings {
    fn len(&self, which: Which) -> usize {
        self.ring(which).len()
    }

    fn push(&mut self, which: Which, slot: u32, end: End) {
        let ring = self.ring_mut(which);
        make_room(ring);
        match end {
            End::Young => ring.push_front(slot as u16),
            End::Old => ring.push_back(slot as u16),
        }
    }

    fn peek(&self, which: Which, end: End) -> Option<u32> {
        let ring = self.ring(which);
        let slot = match end {
            End::Young => ring.front(),
            End::Old => ring.back(),
        };
        slot.copied().map(u32::from)
    }

    fn remove(&mut self, which: Which, slot: u32) {
        let ring = self.ring_mut(which);
        let slot = Some(slot as u16);
        if ring.back().copied() == slot {
            ring.pop_back();
        } else if ring.front().copied() == slot {
            ring.pop_front();
        } else if let Some(at) = ring.iter().position(|&other| Some(other) == slot) {
            ring.remove(at);
        }
    }
}

/// The records as one miniature sees them.
struct Held<'r> {
    records: &'r mut Records,
    lane: Lane,
}

impl Entries for Held<'_> {
    #[inline]
    fn get(&self, slot: u32) -> Option<Entry> {
        let number = slot as u16;
        Some(Entry { hash: self.records.hash(number), weight: 1, marks: self.records.marks(number, self.lane) })
    }

    #[inline]
    fn mark(&mut self, slot: u32, marks: Marks) {
        self.records.mark(slot as u16, self.lane, marks);
    }
}

impl Miniature {
    pub(super) fn new(number: usize, settings: Settings) -> Self {
        Self { settings, lane: Lane::of(number), queues: Queues::default(), ghosts: VecDeque::new() }
    }

    /// Whether it holds a key.
    #[inline]
    pub(super) fn holds(&self, records: &Records, number: u16) -> bool {
        records.is_held(number, self.lane)
    }

    /// A key that it does not hold is filled in; what is more than `capacity` leaves.
    pub(super) fn fill(&mut self, records: &mut Records, number: u16, capacity: usize, mut sketch: &Sketch) {
        while self.queues.len() >= capacity {
            let mut held = Held { records: &mut *records, lane: self.lane };
            let Some((victim, _)) = self.queues.evict(&mut held, self.settings, &mut sketch) else { break };
            let victim = victim as u16;
            records.let_go(victim, self.lane);
            if self.settings.ghosts {
                self.remember(records, victim, capacity);
            }
            records.settle(victim);
        }
        let marks = Marks::new(records.is_ghost(number, self.lane));
        records.hold(number, self.lane, marks);
        self.queues.admit(number.into(), 1, marks);
    }

    /// Remembers an eviction for as long as there are not more than `life` later ones.
    fn remember(&mut self, records: &mut Records, number: u16, life: usize) {
        if records.remember(number, self.lane) {
            make_room(&mut self.ghosts);
            self.ghosts.push_back(number);
        }
        while self.ghosts.len() > life
            && let Some(oldest) = self.ghosts.pop_front()
        {
            records.forget(oldest, self.lane);
            records.settle(oldest);
        }
    }

    /// Lets go of a key that was invalidated.
    pub(super) fn remove(&mut self, records: &mut Records, number: u16) {
        if records.is_held(number, self.lane) {
            let marks = records.marks(number, self.lane);
            self.queues.remove(number.into(), Entry { hash: records.hash(number), weight: 1, marks });
            records.let_go(number, self.lane);
        }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Miniature {
    /// Whether records and queues agree on what it holds.
    pub(super) fn validate(&self, records: &Records) {
        assert_eq!(records.validate(self.lane), self.queues.len());
    }
}
