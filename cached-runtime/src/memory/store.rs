//! Putting values in: room first, then the entry, all under one lock.

use std::time::Duration;

use super::Engine;
use super::departures::Departures;
use super::shard::{Slot, State, Writing};
use super::table::SlotTags;
use crate::cause::EvictionCause;
use crate::clock::Tick;
use crate::flight::Flight;

/// How a value is to be kept.
#[derive(Debug)]
pub(crate) struct Storing {
    /// How long; `None` for ever.
    pub(crate) lifetime: Option<Duration>,
    /// What it counts against the capacity; 0 counts as 1, so that weightless entries cannot pile up.
    pub(crate) weight: u32,
    /// Tags that were not known before the load, if there are any.
    pub(crate) tags: Option<Box<[String]>>,
}

impl Storing {
    pub(crate) fn new(lifetime: Option<Duration>, weight: u32, tags: Vec<String>) -> Self {
        Self { lifetime, weight, tags: (!tags.is_empty()).then(|| tags.into()) }
    }

    /// Of weight 1 and with no tags of its own.
    #[inline]
    pub(crate) fn plain(lifetime: Option<Duration>) -> Self {
        Self { lifetime, weight: 1, tags: None }
    }
}

/// What gives the right to store under a key.
pub(super) trait Right<K, V> {
    /// The key, and the load that stores, if one does. `None` if there is no right any more.
    fn standing<'a>(&'a self, shard: &'a State<K, V>, hash: u64) -> Option<(&'a K, Option<&'a Flight<V>>)>;
    /// The hash of the key's text, if the entry is to be known by it and what there was before is not.
    fn text(&self, engine: &Engine<K, V>, shard: &State<K, V>) -> Option<u32>;
    /// Makes use of it. `None` if there is none any more.
    fn used(self, shard: &mut State<K, V>, hash: u64, text: Option<u32>) -> Option<Used<K>>;
}

pub(super) struct Used<K> {
    key: K,
    text: Option<u32>,
    /// Whether the text index knows it.
    linked: bool,
}

/// The load with this number, for as long as it is not voided. Its table entry holds the key.
pub(super) struct Loaded(pub(super) u64);

impl<K, V> Right<K, V> for Loaded {
    fn standing<'a>(&'a self, shard: &'a State<K, V>, hash: u64) -> Option<(&'a K, Option<&'a Flight<V>>)> {
        let loading = shard.loading.find(hash, |loading| loading.flight.number == self.0)?;
        Some((&loading.key, Some(&loading.flight)))
    }

    fn text(&self, _: &Engine<K, V>, _: &State<K, V>) -> Option<u32> {
        None
    }

    fn used(self, shard: &mut State<K, V>, hash: u64, _: Option<u32>) -> Option<Used<K>> {
        let loading = shard.take_loading(hash, |loading| loading.flight.number == self.0)?;
        Some(Used { key: loading.key, text: loading.text, linked: true })
    }
}

/// Somebody's explicit word, which overrides loads under way.
struct Word<K> {
    key: K,
    likely_text: Option<u32>,
}

impl<K, V> Right<K, V> for Word<K> {
    #[inline]
    fn standing<'a>(&'a self, _: &'a State<K, V>, _: u64) -> Option<(&'a K, Option<&'a Flight<V>>)> {
        Some((&self.key, None))
    }

    #[inline]
    fn text(&self, engine: &Engine<K, V>, shard: &State<K, V>) -> Option<u32> {
        engine.text_in(shard, &self.key, self.likely_text)
    }

    #[inline]
    fn used(self, _: &mut State<K, V>, _: u64, text: Option<u32>) -> Option<Used<K>> {
        Some(Used { key: self.key, text, linked: false })
    }
}

/// How an attempt to store ended.
pub(super) enum Stored<V> {
    /// As it should, whether there was room or not. The value once more, if somebody waits for it.
    Done { for_waiters: Option<V> },
    /// The load was voided meanwhile: the value back.
    Refused(V),
}

/// What was to be stored, where there was no room for it.
struct NoRoom<R, V> {
    right: R,
    value: V,
    tags: Option<Box<SlotTags>>,
}

/// How many entries a shard gives up at once for a heavy one in another, before the next shard has to.
const EVICTED_ELSEWHERE: usize = 16;
/// How often a writer may find its own shard empty and the cache full, and make room elsewhere only for others to claim it first.
const ROUNDS: usize = 64;

