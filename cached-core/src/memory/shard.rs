use std::sync::Arc;

use hashbrown::HashTable;

use super::departures::Departures;
use super::eviction::{Eviction, Resident, Touch};
use super::slab::Slab;
use crate::cause::EvictionCause;
use crate::clock::Tick;
use crate::flight::Flight;
use crate::tag::{Epoch, Tags};

/// One resident entry.
#[derive(Debug)]
pub(super) struct Slot<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) value: V,
    pub(super) deadline: Tick,
    pub(super) weight: u32,
    /// Hash of the key's text, where the cache has a text index.
    pub(super) text: u64,
    pub(super) touch: Touch,
    pub(super) tags: Option<Box<SlotTags>>,
}

#[derive(Debug)]
pub(super) struct SlotTags {
    pub(super) tags: Tags,
    /// Before the value was loaded.
    pub(super) captured: Epoch,
}

impl<K, V> Slot<K, V> {
    /// What the eviction policy sees of it.
    fn resident(&self) -> Resident<'_> {
        Resident { hash: self.hash, weight: self.weight, touch: &self.touch }
    }

    /// Why the entry must not be served any more; `None` while it may. The clock is read only if there is a deadline.
    #[inline]
    pub(super) fn dead(&self, now: impl FnOnce() -> Tick) -> Option<EvictionCause> {
        if let Some(tagged) = &self.tags
            && !tagged.tags.stand_since(tagged.captured)
        {
            return Some(EvictionCause::Invalidated);
        }
        (self.deadline != Tick::NEVER && self.deadline <= now()).then_some(EvictionCause::Expired)
    }
}

/// A load under way, beside the entries and under the same lock.
#[derive(Debug)]
pub(super) struct Loading<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) text: u64,
    /// Whether others may wait for it.
    pub(super) joinable: bool,
    pub(super) flight: Arc<Flight<V>>,
}

/// How many slots an eviction looks at for dead entries before it takes a live one.
const LOOK_BEFORE_EVICTION: u32 = 64;
/// How many slots a write looks at in passing.
const LOOK_IN_PASSING: u32 = 4;

/// A part of the cache with a lock of its own.
#[derive(Debug)]
pub(super) struct Shard<K, V> {
    table: HashTable<u32>,
    slots: Slab<Slot<K, V>>,
    eviction: Eviction,
    pub(super) loading: HashTable<Loading<K, V>>,
    /// Where the sweep goes on.
    hand: u32,
    /// No entry expires before this.
    earliest: Tick,
    /// The same, for the slots passed in this round of the sweep and for what came since it began.
    earliest_ahead: Tick,
    /// Whether entries can die without expiring.
    tagged: bool,
}

