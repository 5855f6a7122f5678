//! The façade: what the attributes and those who use a cache by hand call.

mod asking;
mod builder;
pub mod load;
mod options;
#[cfg(feature = "shared")]
mod shared;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use asking::Asking;
pub use builder::CacheBuilder;
pub use options::Options;
pub(crate) use options::{Behind, Function};
#[cfg(feature = "shared")]
pub use shared::SharedCache;

use crate::context::{self, Mode};
use crate::invalidated::Invalidated;
use crate::key::{KeyPart, KeyWriter, Pattern};
use crate::memory::{Engine, Lead, Storing};
use crate::policy::Freshness;
use crate::registry::{AnyCache, CacheHandle, KeyInfo};
use crate::remote::{Ack, Backend, Grant, Remote};
use crate::stats::Stats;

/// An in-process cache with single flight, TTLs, weights, tags and invalidation that reaches loads under way.
///
/// Clones are handles to the same cache. Sync and async callers may share one, down to a single key.
///
/// ```
/// use cached_core::Cache;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// let cache: Cache<(u64, String), Arc<str>> = Cache::builder().capacity(10_000).ttl(Duration::from_secs(60)).build();
/// let key = (7, "en".to_owned());
/// let title = cache.get_or_try_load(&key, || Ok::<_, std::io::Error>(Arc::from("Seven")))?;
/// assert_eq!(cache.get(&key), Some(title));
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// # Consistency
///
/// * Once [`invalidate`](Cache::invalidate) or another invalidation has returned, no later call returns a value whose load began before
///   it; a load that it overtook is returned to its own callers but not stored (G7, G8).
/// * [`insert`](Cache::insert) is the owner's word: it replaces what is there, and loads under way for the key are not stored over it.
/// * At most one load per key runs at a time (G5), whoever asks: threads and tasks wait for the same load.
///
/// # Cost
///
/// A hit takes no lock and allocates nothing but what the value's `Clone` does; wrap values that are not cheap to clone
/// in an [`Arc`].
///
/// # When values are dropped
///
/// Since hits take no lock, somebody may be cloning a value that was just evicted, replaced or invalidated, and no later call finds. It is
/// dropped when nobody can be doing that any more: mostly before the call that removed it returns; after evictions in quick succession, and
/// replacements, together with some others, at most a 32nd of the entries and no more than 256 in each of the cache's parts (at most four
/// for each CPU); what left last, at the latest with the next write to its part or by [`run_pending`](Cache::run_pending). Listeners are told at once.
///
/// # Deadlocks
///
/// A key's `Eq` and a value's `Clone` may run under a shard's lock, though not when they are hit, and must not call cached functions. Loaders, weighers, taggers, listeners and
/// destructors may, the key that is being loaded included.
pub struct Cache<K, V> {
    core: Arc<Core<K, V>>,
}

pub(crate) type Weigher<K, V> = Box<dyn Fn(&K, &V) -> u32 + Send + Sync>;
pub(crate) type Tagger<K, V> = Box<dyn Fn(&K, &V) -> Vec<String> + Send + Sync>;

/// What the handles of one cache share.
pub(crate) struct Core<K, V> {
    pub(crate) name: String,
    /// What every key's text begins with.
    pub(crate) prefix: String,
    pub(crate) problem: Option<String>,
    pub(crate) engine: Arc<Engine<K, V>>,
    pub(crate) freshness: Freshness,
    pub(crate) single_flight: bool,
    /// Whether an annotation's weight wants the key's text.
    pub(crate) weighted: bool,
    pub(crate) weigher: Option<Weigher<K, V>>,
    pub(crate) tagger: Option<Tagger<K, V>>,
    /// The patterns that all keys of this cache match, and others' as few as possible.
    pub(crate) patterns: Vec<String>,
    /// Its part of a shared backend, if there is one behind it.
    pub(crate) remote: Option<Arc<Remote<V>>>,
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core) }
    }
}

// A panic in the user's code leaves a cache as usable as it was: what runs under its locks changes nothing before it can panic.
impl<K, V> std::panic::UnwindSafe for Cache<K, V> {}
impl<K, V> std::panic::RefUnwindSafe for Cache<K, V> {}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.core.name)
            .field("capacity", &self.core.engine.capacity())
            .finish_non_exhaustive()
    }
}

impl<K, V> Cache<K, V> {
    /// Settings for a new cache.
    pub fn builder() -> CacheBuilder<K, V> {
        CacheBuilder::new()
    }

