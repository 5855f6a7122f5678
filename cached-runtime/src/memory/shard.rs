use std::ops::{Deref, DerefMut, Range};
use std::sync::Arc;

use hashbrown::HashTable;

use super::departures::Departures;
use super::eviction::{Eviction, Hits, Newcomer, Resident, Residents};
use super::table::{self, Filled, New, Reading, Sides, SlotTags, Slots, Table};
use super::text_index::TextIndex;
use super::{in_shard, whereabouts};
use crate::cause::EvictionCause;
use crate::clock::Tick;
use crate::flight::Flight;
use crate::sync::atomic::AtomicU64;

/// An entry about to be stored.
pub(super) struct Slot<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) value: V,
    pub(super) deadline: Tick,
    pub(super) weight: u32,
    /// Hash of the key's text, where the text index has it.
    pub(super) text: Option<u32>,
    pub(super) tags: Option<Box<SlotTags>>,
}

impl<K, V> Filled<'_, K, V> {
    /// Why the entry must not be served any more; `None` while it may. The clock is read only if there is a deadline.
    #[inline]
    pub(super) fn dead(&self, now: impl FnOnce() -> Tick) -> Option<EvictionCause> {
        if let Some(tagged) = self.tags()
            && !tagged.tags.stand_since(tagged.captured)
        {
            return Some(EvictionCause::Invalidated);
        }
        (self.deadline() != Tick::NEVER && self.deadline() <= now()).then_some(EvictionCause::Expired)
    }
}

/// By which an entry is known to the text index.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Name {
    pub(super) text: u32,
    /// Whether it is known there.
    known: bool,
    /// That of the key, or as much of it as tells where the entry is.
    pub(super) hash: u64,
}

/// Key and value of an entry that left.
pub(super) type Held<'s, K, V> = table::Held<'s, K, V, State<K, V>>;

/// A load under way, beside the entries and under the same lock.
#[derive(Debug)]
pub(super) struct Loading<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    /// Hash of the key's text, where the text index has it.
    pub(super) text: Option<u32>,
    /// Whether others may wait for it.
    pub(super) joinable: bool,
    pub(super) flight: Arc<Flight<V>>,
}

/// How many slots an eviction looks at for dead entries before it takes a live one.
const LOOK_BEFORE_EVICTION: u32 = 64;
/// How many slots a write looks at in passing.
const LOOK_IN_PASSING: u32 = 4;

/// A part of the cache with a lock of its own, which hits do not take.
pub(super) struct Shard<K, V> {
    table: Table<K, V, State<K, V>>,
    hits: Hits,
}

/// What is under a shard's lock, beside its entries.
pub(super) struct State<K, V> {
    eviction: Eviction,
    pub(super) loading: HashTable<Loading<K, V>>,
    /// Where the sweep goes on.
    hand: u32,
    /// No entry expires before this.
    earliest: Tick,
    /// The same, for the slots passed in this round of the sweep and for what came since it began.
    earliest_ahead: Tick,
    needs: Needs,
    /// What the entries weigh all together.
    total: u64,
    /// By slot; empty as long as all entries weigh 1.
    weights: Vec<u32>,
    /// Whether the text index is to know what comes.
    named: bool,
    /// By slot; empty where entries have no names.
    names: Vec<Name>,
}

/// What a cache was made with, as far as its entries are concerned.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    /// Entries can die without expiring.
    pub(super) tags: bool,
    /// Somebody wants to see what leaves.
    pub(super) listener: bool,
}

impl<K, V> Shard<K, V> {
    /// `share` is how many entries it may expect to hold.
    pub(super) fn new(eviction: Eviction, share: usize, needs: Needs) -> Self {
        let (hits, sides) = (eviction.hits(), Sides { stamps: eviction.wants_stamps(), tags: needs.tags });
        Self { table: Table::new(share, sides, State::new(eviction, needs)), hits }
    }

    /// Begins to look things up.
    #[inline]
    pub(super) fn read(&self) -> Reading<'_, K, V> {
        self.table.read()
    }

    /// How many entries there are, or were a moment ago.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The entries that are there now and what they weigh, for as long as the reading goes on. The lock is released by then.
    pub(super) fn entries<'p>(&'p self, reading: &'p Reading<'p, K, V>) -> Vec<(Filled<'p, K, V>, u32)> {
        let locked = self.write();
        let entry = |at| Some((locked.table.get_for(reading, at)?, locked.weight(at)));
        (0..locked.end()).filter_map(entry).collect()
    }

    /// The part of the index that a write under this hash will need.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        self.table.prefetch(in_shard(hash));
    }

    #[inline]
    pub(super) fn write(&self) -> Writing<'_, K, V> {
        Writing { table: self.table.lock() }
    }

    #[inline]
    pub(super) fn hit(&self, entry: &Filled<'_, K, V>) {
        self.hits.hit(entry.touch(), || entry.stamp());
    }
}

