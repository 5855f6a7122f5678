//! Making entries and loads disappear: by key, by text, by pattern, by tag, all.
//!
//! Whatever is named, loads under way go first or together with the entries, so that none of them can store afterwards what
//! was loaded before (G7, G8).

use std::fmt;

use smallvec::SmallVec;

use super::Engine;
use super::departures::Departures;
use super::shard::{Shard, State};
use crate::cause::{EvictionCause, InvalidationKind};
use crate::key::Pattern;

/// How many slots a pattern is tried on under one lock.
const PATTERN_BATCH: u32 = 256;

impl<K: Eq, V> Engine<K, V> {
    /// Removes the entry under a key and voids its loads. Returns how many entries left.
    pub(crate) fn invalidate_key(&self, hash: u64, eq: impl Fn(&K) -> bool) -> usize {
        self.counters.invalidated(InvalidationKind::Key);
        self.remove_where(hash, eq)
    }

    fn remove_where(&self, hash: u64, eq: impl Fn(&K) -> bool) -> usize {
        let mut gone = Departures::none(self);
        {
            let mut shard = self.shard(hash).write();
            while let Some(loading) = shard.take_loading(hash, |loading| eq(&loading.key)) {
                gone.void(loading);
            }
            while let Some(at) = shard.find(hash, &eq)
                && let Some(weight) = shard.remove(at, EvictionCause::Invalidated, &mut gone)
            {
                self.budget.release(weight);
            }
            shard.reclaim(true, self.tick(self.now()), &mut gone);
        }
        gone.len()
    }

    /// The same for whatever has this text. Needs a text index, which the first call makes: see [`Engine::texts`].
    pub(crate) fn invalidate_text(&self, text: &str) -> usize {
        self.counters.invalidated(InvalidationKind::Key);
        self.outdate_text(text)
    }

    /// The same where nobody asked for it: what is behind this cache has changed.
    pub(crate) fn outdate_text(&self, text: &str) -> usize {
        let Some(index) = self.texts() else { return 0 };
        let keys = index.keys(index.hash_of_text(text));
        keys.into_iter().map(|hash| self.remove_where(hash, |key| index.is_text_of(key, text))).sum()
    }

    /// Removes whatever has a text that matches. Needs a text index.
    pub(crate) fn invalidate_matching_text(&self, pattern: &Pattern) -> usize {
        self.counters.invalidated(InvalidationKind::Pattern);
        self.outdate_matching(pattern)
    }

    /// The same where nobody asked for it.
    pub(crate) fn outdate_matching(&self, pattern: &Pattern) -> usize {
        match &self.text {
            Some(index) => self.remove_matching(pattern, &index.write),
            None => 0,
        }
    }

    /// Removes every entry whose text matches and voids such loads. O(entries): each text is rendered once, in
    /// batches under the lock, which hits do not take.
    pub(crate) fn invalidate_matching(
        &self,
        pattern: &Pattern,
        write: &dyn Fn(&K, &mut dyn fmt::Write) -> fmt::Result,
    ) -> usize {
        self.counters.invalidated(InvalidationKind::Pattern);
        self.remove_matching(pattern, write)
    }

    fn remove_matching(&self, pattern: &Pattern, write: &dyn Fn(&K, &mut dyn fmt::Write) -> fmt::Result) -> usize {
        let mut text = String::new();
        let mut matches = |key: &K| {
            text.clear();
            // What cannot be rendered cannot be told to be outside the pattern; losing an entry is the safe side.
            write(key, &mut text).is_err() || pattern.matches(&text)
        };
        let mut removed = 0;
        for shard in &self.shards {
            // Loads first: what one of them stored before this is among the entries below, and nothing comes after it.
            let mut gone = Departures::none(self);
            void_loads(&mut shard.0.write(), &mut matches, &mut gone);
            drop(gone);
            let mut from = 0;
            loop {
                let (found, end) = {
                    let shard = shard.0.write();
                    let end = shard.end();
                    let batch = from..end.min(from + PATTERN_BATCH);
                    let hit = |at: &u32| shard.slot(*at).is_some_and(|entry| matches(entry.key()));
                    (batch.filter(hit).collect::<SmallVec<[u32; 16]>>(), end)
                };
                removed += self.remove_slots(&shard.0, &found, &mut matches);
                from += PATTERN_BATCH;
                if from >= end {
                    break;
                }
            }
        }
        removed
    }

    /// Removes the slots that still hold what was found in them.
    fn remove_slots(&self, shard: &Shard<K, V>, found: &[u32], matches: &mut impl FnMut(&K) -> bool) -> usize {
        if found.is_empty() {
            return 0;
        }
        let mut gone = Departures::none(self);
        {
            let mut shard = shard.write();
            for &at in found {
                let still = shard.slot(at).is_some_and(|entry| matches(entry.key()));
                if still && let Some(weight) = shard.remove(at, EvictionCause::Invalidated, &mut gone) {
                    self.budget.release(weight);
                }
            }
            shard.reclaim(true, self.tick(self.now()), &mut gone);
        }
        gone.len()
    }

    /// Makes everything that carries the tag invalid. O(1); the entries leave when they are met.
    pub(crate) fn invalidate_tag(&self, tag: &str) {
        if self.tagged {
            self.counters.invalidated(InvalidationKind::Tag);
            self.outdate_tag(tag);
        }
    }

    /// The same where nobody asked for it.
    pub(crate) fn outdate_tag(&self, tag: &str) {
        if self.tagged {
            self.tags.invalidate(tag);
        }
    }

    /// Removes everything. O(1) under each lock; the entries are dropped after it is released.
    pub(crate) fn clear(&self) -> usize {
        self.counters.invalidated(InvalidationKind::All);
        self.outdate_all()
    }

    /// The same where nobody asked for it.
    pub(crate) fn outdate_all(&self) -> usize {
        let mut removed = 0;
        for shard in &self.shards {
            let mut gone = Departures::none(self);
            let mut shard = shard.0.write();
            self.budget.release(shard.drain(&mut gone));
            shard.reclaim(true, self.tick(self.now()), &mut gone);
            drop(shard);
            removed += gone.len();
        }
        removed
    }
}

fn void_loads<K, V>(shard: &mut State<K, V>, matches: &mut impl FnMut(&K) -> bool, gone: &mut Departures<'_, K, V>) {
    for loading in shard.loading.extract_if(|loading| matches(&loading.key)) {
        gone.void(loading);
    }
}
