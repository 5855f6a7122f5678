//! Giving entries and loads to the text index, from the first time on that somebody asks for one by its text.
//!
//! Until then no text is rendered, hashed or kept. The first who asks goes through the shards: from the moment at which a shard's flag is set,
//! under its lock, the index knows each load in it and whatever is added; the entries that were there before follow in batches. So whoever
//! asks when all shards are done finds what was there before he asked.

use crate::sync::atomic::Ordering;

use super::Engine;
use super::shard::State;
use super::text_index::TextIndex;

/// How many slots are named under one lock.
const BATCH: u32 = 256;

impl<K, V> Engine<K, V> {
    /// The index of all texts, if keys have any. The first call makes it, and others wait for it meanwhile: O(entries) once, in batches under
    /// the shards' locks, which hits do not take.
    pub(super) fn texts(&self) -> Option<&TextIndex<K>> {
        let index = self.text.as_ref()?;
        if !index.is_complete() {
            self.name_all(index);
        }
        Some(index)
    }

    /// Goes on where a call left off that a panicking key ended.
    #[cold]
    fn name_all(&self, index: &TextIndex<K>) {
        let _completing = index.completing.lock();
        if index.is_complete() {
            return;
        }
        index.asked.store(true, Ordering::Relaxed);
        index.reserve(self.len());
        for (number, shard) in self.shards.iter().enumerate() {
            shard.0.write().begin_naming(index);
            let mut from = 0;
            loop {
                let mut shard = shard.0.write();
                let end = shard.end();
                shard.name_slots(from..end.min(from + BATCH), number, index);
                from += BATCH;
                if from >= end {
                    break;
                }
            }
        }
        index.complete.store(true, Ordering::Release);
    }

    /// The hash of a key's text, before the lock is taken under which it may be [needed](Self::text_in).
    #[inline]
    pub(super) fn likely_text(&self, key: &K) -> Option<u32> {
        self.text.as_ref()?.likely_hash_of_key(key)
    }

    /// The hash of a key's text, if what is added to the shard is to be known by it.
    #[inline]
    pub(super) fn text_in(&self, shard: &State<K, V>, key: &K, likely: Option<u32>) -> Option<u32> {
        if !shard.is_named() {
            return None;
        }
        likely.or_else(|| self.text.as_ref().map(|index| index.hash_of_key(key)))
    }

    /// Makes an entry or a load reachable by text, in the same breath in which it appears under its shard's lock.
    #[inline]
    pub(super) fn link(&self, text: Option<u32>, key: u64) {
        if let (Some(text), Some(index)) = (text, &self.text) {
            index.add(text, key);
        }
    }

    #[inline]
    pub(super) fn unlink(&self, text: Option<u32>, key: u64) {
        if let (Some(text), Some(index)) = (text, &self.text) {
            index.remove(text, key);
        }
    }
}