impl<K, V> State<K, V> {
    fn new(eviction: Eviction, needs: Needs) -> Self {
        Self {
            eviction,
            loading: HashTable::new(),
            hand: 0,
            earliest: Tick::NEVER,
            earliest_ahead: Tick::NEVER,
            needs,
            total: 0,
            weights: Vec::new(),
            named: false,
            names: Vec::new(),
        }
    }

    /// Whether the text index is to know what is added.
    #[inline]
    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    fn weight(&self, at: u32) -> u32 {
        self.weights.get(at as usize).copied().unwrap_or(1)
    }

    fn set_weight(&mut self, at: u32, weight: u32) {
        if weight != 1 || !self.weights.is_empty() {
            put(&mut self.weights, at, weight, 1);
        }
    }

    fn name(&self, at: u32) -> Option<Name> {
        self.names.get(at as usize).copied().filter(|name| name.known)
    }
}

/// The entries, as the eviction policy sees them.
struct Weighed<'a, 'w, K, V> {
    slots: &'a Slots<'w, K, V>,
    weights: &'a [u32],
}

impl<K, V> Residents for Weighed<'_, '_, K, V> {
    #[inline]
    fn get(&self, slot: u32) -> Option<Resident<'_>> {
        let (hash, touch) = self.slots.traits(slot)?;
        Some(Resident { hash, weight: self.weights.get(slot as usize).copied().unwrap_or(1), touch })
    }

    fn stamp(&self, slot: u32) -> Option<&AtomicU64> {
        self.slots.get(slot)?.stamp()
    }
}

fn put<T: Clone>(values: &mut Vec<T>, at: u32, value: T, default: T) {
    let at = at as usize;
    if values.len() <= at {
        values.resize(at + 1, default);
    }
    values[at] = value;
}

/// A shard whose lock is held.
pub(super) struct Writing<'s, K, V> {
    table: table::Locked<'s, K, V, State<K, V>>,
}

impl<K, V> Deref for Writing<'_, K, V> {
    type Target = State<K, V>;

    fn deref(&self) -> &State<K, V> {
        self.table.rest()
    }
}

impl<K, V> DerefMut for Writing<'_, K, V> {
    fn deref_mut(&mut self) -> &mut State<K, V> {
        self.table.rest_mut()
    }
}

impl<'s, K, V> Writing<'s, K, V> {
    /// One past the highest slot number.
    pub(super) fn end(&self) -> u32 {
        self.table.end()
    }

