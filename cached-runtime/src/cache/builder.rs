use std::any::type_name;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::{Behind, Cache, Core, Function, Options, Tagger, Weigher};
use crate::cause::EvictionCause;
use crate::clock::Clock;
use crate::config::MemoryStore;
use crate::key::{KeyPart, KeyWriter};
use crate::memory::{Engine, Listener, Policy, Setup, WriteKey};
use crate::policy::{Freshness, Lock, Sharing};
use crate::registry::{self, AnyCache};
use crate::remote::Remote;

/// Entries that a cache holds unless told otherwise.
pub(crate) const DEFAULT_CAPACITY: u64 = 10_000;

/// Settings for a [`Cache`]. Every one has a default; building never fails.
pub struct CacheBuilder<K, V> {
    name: Option<String>,
    capacity: u64,
    ttl: Option<Duration>,
    jitter: f64,
    policy: Policy,
    clock: Clock,
    text: Option<WriteKey<K>>,
    weigher: Option<Weigher<K, V>>,
    tagger: Option<Tagger<K, V>>,
    listener: Option<Listener<K, V>>,
}

impl<K, V> CacheBuilder<K, V> {
    pub(super) fn new() -> Self {
        Self {
            name: None,
            capacity: DEFAULT_CAPACITY,
            ttl: None,
            jitter: 0.0,
            policy: Policy::default(),
            clock: Clock::default(),
            text: None,
            weigher: None,
            tagger: None,
            listener: None,
        }
    }

    /// The most entries, or with a [`weigher`](Self::weigher) the most weight, it holds at any moment. Default: 10 000. With 0, nothing is ever
    /// stored.
    #[must_use]
    pub fn capacity(mut self, capacity: u64) -> Self {
        self.capacity = capacity;
        self
    }

    /// How long a value stays fresh after it was stored. Default: for ever. A zero TTL stores nothing.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// The fraction, from 0 to 1, by which each value's TTL is randomly shortened, so that what is stored together does not expire together.
    /// Default: 0. Values outside are cut off.
    #[must_use]
    pub fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        self
    }

    /// Which entries a full cache keeps. Default: [`Policy::Adaptive`].
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// What the time is read from. Default: [`Clock::system`].
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// What an entry counts against the capacity; 0 counts as 1, so that weightless entries cannot pile up. Called once for each value, on
    /// the thread that stores it, outside every lock.
    #[must_use]
    pub fn weigher(mut self, weigh: impl Fn(&K, &V) -> u32 + Send + Sync + 'static) -> Self {
        self.weigher = Some(Box::new(weigh));
        self
    }

    /// The tags that a value carries, for [`Cache::invalidate_tag`]. Called once for each value, on the thread that stores it, outside every
    /// lock.
    ///
    /// ```
    /// use cached_core::Cache;
    ///
    /// let cache: Cache<u64, (u32, &str)> = Cache::builder().tags(|_, (team, _)| [format!("team:{team}")]).build();
    /// cache.insert(1, (7, "Ann"));
    /// cache.insert(2, (8, "Bob"));
    /// cache.invalidate_tag("team:7");
    /// assert_eq!((cache.get(&1), cache.get(&2)), (None, Some((8, "Bob"))));
    /// ```
    #[must_use]
    pub fn tags<T>(mut self, tags: impl Fn(&K, &V) -> T + Send + Sync + 'static) -> Self
    where
        T: IntoIterator<Item: Into<String>>,
    {
        self.tagger = Some(Box::new(move |key, value| tags(key, value).into_iter().map(Into::into).collect()));
        self
    }

    /// Called for every entry that leaves, with the reason, on the thread that made it leave, outside every lock. Entries that expired or
    /// were invalidated by a tag leave when they are met, not at once. A panic in it is caught.
    ///
    /// Calls may come out of order for one key when threads race; the cause tells a replacement from a loss.
    #[must_use]
    pub fn on_evict(mut self, listener: impl Fn(&K, &V, EvictionCause) + Send + Sync + 'static) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }
}

impl<K: KeyPart, V> CacheBuilder<K, V> {
    /// Names the cache, and makes its entries reachable by text from anywhere: the entry under `42` of the cache `users` is
    /// `users:42` to [`invalidate`](crate::invalidate) and `#[invalidates("users:42")]`. Costs about 16 bytes for each entry.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        let prefix = format!("{name}:");
        self.text = Some(Box::new(move |key, out| {
            out.write_str(&prefix)?;
            key.write_part(&mut KeyWriter::new(out))
        }));
        self.name = Some(name);
        self
    }
}

