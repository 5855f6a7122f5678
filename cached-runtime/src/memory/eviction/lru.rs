use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::{Evict, Newcomer, Resident, Residents, Traces};
use crate::sync::CachePadded;
use crate::sync::atomic::{AtomicU64, Ordering};

/// Least recently used, exact, with hits that change no list.
///
/// A hit stamps the entry from a counter. The entries lie in a heap by the stamp that they had when they were put there, which may be
/// outdated but is never too young; so when the oldest in the heap proves to have been used since, it goes back with its true
/// stamp, and the first that was not is the least recently used of all. Amortised O(log n) per hit between two evictions, paid by
/// the eviction.
#[derive(Debug, Default)]
pub(crate) struct Lru {
    clock: Arc<Clock>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
    /// By slot: the stamp of its item in the heap; 0 if it has none. Items with another stamp are leftovers.
    listed: Vec<u64>,
    leftovers: usize,
}

/// Counts uses.
#[derive(Debug, Default)]
pub(crate) struct Clock(CachePadded<AtomicU64>);

impl Clock {
    #[inline]
    pub(super) fn stamp(&self, stamp: &AtomicU64) {
        stamp.store(self.next(), Ordering::Relaxed);
    }

    fn next(&self) -> u64 {
        self.0.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Lru {
    pub(super) fn clock(&self) -> Arc<Clock> {
        Arc::clone(&self.clock)
    }

    /// The same without entries.
    pub(super) fn emptied(&self) -> Self {
        Self { clock: self.clock(), ..Self::default() }
    }

    fn list(&mut self, slot: u32, stamp: u64) {
        self.listed[slot as usize] = stamp;
        self.heap.push(Reverse((stamp, slot)));
    }
}

impl Evict for Lru {
    fn admit(&mut self, newcomer: Newcomer, _: &impl Residents) -> Traces {
        let slot = newcomer.slot;
        if self.listed.len() <= slot as usize {
            self.listed.resize(slot as usize + 1, 0);
        }
        let stamp = self.clock.next();
        self.list(slot, stamp);
        Traces { stamp, ..Traces::default() }
    }

    fn remove(&mut self, slot: u32, _resident: Resident<'_>) {
        let Some(listed) = self.listed.get_mut(slot as usize) else { return };
        if std::mem::take(listed) == 0 {
            return;
        }
        self.leftovers += 1;
        if self.leftovers * 2 > self.heap.len() {
            let listed = &self.listed;
            self.heap.retain(|Reverse((stamp, slot))| listed[*slot as usize] == *stamp);
            self.leftovers = 0;
        }
    }

    fn victim(&mut self, residents: &impl Residents) -> Option<(u32, u32)> {
        while let Some(Reverse((stamp, slot))) = self.heap.pop() {
            if self.listed[slot as usize] != stamp {
                self.leftovers = self.leftovers.saturating_sub(1);
                continue;
            }
            let used = residents.stamp(slot).map_or(stamp, |used| used.load(Ordering::Relaxed));
            if used <= stamp {
                self.listed[slot as usize] = 0;
                return Some((slot, residents.get(slot).map_or(1, |resident| resident.weight)));
            }
            self.list(slot, used);
        }
        None
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::super::Touch;
    use super::*;

    struct Stamps(Vec<AtomicU64>);

    impl Residents for Stamps {
        fn get(&self, _: u32) -> Option<Resident<'_>> {
            None
        }

        fn stamp(&self, slot: u32) -> Option<&AtomicU64> {
            self.0.get(slot as usize)
        }
    }

    #[test]
    fn the_least_recently_used_leaves_first() {
        let slots = Stamps((0..4).map(|_| AtomicU64::default()).collect());
        let stamps = &slots.0;
        let mut lru = Lru::default();
        for slot in 0..4 {
            let traces = lru.admit(Newcomer { slot, hash: 0, weight: 1 }, &slots);
            stamps[slot as usize].store(traces.stamp, Ordering::Relaxed);
        }
        lru.clock().stamp(&stamps[0]);
        lru.clock().stamp(&stamps[2]);
        lru.remove(3, Resident { hash: 0, weight: 1, touch: &Touch::default() });
        let order: Vec<u32> = std::iter::from_fn(|| lru.victim(&slots)).map(|(slot, _)| slot).collect();
        assert_eq!(order, [1, 0, 2]);
    }

    #[test]
    fn entries_removed_in_large_numbers_leave_nothing_behind() {
        let resident = Resident { hash: 0, weight: 1, touch: &Touch::default() };
        let mut lru = Lru::default();
        for _ in 0..10_000 {
            lru.admit(Newcomer { slot: 0, hash: 0, weight: 1 }, &Stamps(Vec::new()));
            lru.remove(0, resident);
        }
        assert!(lru.heap.len() <= 2, "G11: {}", lru.heap.len());
    }
}