impl<K, V> Shard<K, V> {
    pub(super) fn new(eviction: Eviction, tagged: bool) -> Self {
        Self {
            table: HashTable::new(),
            slots: Slab::new(),
            eviction,
            loading: HashTable::new(),
            hand: 0,
            earliest: Tick::NEVER,
            earliest_ahead: Tick::NEVER,
            tagged,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// One past the highest slot number.
    pub(super) fn end(&self) -> u32 {
        self.slots.end()
    }

    pub(super) fn slot(&self, at: u32) -> Option<&Slot<K, V>> {
        self.slots.get(at)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot<K, V>> {
        self.slots.iter().map(|(_, slot)| slot)
    }

    #[inline]
    pub(super) fn hit(&self, slot: &Slot<K, V>) {
        self.eviction.hit(&slot.touch);
    }

    #[inline]
    pub(super) fn find(&self, hash: u64, eq: impl Fn(&K) -> bool) -> Option<u32> {
        let is_it = |&at: &u32| self.slots.get(at).is_some_and(|slot| slot.hash == hash && eq(&slot.key));
        self.table.find(hash, is_it).copied()
    }

    /// Adds an entry whose key is not there yet and whose weight is claimed.
    pub(super) fn insert(&mut self, slot: Slot<K, V>) {
        let (hash, deadline) = (slot.hash, slot.deadline);
        self.earliest = self.earliest.min(deadline);
        self.earliest_ahead = self.earliest_ahead.min(deadline);
        let at = self.slots.insert(slot);
        let slots = &self.slots;
        self.table.insert_unique(hash, at, |&at| slots.get(at).map_or(0, |slot| slot.hash));
        if let Some(slot) = self.slots.get(at) {
            self.eviction.admit(at, slot.resident(), &|at| self.slots.get(at).map(Slot::resident));
        }
    }

    pub(super) fn remove(&mut self, at: u32) -> Option<Slot<K, V>> {
        let slot = self.take(at)?;
        self.eviction.remove(at, slot.resident());
        Some(slot)
    }

    fn take(&mut self, at: u32) -> Option<Slot<K, V>> {
        let slot = self.slots.remove(at)?;
        if let Ok(found) = self.table.find_entry(slot.hash, |&other| other == at) {
            found.remove();
        }
        Some(slot)
    }

    /// Empties the shard of entries and loads.
    pub(super) fn drain(&mut self) -> (Slab<Slot<K, V>>, HashTable<Loading<K, V>>) {
        let full = std::mem::replace(self, Shard::new(self.eviction.emptied(), self.tagged));
        (full.slots, full.loading)
    }

    /// Lets one entry go: a dead one if the sweep meets one soon, else the policy's choice.
    pub(super) fn evict(&mut self, now: Tick, gone: &mut Departures<'_, K, V>) -> Option<u64> {
        if let Some(weight) = self.sweep(now, LOOK_BEFORE_EVICTION, 1, gone) {
            return Some(weight);
        }
        let slots = &self.slots;
        let at = self.eviction.victim(&|at| slots.get(at).map(Slot::resident))?;
        let slot = self.take(at)?;
        let weight = slot.weight.into();
        gone.push(slot, EvictionCause::Capacity);
        Some(weight)
    }

    /// Looks at a few slots in passing; returns the weight of the dead ones it removed.
    pub(super) fn sweep_in_passing(&mut self, now: Tick, gone: &mut Departures<'_, K, V>) -> u64 {
        self.sweep(now, LOOK_IN_PASSING, u32::MAX, gone).unwrap_or(0)
    }

    /// Looks at every slot; returns the weight of the dead ones, all of which it removed.
    pub(super) fn sweep_all(&mut self, now: Tick, gone: &mut Departures<'_, K, V>) -> u64 {
        self.sweep(now, u32::MAX, u32::MAX, gone).unwrap_or(0)
    }

    /// Moves the hand over at most `look` slots and removes up to `most` dead entries. `None` if it found none.
    fn sweep(&mut self, now: Tick, look: u32, most: u32, gone: &mut Departures<'_, K, V>) -> Option<u64> {
        if self.earliest > now && !self.tagged {
            return None;
        }
        let (mut weight, mut found) = (0, 0);
        for _ in 0..look.min(self.slots.end()) {
            if self.hand >= self.slots.end() {
                self.hand = 0;
                self.earliest = self.earliest_ahead;
                self.earliest_ahead = Tick::NEVER;
            }
            let at = self.hand;
            self.hand += 1;
            let Some(slot) = self.slots.get(at) else { continue };
            match slot.dead(|| now) {
                None => self.earliest_ahead = self.earliest_ahead.min(slot.deadline),
                Some(cause) => {
                    if let Some(slot) = self.remove(at) {
                        weight += u64::from(slot.weight);
                        gone.push(slot, cause);
                        found += 1;
                    }
                    if found == most {
                        break;
                    }
                }
            }
        }
        (found > 0).then_some(weight)
    }

    /// The loads of this key that may be joined.
    pub(super) fn joinable(&self, hash: u64, eq: impl Fn(&K) -> bool) -> impl Iterator<Item = &Arc<Flight<V>>> {
        let fits = move |loading: &&Loading<K, V>| {
            loading.hash == hash && loading.joinable && eq(&loading.key) && loading.flight.stands()
        };
        self.loading.iter_hash(hash).filter(fits).map(|loading| &loading.flight)
    }

    pub(super) fn add_loading(&mut self, loading: Loading<K, V>) {
        self.loading.insert_unique(loading.hash, loading, |loading| loading.hash);
    }

    pub(super) fn has_loading(&self, hash: u64, number: u64) -> bool {
        self.loading.find(hash, |loading| loading.flight.number == number).is_some()
    }

    /// Takes the load out that satisfies `is_it`, if it was not voided.
    pub(super) fn take_loading(&mut self, hash: u64, is_it: impl Fn(&Loading<K, V>) -> bool) -> Option<Loading<K, V>> {
        let (loading, _) = self.loading.find_entry(hash, is_it).ok()?.remove();
        if self.loading.is_empty() && self.loading.capacity() > 64 {
            self.loading.shrink_to(0, |loading| loading.hash);
        }
        Some(loading)
    }

    /// What the counts of the parts must add up to.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn validate(&self) -> u64 {
        assert_eq!(self.table.len(), self.slots.iter().count());
        for (at, slot) in self.slots.iter() {
            assert_eq!(self.table.find(slot.hash, |&other| other == at), Some(&at), "every slot is found by its hash");
            assert!(slot.deadline >= self.earliest, "no entry expires before the bound");
        }
        self.slots().map(|slot| u64::from(slot.weight)).sum()
    }
}