    pub(crate) fn core(&self) -> &Arc<Core<K, V>> {
        &self.core
    }

    /// How many entries it holds, those included that are dead but not yet swept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.engine.len()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its entries weigh all together; never more than [`capacity`](Cache::capacity).
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.core.engine.weight()
    }

    /// The most that it holds, in entries or in weight.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.core.engine.capacity()
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }

    /// Removes what has expired or was invalidated by a tag, and drops what left earlier. Happens in passing, too: each write looks at a few
    /// entries. O(entries).
    pub fn run_pending(&self) {
        self.core.engine.sweep();
    }
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.core.engine.hash(|state| key.hash(state))
    }

    /// The value, if it is there and fresh.
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        if context::mode(0) != Mode::Use {
            return None;
        }
        let found = self.core.engine.get(self.hash(key), |other| other.borrow() == key);
        if found.is_none() {
            self.core.engine.counters.miss();
        }
        found
    }

    /// The value without leaving a trace: neither the statistics nor the eviction policy notice.
    #[must_use]
    pub fn peek<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.core.engine.peek(self.hash(key), |other| other.borrow() == key)
    }

    /// Whether the key is there and fresh. Leaves no trace, like [`peek`](Cache::peek).
    #[must_use]
    pub fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.peek(key).is_some()
    }

    /// Stores a value. What was under the key is replaced, and loads of it that are under way will not be stored.
    ///
    /// A value that weighs more than the whole cache may hold is not stored; [`Stats::rejected`] counts it. What was under the key is gone
    /// all the same.
    pub fn insert(&self, key: K, value: V) {
        if context::mode(0) == Mode::Bypass {
            return;
        }
        let kept = self.core.kept(&key, &value);
        let hash = self.hash(&key);
        match &kept {
            Some(kept) => self.core.engine.insert(hash, key, value, kept),
            None => {
                self.core.engine.invalidate_key(hash, |other| *other == key);
            }
        }
    }

    /// Removes the entry under the key. A load of it that is under way is neither stored nor joined by anybody who comes after.
    pub fn invalidate<Q>(&self, key: &Q) -> Invalidated
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Invalidated::of(self.core.engine.invalidate_key(self.hash(key), |other| other.borrow() == key))
    }

    /// Makes every entry of this cache disappear that carries the tag (see [`CacheBuilder::tags`]). O(1), however many they are; their
    /// memory is freed in passing.
    pub fn invalidate_tag(&self, tag: &str) -> Invalidated {
        self.core.engine.invalidate_tag(tag);
        Invalidated::of(0)
    }

    /// Removes everything, and keeps loads under way from storing theirs.
    pub fn clear(&self) -> Invalidated {
        Invalidated::of(self.core.engine.clear())
    }

    /// The live entries, in no order. Not of one instant: entries may come and go meanwhile. O(entries); takes one shard's lock at a
    /// time, shared.
    #[must_use]
    pub fn snapshot(&self) -> Vec<(K, V)>
    where
        K: Clone,
    {
        let mut entries = Vec::with_capacity(self.len());
        self.core.engine.visit(|key, value, _, _| entries.push((key.clone(), value.clone())));
        entries
    }

    /// This cache without its types.
    #[must_use]
    pub fn handle(&self) -> CacheHandle {
        CacheHandle::one(Arc::clone(&self.core) as Arc<dyn AnyCache>)
    }
}

impl<K, V> Cache<K, V>
where
    K: KeyPart + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Removes every entry of this cache whose key's text matches; `*` stands for any text. The text of a key is that of its parts, after
    /// `name:` if the cache has a [name](CacheBuilder::name). O(entries).
    ///
    /// ```
    /// use cached_core::Cache;
    ///
    /// let cache: Cache<String, u32> = Cache::builder().build();
    /// cache.insert("users:1".into(), 1);
    /// cache.insert("orders:1".into(), 1);
    /// // Reserved characters of a key stand escaped in its text.
    /// assert_eq!(cache.invalidate_matching(&format!("{}*", cached_core::escape("users:"))).removed(), 1);
    /// ```
    pub fn invalidate_matching(&self, pattern: &str) -> Invalidated {
        let prefix = self.core.prefix.as_str();
        let write = |key: &K, out: &mut dyn fmt::Write| {
            out.write_str(prefix)?;
            key.write_part(&mut KeyWriter::new(out))
        };
        Invalidated::of(self.core.engine.invalidate_matching(&Pattern::new(pattern), &write))
    }
}

