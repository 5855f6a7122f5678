//! What stands under a key of a shared store, and what it is worth.

use std::sync::Arc;
use std::time::Duration;

use super::Remote;
use crate::flight::Lease;
use crate::shared::envelope::{self, Entry, Parsed};
use crate::shared::{Away, Budget, Seen, SharedStore, StoreError};

/// The most that a compressed value may grow to.
const MOST_BYTES: usize = 64 << 20;

/// What a key's reader found.
pub(super) enum Read<V> {
    /// A value that may be served.
    Found(Found<V>),
    /// A load under way somewhere. Without all generations nobody can tell whether it was overtaken.
    Lease { lease: Option<Lease> },
    /// Nothing; or what is of no use, and may be replaced.
    Nothing { over: Option<Seen> },
}

/// A value that may be served.
pub(super) struct Found<V> {
    pub(super) value: V,
    pub(super) null: bool,
    /// How long it stays fresh.
    pub(super) left: Duration,
    pub(super) tags: Vec<String>,
}

/// The generations of the tags that a call knows, in the order of its tags, and of the counter of all tags if that matters.
pub(super) struct Known<'a> {
    pub(super) tags: &'a [String],
    pub(super) generations: Vec<Option<u64>>,
    pub(super) counter: Option<Option<u64>>,
}

impl Known<'_> {
    fn of(&self, tag: &str) -> Option<Option<u64>> {
        self.tags.iter().position(|known| known == tag).map(|at| self.generations[at])
    }

    /// All of them as a lease carries them; `None` if one is missing.
    pub(super) fn complete(&self) -> Option<Vec<u64>> {
        self.generations.iter().copied().chain(self.counter).collect()
    }
}

/// A generation as it is stored; anything else is none.
pub(super) fn generation(bytes: &[u8]) -> Option<u64> {
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// Those of several keys. What is no generation becomes one that no key has.
pub(super) fn generations(values: &[Vec<u8>]) -> Vec<u64> {
    values.iter().map(|bytes| generation(bytes).unwrap_or_default()).collect()
}

/// A generation that no key ever had: random, because a counter that begins anew would bring back what it outdated before.
pub(super) fn fresh_generation() -> Vec<u8> {
    fastrand::u64(1..).to_le_bytes().to_vec()
}

/// The generations under these keys, made where there is none, or something else.
pub(super) async fn capture(
    store: Arc<dyn SharedStore>,
    keys: Vec<String>,
    ttl: Duration,
    within: Duration,
) -> Result<Vec<u64>, StoreError> {
    let mut values = store.get_or_add(keys.clone(), fresh_generation(), ttl, within).await?;
    let broken = keys.iter().zip(&values).filter(|(_, bytes)| generation(bytes).is_none());
    let broken: Vec<String> = broken.map(|(key, _)| key.clone()).collect();
    if !broken.is_empty() {
        store.remove(broken, within).await?;
        values = store.get_or_add(keys, fresh_generation(), ttl, within).await?;
    }
    Ok(generations(&values))
}

impl<V> Remote<V> {
    /// The keys that tell about a call's tags, behind `first`.
    pub(super) fn keys_with(&self, first: Option<&str>, tags: &[String]) -> Vec<String> {
        let tags = tags.iter().map(|tag| self.backend.tag_key(tag));
        let counter = self.sharing.result_tags.then(|| self.backend.counter_key());
        first.map(str::to_owned).into_iter().chain(tags).chain(counter).collect()
    }

    /// What is under `key`: one round trip, two if there are tags that only the entry knows.
    pub(super) async fn read(
        self: &Arc<Self>,
        key: &str,
        tags: &[String],
        budget: &mut Budget,
    ) -> Result<Read<V>, Away> {
        let mut values = self.backend.get(self.keys_with(Some(key), tags), budget).await?;
        let of_tags = values.split_off(1);
        let mut generations: Vec<_> = of_tags.iter().map(|bytes| bytes.as_deref().and_then(generation)).collect();
        let counter = if self.sharing.result_tags { generations.pop() } else { None };
        let known = Known { tags, generations, counter };
        match values.pop().flatten() {
            Some(bytes) => self.judge(key, &bytes, &known, budget).await,
            None => Ok(Read::Nothing { over: None }),
        }
    }

    /// The value under a text, if the store has it and it may be served.
    pub(crate) async fn look(self: &Arc<Self>, text: &str) -> Option<V> {
        let key = self.backend.entry_key(text);
        match self.read(&key, &[], &mut self.backend.budget()).await {
            Ok(Read::Found(found)) => {
                self.counters.hit(found.null);
                Some(found.value)
            }
            Ok(Read::Lease { .. } | Read::Nothing { .. }) => None,
            Err(Away) => {
                self.counters.unavailable();
                None
            }
        }
    }

    /// What these bytes are worth.
    pub(super) async fn judge(
        self: &Arc<Self>,
        key: &str,
        bytes: &[u8],
        known: &Known<'_>,
        budget: &mut Budget,
    ) -> Result<Read<V>, Away> {
        let useless = || Ok(Read::Nothing { over: Some(Seen::of(bytes)) });
        let entry = match envelope::parse(key, bytes) {
            Some(Parsed::Entry(entry)) if entry.version == self.sharing.version && entry.codec == self.wire.codec => {
                entry
            }
            Some(Parsed::Lease(token)) => {
                let lease = known.complete().map(|generations| Lease { token: token.0, generations });
                return Ok(Read::Lease { lease });
            }
            Some(Parsed::Entry(_)) | None => {
                self.counters.undecodable();
                return useless();
            }
        };
        let now = self.backend.store.now();
        let left = match entry.expires {
            0 => Duration::MAX,
            expires if expires <= now => return useless(),
            expires => Duration::from_millis(expires - now),
        };
        if !self.tags_stand(&entry, known, budget).await? {
            return useless();
        }
        let decoded = entry.payload(MOST_BYTES).and_then(|payload| (self.wire.decode)(entry.null, &payload).ok());
        let Some(value) = decoded else {
            self.counters.undecodable();
            return useless();
        };
        let tags = entry.tags.iter().map(|(tag, _)| (*tag).to_owned()).collect();
        Ok(Read::Found(Found { value, null: entry.null, left, tags }))
    }

    /// Whether the entry carries every tag that it should, and none was invalidated since.
    async fn tags_stand(
        self: &Arc<Self>,
        entry: &Entry<'_>,
        known: &Known<'_>,
        budget: &mut Budget,
    ) -> Result<bool, Away> {
        // Written by a program that did not know the tag yet: who invalidates it could not reach the entry.
        if known.tags.iter().any(|tag| entry.tags.iter().all(|(carried, _)| carried != tag)) {
            return Ok(false);
        }
        let mut unknown = Vec::new();
        for (tag, generation) in &entry.tags {
            match known.of(tag) {
                Some(current) if current != Some(*generation) => return Ok(false),
                Some(_) => {}
                None => unknown.push((self.backend.tag_key(tag), *generation)),
            }
        }
        if unknown.is_empty() {
            return Ok(true);
        }
        let (keys, carried): (Vec<_>, Vec<_>) = unknown.into_iter().unzip();
        let current = self.backend.get(keys, budget).await?;
        let stands =
            |(current, carried): (Option<Vec<u8>>, u64)| current.as_deref().and_then(generation) == Some(carried);
        Ok(current.into_iter().zip(carried).all(stands))
    }
}