    pub(super) fn slot(&self, at: u32) -> Option<Filled<'_, K, V>> {
        self.table.get(at)
    }

    /// The entries with what they weigh.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn entries(&self) -> impl Iterator<Item = (Filled<'_, K, V>, u32)> {
        (0..self.end()).filter_map(|at| Some((self.slot(at)?, self.weight(at))))
    }

    pub(super) fn find(&self, hash: u64, eq: impl Fn(&K) -> bool) -> Option<u32> {
        self.table.find(in_shard(hash), eq)
    }

    /// What adding an entry with this hash will need of the policy.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        self.eviction.prefetch(in_shard(hash));
    }

    /// Adds an entry whose weight is claimed, in the place of one that was [detached](Self::detach) or of none.
    pub(super) fn insert(
        &mut self,
        slot: Slot<K, V>,
        existing: Option<(Detached, EvictionCause)>,
        gone: &mut Departures<'s, K, V>,
    ) {
        let Slot { hash, key, value, deadline, weight, text, tags } = slot;
        let (mut slots, state) = self.table.split();
        state.earliest = state.earliest.min(deadline);
        state.earliest_ahead = state.earliest_ahead.min(deadline);
        let new = |slots: &Slots<'_, K, V>, at| {
            let newcomer = Newcomer { slot: at, hash: in_shard(hash), weight };
            let traces = state.eviction.admit(newcomer, &Weighed { slots, weights: &state.weights });
            New { hash: in_shard(hash), key, value, deadline, tags, traces }
        };
        let at = slots.insert(existing.as_ref().map(|(Detached(old), _)| *old), new);
        state.set_weight(at, weight);
        state.total += u64::from(weight);
        if let Some(text) = text {
            put(&mut state.names, at, Name { text, known: true, hash }, Name::default());
        }
        if let Some((Detached(old), cause)) = existing {
            self.let_go(old, cause, gone);
        }
    }

    /// Takes an entry away from the sweep and the eviction, though readers still find it. What it weighs is free to be claimed.
    pub(super) fn detach(&mut self, at: u32) -> Option<(Detached, u32)> {
        let (mut slots, state) = self.table.split();
        let weight = state.weight(at);
        let entry = slots.get(at)?;
        let resident = Resident { hash: entry.hash(), weight, touch: entry.touch() };
        state.eviction.remove(at, resident);
        state.total -= u64::from(weight);
        slots.detach(at);
        Some((Detached(at), weight))
    }

    /// Ends what was detached.
    pub(super) fn remove_detached(
        &mut self,
        Detached(at): Detached,
        cause: EvictionCause,
        gone: &mut Departures<'s, K, V>,
    ) {
        self.take(at, cause, gone);
    }

    /// Removes an entry; returns what it weighed.
    pub(super) fn remove(&mut self, at: u32, cause: EvictionCause, gone: &mut Departures<'s, K, V>) -> Option<u64> {
        let (Detached(at), weight) = self.detach(at)?;
        self.take(at, cause, gone);
        Some(weight.into())
    }

    /// Makes an entry impossible to find that the eviction does not know any more.
    #[inline(always)]
    fn take(&mut self, at: u32, cause: EvictionCause, gone: &mut Departures<'s, K, V>) {
        if self.needs.listener {
            self.table.slots().take_out(at);
            self.let_go(at, cause, gone);
        } else {
            self.table.slots().discard(at);
            // Only now: whoever does not find the text any more must not find the entry by its key either.
            self.count_out(at, cause, gone);
        }
    }

    /// Deals with what was taken out.
    fn let_go(&mut self, at: u32, cause: EvictionCause, gone: &mut Departures<'s, K, V>) {
        self.count_out(at, cause, gone);
        if self.needs.listener
            && let Some(held) = self.table.hold(at)
        {
            gone.hear(held, cause);
        } else {
            self.table.slots().bury(at);
        }
    }

    #[inline]
    fn count_out(&self, at: u32, cause: EvictionCause, gone: &mut Departures<'s, K, V>) {
        gone.count(1, cause);
        if let Some(name) = self.name(at) {
            gone.unlink(name);
        }
    }

    /// From here on the text index knows what is added. Gives it the loads that are there.
    pub(super) fn begin_naming(&mut self, index: &TextIndex<K>) {
        if self.named {
            return;
        }
        // All keys are rendered before anything is changed: they may panic, and where things are named nothing comes without a name.
        let texts: Vec<_> = self.loading.iter().map(|loading| index.hash_of_key(&loading.key)).collect();
        self.named = true;
        for (loading, text) in self.loading.iter_mut().zip(texts) {
            index.add(text, loading.hash);
            loading.text = Some(text);
        }
    }

    /// Gives the text index the entries in these slots that it does not know. `shard` is the number of this one.
    pub(super) fn name_slots(&mut self, slots: Range<u32>, shard: usize, index: &TextIndex<K>) {
        let (table, state) = self.table.split();
        for at in slots {
            if let Some(entry) = table.get(at)
                && state.name(at).is_none()
            {
                let (text, hash) = (index.hash_of_key(entry.key()), whereabouts(shard, entry.hash()));
                index.add(text, hash);
                put(&mut state.names, at, Name { text, known: true, hash }, Name::default());
            }
        }
    }

    /// Hands on what can be dropped by now; see [`Slots::reclaim`].
    #[inline(always)]
    pub(super) fn reclaim(&mut self, prompt: bool, tick: Tick, gone: &mut Departures<'_, K, V>) {
        let mut slots = self.table.slots();
        if slots.is_time_to_reclaim(prompt, tick) {
            slots.reclaim(prompt, tick, gone.fallen());
        }
    }

    /// Empties the shard of entries and loads. Returns what the entries weighed.
    pub(super) fn drain(&mut self, gone: &mut Departures<'s, K, V>) -> u64 {
        for loading in std::mem::take(&mut self.loading) {
            gone.void(loading);
        }
        let weight = self.total;
        let unseen = !self.needs.listener && !self.named;
        if let Some(cleared) = unseen.then(|| self.table.slots().clear()).flatten() {
            gone.count(u32::try_from(cleared).unwrap_or(u32::MAX), EvictionCause::Invalidated);
            let state = self.table.rest_mut();
            *state = State::new(state.eviction.emptied(), state.needs);
        } else {
            for at in 0..self.end() {
                self.remove(at, EvictionCause::Invalidated, gone);
            }
        }
        weight
    }

    /// Lets one entry go: a dead one if the sweep meets one soon, else the policy's choice.
    pub(super) fn evict(&mut self, now: Tick, gone: &mut Departures<'s, K, V>) -> Option<u64> {
        if let Some(weight) = self.sweep(now, LOOK_BEFORE_EVICTION, 1, gone) {
            return Some(weight);
        }
        let (slots, state) = self.table.split();
        let (at, weight) = state.eviction.victim(&Weighed { slots: &slots, weights: &state.weights })?;
        let weight = u64::from(weight);
        state.total -= weight;
        self.take(at, EvictionCause::Capacity, gone);
        Some(weight)
    }

    /// Looks at a few slots in passing; returns the weight of the dead ones it removed.
    pub(super) fn sweep_in_passing(&mut self, now: Tick, gone: &mut Departures<'s, K, V>) -> u64 {
        self.sweep(now, LOOK_IN_PASSING, u32::MAX, gone).unwrap_or(0)
    }

    /// Looks at every slot; returns the weight of the dead ones, all of which it removed.
    pub(super) fn sweep_all(&mut self, now: Tick, gone: &mut Departures<'s, K, V>) -> u64 {
        self.sweep(now, u32::MAX, u32::MAX, gone).unwrap_or(0)
    }

    /// Moves the hand over at most `look` slots and removes up to `most` dead entries. `None` if it found none.
    #[inline]
    fn sweep(&mut self, now: Tick, look: u32, most: u32, gone: &mut Departures<'s, K, V>) -> Option<u64> {
        if self.earliest > now && !self.needs.tags {
            return None;
        }
        self.sweep_some(now, look, most, gone)
    }

    fn sweep_some(&mut self, now: Tick, look: u32, most: u32, gone: &mut Departures<'s, K, V>) -> Option<u64> {
        let (mut weight, mut found) = (0, 0);
        for _ in 0..look.min(self.end()) {
            if self.hand >= self.end() {
                self.hand = 0;
                self.earliest = self.earliest_ahead;
                self.earliest_ahead = Tick::NEVER;
            }
            let at = self.hand;
            self.hand += 1;
            let Some(slot) = self.slot(at) else { continue };
            let (dead, deadline) = (slot.dead(|| now), slot.deadline());
            match dead {
                None => self.earliest_ahead = self.earliest_ahead.min(deadline),
                Some(cause) => {
                    if let Some(freed) = self.remove(at, cause, gone) {
                        weight += freed;
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

    /// How many entries and loads the text index should know.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn names(&self) -> usize {
        let entries = (0..self.end()).filter(|at| self.slot(*at).is_some() && self.name(*at).is_some());
        entries.count() + self.loading.iter().filter(|loading| loading.text.is_some()).count()
    }

    #[cfg(all(test, not(shuttle)))]
    pub(super) fn run_with(&self, settings: usize) {
        self.eviction.run_with(settings);
    }

    #[cfg(all(test, not(shuttle)))]
    fn validate_policy(&self) {
        if let Some(known) = self.eviction.validate(&Validated(self)) {
            assert_eq!(known, (self.table.len(), self.total), "the policy knows what is there");
        }
    }

    /// What the counts of the parts must add up to.
    #[cfg(all(test, not(shuttle)))]
    pub(super) fn validate(&self) -> u64 {
        assert_eq!(self.table.len(), self.entries().count());
        for at in 0..self.end() {
            let Some(entry) = self.slot(at) else { continue };
            let itself = |key: &K| std::ptr::eq(key, entry.key());
            assert_eq!(self.table.find(entry.hash(), itself), Some(at), "every slot is found by its hash");
            assert!(entry.deadline() >= self.earliest, "no entry expires before the bound");
        }
        assert_eq!(self.total, self.entries().map(|(_, weight)| u64::from(weight)).sum::<u64>());
        self.validate_policy();
        self.total
    }
}

/// An entry that only readers still find.
#[derive(Debug)]
pub(super) struct Detached(u32);

impl<K, V> State<K, V> {
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
}

/// Live entries only.
#[cfg(all(test, not(shuttle)))]
struct Validated<'a, 's, K, V>(&'a Writing<'s, K, V>);

#[cfg(all(test, not(shuttle)))]
impl<K, V> Residents for Validated<'_, '_, K, V> {
    fn get(&self, slot: u32) -> Option<Resident<'_>> {
        let entry = self.0.slot(slot)?;
        Some(Resident { hash: entry.hash(), weight: self.0.weight(slot), touch: entry.touch() })
    }

    fn stamp(&self, _: u32) -> Option<&AtomicU64> {
        None
    }
}