impl<K: Eq, V: Clone> Engine<K, V> {
    /// Stores a value under `hash`, making room for it. Older loads of the same key lose their right to store.
    #[inline]
    pub(super) fn store(
        &self,
        hash: u64,
        right: impl Right<K, V>,
        value: V,
        storing: &Storing,
        tags: Option<Box<SlotTags>>,
    ) -> Stored<V> {
        match self.try_to_store(hash, right, value, storing, tags, true) {
            Ok(stored) => stored,
            Err(no_room) => self.store_with_room_elsewhere(hash, no_room, storing),
        }
    }

    /// Makes room elsewhere first. In a loop: a value that lies in place may be large, and is not to be on the stack once for each round.
    #[cold]
    #[inline(never)]
    fn store_with_room_elsewhere<R: Right<K, V>>(
        &self,
        hash: u64,
        mut no_room: NoRoom<R, V>,
        storing: &Storing,
    ) -> Stored<V> {
        let mut rounds = ROUNDS;
        loop {
            rounds = if self.evict_elsewhere(hash, storing.weight.max(1)) { rounds - 1 } else { 0 };
            let NoRoom { right, value, tags } = no_room;
            match self.try_to_store(hash, right, value, storing, tags, rounds > 0) {
                Ok(stored) => return stored,
                Err(still) => no_room = still,
            }
        }
    }

    /// `again` says that where there is no room in this shard, the caller may look for some elsewhere.
    fn try_to_store<R: Right<K, V>>(
        &self,
        hash: u64,
        right: R,
        value: V,
        storing: &Storing,
        tags: Option<Box<SlotTags>>,
        again: bool,
    ) -> Result<Stored<V>, NoRoom<R, V>> {
        let weight = storing.weight.max(1);
        let fits = u64::from(weight) <= self.capacity();
        let mut gone = Departures::none(self);
        let shard = self.shard(hash);
        shard.prefetch(hash);
        let now = self.now();
        let mut shard = shard.write();
        shard.prefetch(hash);
        // All that a user's `Eq` and `Clone` are needed for, before anything is changed: they may panic.
        let Some((key, own)) = right.standing(&shard, hash) else { return Ok(Stored::Refused(value)) };
        let text = right.text(self, &shard);
        let found = shard.find(hash, |other| other == key);
        let others = shard.loading.len() > usize::from(own.is_some());
        let older = if others { older_loads(&shard, hash, key, own.map(|flight| flight.number)) } else { None };
        let awaited = own.is_some_and(|flight| flight.was_joined());
        // Nobody can come any more who waits, as long as the lock is held.
        let for_waiters = awaited.then(|| value.clone());
        let mut existing = None;
        if let Some(at) = found {
            let cause = shard.slot(at).and_then(|entry| entry.dead(|| now)).unwrap_or(EvictionCause::Replaced);
            if let Some((detached, weight)) = shard.detach(at) {
                self.budget.release(weight.into());
                existing = Some((detached, cause));
            }
        }
        let claimed = fits && self.claim(weight, &mut shard, now, &mut gone);
        if !claimed && let Some((detached, cause)) = existing.take() {
            shard.remove_detached(detached, cause, &mut gone);
        }
        if !claimed && fits && again {
            shard.reclaim(false, self.tick(now), &mut gone);
            return Err(NoRoom { right, value, tags });
        }
        if let Some(older) = older {
            void_loads(&mut shard, hash, older, &mut gone);
        }
        // It was there a moment ago, under the same lock.
        let Some(Used { key, text, linked }) = right.used(&mut shard, hash, text) else {
            return Ok(Stored::Refused(value));
        };
        match (claimed, linked) {
            (true, false) => self.link(text, hash),
            (false, true) => self.unlink(text, hash),
            (true, true) | (false, false) => {}
        }
        if claimed {
            let deadline = storing.lifetime.map_or(Tick::NEVER, |lifetime| now.after(lifetime));
            let slot = Slot { hash, key, value, deadline, weight, text, tags };
            // Whoever looks for the key without a lock finds the one or the other.
            shard.insert(slot, existing, &mut gone);
            let swept = shard.sweep_in_passing(now, &mut gone);
            self.budget.release(swept);
        } else {
            self.counters.rejected();
        }
        shard.reclaim(false, self.tick(now), &mut gone);
        drop(shard);
        drop(gone);
        self.counters.sized(|| self.budget.used());
        Ok(Stored::Done { for_waiters })
    }