impl<K, V> Core<K, V> {
    fn stats(&self) -> Stats {
        let mut stats = self.engine.stats();
        if let Some(remote) = &self.remote {
            remote.add_to(&mut stats);
        }
        stats
    }

    /// Whether memory may answer: there is nothing behind it, or it is in step with what is.
    #[inline]
    pub(crate) fn asks_memory(&self) -> bool {
        self.remote.as_ref().is_none_or(|remote| remote.is_front_open())
    }

    /// Whether there is nothing behind memory.
    pub(crate) fn is_memory_only(&self) -> bool {
        self.remote.is_none()
    }

    /// How long a value that is stored now stays; `None` if it should not be stored at all.
    pub(crate) fn lifetime(&self, null: bool) -> Option<Option<Duration>> {
        let lifetime = self.freshness.lifetime(null, fastrand::f64);
        (lifetime != Some(Duration::ZERO)).then_some(lifetime)
    }

    /// How to keep a value that needs neither weighing nor tagging.
    fn plainly_kept(&self) -> Option<Storing> {
        Some(Storing::plain(self.lifetime(false)?))
    }

    /// How to keep a value, by the builder's settings.
    fn kept(&self, key: &K, value: &V) -> Option<Storing> {
        let lifetime = self.lifetime(false)?;
        let weight = self.weigher.as_ref().map_or(1, |weigh| weigh(key, value));
        let tags = self.tagger.as_ref().map(|tags| tags(key, value).into());
        Some(Storing { lifetime, weight, tags })
    }
}

impl<K: Eq, V: Clone + Send + Sync + 'static> Core<K, V> {
    /// Ends a load with a value: in memory and in the shared store, as far as they may have it. What is handed back tells when the store
    /// has it.
    pub(crate) fn settle(
        &self,
        lead: Lead<K, V>,
        grant: Option<Grant<V>>,
        value: V,
        kept: Option<Storing>,
    ) -> Option<Ack> {
        let Some(remote) = &self.remote else {
            lead.complete(value, kept);
            return None;
        };
        // Without a lease nothing stands under the key, so nobody would report a change of it: memory must not have it either.
        let (Some(kept), Some(grant)) = (kept, grant) else {
            lead.complete(value, None);
            return None;
        };
        // On its way before anybody who waits for this load can ask the store again.
        let ack = grant.fill(&value, kept.lifetime, kept.tags.as_deref().unwrap_or_default().to_vec());
        let storing = remote.front_deadline(kept.lifetime).map(|lifetime| Storing { lifetime, ..kept });
        lead.complete(value, storing);
        Some(ack)
    }
}

impl<K, V> AnyCache for Core<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn problem(&self) -> Option<String> {
        // An expression is taken at its word, so that of what it comes to nobody else speaks.
        let nothing = |setting| format!("{}: a {setting} of zero stores nothing", self.name);
        let no_time = (self.freshness.longest() == Some(Duration::ZERO)).then_some("`ttl`");
        let no_room = (self.remote.is_none() && self.engine.capacity() == 0).then_some("`capacity`");
        self.problem.clone().or_else(|| no_time.or(no_room).map(nothing))
    }

    fn prefix(&self) -> Option<&str> {
        self.engine.has_text().then_some(self.prefix.as_str())
    }

    fn stats(&self) -> Stats {
        Core::stats(self)
    }

    fn backend(&self) -> Option<Arc<Backend>> {
        self.remote.as_ref().map(|remote| Arc::clone(remote.backend()))
    }

    fn patterns(&self) -> Vec<String> {
        self.patterns.clone()
    }

    fn len(&self) -> usize {
        self.engine.len()
    }

    fn weight(&self) -> u64 {
        self.engine.weight()
    }

    fn capacity(&self) -> u64 {
        self.engine.capacity()
    }

    fn keys(&self) -> Vec<KeyInfo> {
        let mut keys = Vec::new();
        self.engine.visit_texts(|key, weight, expires_in| keys.push(KeyInfo { key, weight, expires_in }));
        keys
    }

    fn run_pending(&self) {
        self.engine.sweep();
    }

    fn clear(&self) -> usize {
        self.engine.clear()
    }

    fn invalidate_text(&self, text: &str) -> usize {
        self.engine.invalidate_text(text)
    }

    fn invalidate_matching(&self, pattern: &Pattern) -> usize {
        self.engine.invalidate_matching_text(pattern)
    }

    fn invalidate_tag(&self, tag: &str) {
        self.engine.invalidate_tag(tag);
    }
}
