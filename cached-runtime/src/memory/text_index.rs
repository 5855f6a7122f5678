use std::fmt;
use std::hash::{BuildHasher, Hasher};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use smallvec::SmallVec;

use crate::key::hash_text;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{CachePadded, Mutex};

/// Renders a key's text.
pub(crate) type WriteKey<K> = Box<dyn Fn(&K, &mut dyn fmt::Write) -> fmt::Result + Send + Sync>;

/// Finds entries and loads by the text of their key, from anywhere, though they are kept by typed key.
///
/// Holds, per entry and load, 32 bits of the text's hash and the hash of the typed key; whoever looks a text up verifies it
/// against the key itself. The locks here are taken under a shard's lock and nothing is called while they are held.
///
/// Empty until somebody [asks](super::Engine::texts) for a text: what is never invalidated by text pays nothing for it.
pub(crate) struct TextIndex<K> {
    pub(crate) write: WriteKey<K>,
    hasher: foldhash::fast::RandomState,
    shards: Box<[CachePadded<Mutex<HashTable<Link>>>]>,
    /// Whether somebody asked. Whoever adds an entry or load learns under its shard's lock whether to name it; this tells, before the lock is
    /// taken, whether that is likely.
    pub(super) asked: AtomicBool,
    pub(super) complete: AtomicBool,
    /// Held by who completes it, before any shard's lock.
    pub(super) completing: Mutex<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Link {
    key: u64,
    text: u32,
    /// How many entries and loads stand behind this link.
    count: u32,
}

/// `hashbrown` wants 64 bits of which the highest and the lowest are good.
#[inline]
fn spread(text: u32) -> u64 {
    u64::from(text).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl<K> TextIndex<K> {
    pub(crate) fn new(write: WriteKey<K>, shards: usize) -> Self {
        let shards = (0..shards.next_power_of_two()).map(|_| CachePadded(Mutex::new(HashTable::new()))).collect();
        Self {
            write,
            hasher: foldhash::fast::RandomState::default(),
            shards,
            asked: AtomicBool::new(false),
            complete: AtomicBool::new(false),
            completing: Mutex::new(()),
        }
    }

    /// Whether every entry and load is here.
    #[inline]
    pub(crate) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// The hash of a key's text, if it is likely to be needed.
    #[inline]
    pub(crate) fn likely_hash_of_key(&self, key: &K) -> Option<u32> {
        self.asked.load(Ordering::Relaxed).then(|| self.hash_of_key(key))
    }

    pub(crate) fn hash_of_key(&self, key: &K) -> u32 {
        self.hash(|out| (self.write)(key, out))
    }

    pub(crate) fn hash_of_text(&self, text: &str) -> u32 {
        self.hash(|out| out.write_str(text))
    }

    fn hash(&self, write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) -> u32 {
        let mut state = self.hasher.build_hasher();
        hash_text(&mut state, write);
        (state.finish() >> 32) as u32
    }

    /// Whether `key` has this text, and no other.
    pub(crate) fn is_text_of(&self, key: &K, text: &str) -> bool {
        struct Rest<'a>(&'a str);
        impl fmt::Write for Rest<'_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
                Ok(())
            }
        }
        let mut rest = Rest(text);
        (self.write)(key, &mut rest).is_ok() && rest.0.is_empty()
    }

    /// Chosen from the highest bits; the tables begin with the lowest.
    fn shard(&self, text: u32) -> &Mutex<HashTable<Link>> {
        &self.shards[(text >> 20) as usize & (self.shards.len() - 1)].0
    }

    pub(crate) fn add(&self, text: u32, key: u64) {
        let mut table = self.shard(text).lock();
        match table.entry(spread(text), |link| link.text == text && link.key == key, |link| spread(link.text)) {
            Entry::Occupied(mut link) => link.get_mut().count += 1,
            Entry::Vacant(slot) => {
                slot.insert(Link { text, key, count: 1 });
            }
        }
    }

    /// For so many entries and loads that will be added.
    pub(super) fn reserve(&self, links: usize) {
        for shard in &self.shards {
            shard.0.lock().reserve(links.div_ceil(self.shards.len()), |link| spread(link.text));
        }
    }

    pub(crate) fn remove(&self, text: u32, key: u64) {
        let mut table = self.shard(text).lock();
        if let Ok(mut link) = table.find_entry(spread(text), |link| link.text == text && link.key == key) {
            link.get_mut().count -= 1;
            if link.get().count == 0 {
                link.remove();
            }
        }
        // Until it is complete the room is for what is still to come.
        if self.is_complete() && table.capacity() > 64 && table.len() < table.capacity() / 8 {
            let room = table.len() * 2;
            table.shrink_to(room, |link| spread(link.text));
        }
    }

    /// The hashes of the typed keys that may have this text.
    pub(crate) fn keys(&self, text: u32) -> SmallVec<[u64; 2]> {
        self.shard(text).lock().iter_hash(spread(text)).filter(|link| link.text == text).map(|link| link.key).collect()
    }

    /// How many entries and loads are known.
    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn links(&self) -> usize {
        let links = |shard: &HashTable<Link>| shard.iter().map(|link| link.count as usize).sum::<usize>();
        self.shards.iter().map(|shard| links(&shard.0.lock())).sum()
    }
}

impl<K> fmt::Debug for TextIndex<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextIndex").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn room_for_what_will_be_added_is_kept_until_that_is_there() {
        let index = TextIndex::<u64>::new(Box::new(|key, out| write!(out, "{key}")), 1);
        let room = || index.shards[0].0.lock().capacity();
        index.reserve(10_000);
        (0..3).for_each(|link| index.add(link, 0));
        index.remove(0, 0);
        assert!(room() >= 10_000);
        index.complete.store(true, Ordering::Release);
        index.remove(1, 0);
        assert!(room() < 100, "from then on what is not needed is given back");
    }
}