impl<K, V> CacheBuilder<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Makes the cache and adds it to the [list of all caches](crate::caches), which it leaves with its last handle.
    #[must_use]
    pub fn build(self) -> Cache<K, V> {
        let cache = self.made(Behind::Memory(MemoryStore::default()));
        registry::register(&(Arc::clone(&cache.core) as Arc<dyn AnyCache>));
        cache
    }

    #[cfg(feature = "shared")]
    pub(super) fn is_named(&self) -> bool {
        self.name.is_some()
    }

    #[cfg(feature = "shared")]
    pub(super) fn is_bounded_in_time(&self) -> bool {
        self.ttl.is_some()
    }

    pub(super) fn made(self, behind: Behind<V>) -> Cache<K, V> {
        let prefix = self.name.as_ref().map(|name| format!("{name}:")).unwrap_or_default();
        let patterns = self.name.iter().map(|name| format!("{name}:*")).collect();
        let setup = Setup {
            name: self.name.unwrap_or_else(nameless::<K, V>),
            capacity: self.capacity,
            policy: self.policy,
            clock: self.clock,
            tagged: self.tagger.is_some(),
            text: self.text,
            listener: self.listener,
            shards: None,
        };
        let freshness = Freshness { ttl: self.ttl, null_ttl: None, jitter: self.jitter };
        let sharing = Sharing {
            version: 0,
            lock: Lock::Cluster,
            result_tags: self.tagger.is_some(),
            front_ttl: None,
            longest: freshness.longest(),
        };
        let (name, (engine, remote)) = (setup.name.clone(), behind.made(setup, &prefix, sharing));
        let core = Core {
            name,
            prefix,
            problem: None,
            engine,
            freshness,
            single_flight: true,
            weighted: false,
            weigher: self.weigher,
            tagger: self.tagger,
            patterns,
            remote,
        };
        Cache { core: Arc::new(core) }
    }
}

/// What a cache is called that nobody named: its type, as its user writes it.
fn nameless<K, V>() -> String {
    format!("cached_core::Cache<{}, {}>", type_name::<K>(), type_name::<V>())
}

impl<V: Clone + Send + Sync + 'static> Behind<V> {
    /// The engine, and what is behind it.
    fn made<K>(
        self,
        mut setup: Setup<K, V>,
        prefix: &str,
        sharing: Sharing,
    ) -> (Arc<Engine<K, V>>, Option<Arc<Remote<V>>>)
    where
        K: Eq + Send + Sync + 'static,
    {
        match self {
            Self::Memory(_) => (Arc::new(Engine::new(setup)), None),
            Self::Shared { backend, wire, tiered } => {
                // Flights are all that memory holds where it does not stand in front.
                setup.capacity = if tiered { setup.capacity } else { 0 };
                // What the store has may carry tags that this program's functions do not know: a later release's.
                setup.tagged |= tiered;
                let engine = Arc::new(Engine::new(setup));
                let remote = Remote::behind(&engine, prefix, backend, wire, tiered, sharing);
                (engine, Some(Arc::new(remote)))
            }
        }
    }
}

impl<K, V> Cache<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The cache of an annotated function. The caller adds it to the list.
    pub(crate) fn of_function(function: Function<K>, behind: Behind<V>, options: &Options, clock: Clock) -> Self {
        let (capacity, policy) = match &behind {
            Behind::Memory(store) => (store.capacity, store.policy),
            Behind::Shared { .. } => (None, None),
        };
        let setup = Setup {
            name: function.name.clone(),
            capacity: options.capacity.or(capacity).unwrap_or(DEFAULT_CAPACITY),
            policy: options.policy.or(policy).unwrap_or_default(),
            clock,
            tagged: options.tagged,
            text: Some(function.text),
            listener: None,
            shards: None,
        };
        let (engine, remote) = behind.made(setup, &function.prefix, options.sharing());
        let core = Core {
            name: function.name,
            prefix: function.prefix,
            problem: function.problem,
            engine,
            freshness: options.freshness(),
            single_flight: options.single_flight,
            weighted: options.weighted,
            weigher: None,
            tagger: None,
            patterns: function.patterns,
            remote,
        };
        Self { core: Arc::new(core) }
    }
}

impl<K, V> fmt::Debug for CacheBuilder<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("name", &self.name)
            .field("capacity", &self.capacity)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}