    /// Ends a load whose value is not to be kept. False if it was voided before.
    ///
    /// `outdates` says that the load succeeded: then what an earlier one left under the key is older than what is known now, and goes.
    pub(super) fn discard(&self, hash: u64, number: u64, outdates: bool) -> bool {
        let mut gone = Departures::none(self);
        let mut shard = self.shard(hash).write();
        let loading = shard.loading.find(hash, |loading| loading.flight.number == number);
        let older = loading.filter(|_| outdates).and_then(|loading| shard.find(hash, |key| *key == loading.key));
        if let Some(at) = older {
            let cause = shard.slot(at).and_then(|entry| entry.dead(|| self.now())).unwrap_or(EvictionCause::Replaced);
            self.remove_dead(&mut shard, at, cause, &mut gone);
            shard.reclaim(true, self.tick(self.now()), &mut gone);
        }
        let taken = shard.take_loading(hash, |loading| loading.flight.number == number);
        drop(shard);
        if let Some(loading) = &taken {
            self.unlink(loading.text, loading.hash);
        }
        taken.is_some()
    }

    fn claim<'e>(
        &'e self,
        weight: u32,
        shard: &mut Writing<'e, K, V>,
        now: Tick,
        gone: &mut Departures<'e, K, V>,
    ) -> bool {
        // What is evicted here is not given back first: it is what is claimed.
        let (weight, mut freed) = (u64::from(weight), 0);
        while freed < weight && !self.budget.claim(weight - freed) {
            match shard.evict(now, gone) {
                Some(more) => freed += more,
                None => {
                    self.budget.release(freed);
                    return false;
                }
            }
        }
        self.budget.release(freed.saturating_sub(weight));
        true
    }

    /// Makes room for `weight` in other shards than that of `hash`, from all of them. False if there is nothing to evict anywhere.
    fn evict_elsewhere(&self, hash: u64, weight: u32) -> bool {
        let now = self.now();
        let own: *const _ = self.shard(hash);
        let start = (hash >> 20) as usize;
        let (mut found, mut done) = (false, false);
        while !done {
            done = true;
            for step in 0..self.shards.len() {
                let shard = &self.shards[(start + step) % self.shards.len()].0;
                if std::ptr::eq(shard, own) {
                    continue;
                }
                let mut gone = Departures::none(self);
                let mut shard = shard.write();
                for _ in 0..EVICTED_ELSEWHERE {
                    if self.budget.has_room(weight.into()) {
                        break;
                    }
                    let Some(freed) = shard.evict(now, &mut gone) else { break };
                    self.budget.release(freed);
                    (found, done) = (true, false);
                }
                shard.reclaim(false, self.tick(now), &mut gone);
                if self.budget.has_room(weight.into()) {
                    return true;
                }
            }
        }
        found
    }

    /// Puts a value in as its owner's word: what is there is replaced, and loads under way lose their right to store.
    pub(crate) fn insert(&self, hash: u64, key: K, value: V, storing: &Storing) {
        let captured = self.tags.capture();
        let tags = storing.tags.as_deref().and_then(|tags| SlotTags::boxed(self.tags.intern(tags), captured));
        let likely_text = self.likely_text(&key);
        self.store(hash, Word { key, likely_text }, value, storing, tags);
    }
}

/// The loads of a key that began before one's own, if one has one.
#[cold]
fn older_loads<K: Eq, V>(shard: &Writing<'_, K, V>, hash: u64, key: &K, own: Option<u64>) -> Option<Vec<u64>> {
    let began_earlier = |number: u64| own.is_none_or(|own| number < own);
    let older = shard.loading.iter_hash(hash).filter(|other| began_earlier(other.flight.number) && other.key == *key);
    let older: Vec<_> = older.map(|other| other.flight.number).collect();
    (!older.is_empty()).then_some(older)
}

#[cold]
fn void_loads<K, V>(shard: &mut Writing<'_, K, V>, hash: u64, numbers: Vec<u64>, gone: &mut Departures<'_, K, V>) {
    for number in numbers {
        if let Some(loading) = shard.take_loading(hash, |other| other.flight.number == number) {
            gone.void(loading);
        }
    }
}
