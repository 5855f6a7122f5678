use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Evict, Resident, Slots, Touch};
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
    now: CachePadded<AtomicU64>,
    heap: BinaryHeap<Reverse<(u64, u32)>>,
    /// By slot: the stamp of its item in the heap; 0 if it has none. Items with another stamp are leftovers.
    listed: Vec<u64>,
    leftovers: usize,
}

impl Lru {
    fn stamp(&self) -> u64 {
        self.now.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn list(&mut self, slot: u32, stamp: u64) {
        self.listed[slot as usize] = stamp;
        self.heap.push(Reverse((stamp, slot)));
    }
}

impl Evict for Lru {
    fn hit(&self, touch: &Touch) {
        touch.set(self.stamp());
    }

    fn admit(&mut self, slot: u32, resident: Resident<'_>, _slots: Slots<'_, '_>) {
        if self.listed.len() <= slot as usize {
            self.listed.resize(slot as usize + 1, 0);
        }
        let stamp = self.stamp();
        resident.touch.set(stamp);
        self.list(slot, stamp);
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

    fn victim(&mut self, slots: Slots<'_, '_>) -> Option<u32> {
        while let Some(Reverse((stamp, slot))) = self.heap.pop() {
            if self.listed[slot as usize] != stamp {
                self.leftovers = self.leftovers.saturating_sub(1);
                continue;
            }
            let used = slots(slot).map_or(stamp, |resident| resident.touch.get());
            if used <= stamp {
                self.listed[slot as usize] = 0;
                return Some(slot);
            }
            self.list(slot, used);
        }
        None
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_leaves_first() {
        let touches: Vec<Touch> = (0..4).map(|_| Touch::default()).collect();
        let resident = |slot: u32| Resident { hash: 0, weight: 1, touch: &touches[slot as usize] };
        let slots = |slot: u32| Some(resident(slot));
        let mut lru = Lru::default();
        for slot in 0..4 {
            lru.admit(slot, resident(slot), &slots);
        }
        lru.hit(&touches[0]);
        lru.hit(&touches[2]);
        lru.remove(3, resident(3));
        let order: Vec<u32> = std::iter::from_fn(|| lru.victim(&slots)).collect();
        assert_eq!(order, [1, 0, 2]);
    }

    #[test]
    fn entries_removed_in_large_numbers_leave_nothing_behind() {
        let resident = Resident { hash: 0, weight: 1, touch: &Touch::default() };
        let mut lru = Lru::default();
        for _ in 0..10_000 {
            lru.admit(0, resident, &|_| Some(resident));
            lru.remove(0, resident);
        }
        assert!(lru.heap.len() <= 2, "G11: {}", lru.heap.len());
    }
}
