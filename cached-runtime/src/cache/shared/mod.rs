//! The façade over a shared store, for those who use one without attributes.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(all(test, not(shuttle)))]
mod tests;

use super::{Behind, Cache, CacheBuilder};
use crate::config::{self, Place};
use crate::context::{self, Mode};
use crate::error::{ConfigError, ConfigErrorKind};
use crate::flight;
use crate::invalidated::Invalidated;
use crate::key::KeyPart;
use crate::registry::{self, AnyCache, CacheHandle};
use crate::remote::{Backend, Remote};
use crate::shared::{Codec, Msgpack, Wire};
use crate::stats::Stats;

/// A cache in a store that other processes share: the same keys, the same values, one load at a time among all of them.
///
/// Made by [`CacheBuilder::build_shared`]. Clones are handles to the same cache. Sync methods block the thread for as long as the store takes,
/// never longer than the configured response timeout; in async code use those that end in `_async`.
///
/// The store is never the reason for an error: if it does not answer, `get` finds nothing and loads run.
///
/// ```
/// use cached_core::shared::{LocalStore, SharedSettings};
/// use cached_core::{Cache, SharedCache};
/// use std::time::Duration;
///
/// # fn main() -> Result<(), cached_core::ConfigError> {
/// // In a program: `.redis(RedisConfig::new("redis://127.0.0.1:6379")?)`.
/// cached_core::configure().shared_store(LocalStore::new(), SharedSettings::new()).install()?;
///
/// let names: SharedCache<u64, String> =
///     Cache::builder().name("names").ttl(Duration::from_secs(60)).build_shared("redis")?;
/// assert_eq!(names.get_or_load(&7, || "Ann".to_owned()), "Ann"); // in the store as `cached:names:7`
/// names.invalidate(&7).wait();
/// assert_eq!(names.get(&7), None);
/// # Ok(())
/// # }
/// ```
pub struct SharedCache<K, V> {
    cache: Cache<K, V>,
}

impl<K, V> Clone for SharedCache<K, V> {
    fn clone(&self) -> Self {
        Self { cache: self.cache.clone() }
    }
}

impl<K, V> fmt::Debug for SharedCache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedCache").field("name", &self.cache.core.name).finish_non_exhaustive()
    }
}

impl<K, V> CacheBuilder<K, V>
where
    K: KeyPart + Hash + Eq + Send + Sync + 'static,
    V: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
{
    /// Makes the cache in a shared store: `"redis"`, `"tiered"` (memory in front of it, of the builder's capacity and policy), or one that is
    /// registered with [`Configuration::store`](crate::Configuration::store). Values are encoded as msgpack.
    ///
    /// # Errors
    ///
    /// Without a [name](Self::name) or a [TTL](Self::ttl), and if there is no such store. That a server does not answer is no error.
    pub fn build_shared(self, store: &str) -> Result<SharedCache<K, V>, ConfigError> {
        self.build_shared_as::<Msgpack>(store)
    }

    /// The same with another codec.
    ///
    /// # Errors
    ///
    /// As [`build_shared`](Self::build_shared).
    pub fn build_shared_as<C: Codec>(self, store: &str) -> Result<SharedCache<K, V>, ConfigError> {
        let wrong = |message: &str| ConfigError::new(ConfigErrorKind::Shared, message);
        if !self.is_named() {
            return Err(wrong(
                "a cache in a shared store needs a name, which its keys begin with: add `.name(\"users\")`",
            ));
        }
        if !self.is_bounded_in_time() {
            return Err(wrong("entries in a shared store need an end: add `.ttl(Duration::from_secs(60))`"));
        }
        let tiered = store == "tiered";
        match config::place(store).map_err(|problem| wrong(&problem))? {
            Place::Memory(_) => Err(wrong("this store is memory: use `.build()`")),
            Place::Shared(backend) if tiered && !backend.has_front() => Err(wrong(
                "this store does not report its changes, so memory cannot stand in front of it: use \"redis\"",
            )),
            Place::Shared(backend) => Ok(self.over(backend, Wire::plain::<C>(), tiered)),
        }
    }

    fn over(self, backend: Arc<Backend>, wire: Wire<V>, tiered: bool) -> SharedCache<K, V> {
        let cache = self.made(Behind::Shared { backend, wire, tiered });
        registry::register(&(Arc::clone(&cache.core) as Arc<dyn AnyCache>));
        SharedCache { cache }
    }

    /// One process's cache over a store that the model checker's other processes have, too.
    #[cfg(shuttle)]
    #[doc(hidden)]
    #[must_use]
    pub fn build_over(self, store: crate::shared::LocalStore, tiered: bool) -> SharedCache<K, V> {
        let backend = Backend::new("model", "m", Arc::new(store), crate::shared::SharedSettings::new());
        self.over(backend, Wire::plain::<Msgpack>(), tiered)
    }
}

impl<K, V> SharedCache<K, V>
where
    K: KeyPart + Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn remote(&self) -> Option<&Arc<Remote<V>>> {
        self.cache.core.remote.as_ref()
    }

    /// What this cache calls the entry: what [`invalidate`](crate::invalidate) and `#[invalidates]` mean by it.
    fn text(&self, key: &K) -> String {
        self.cache.core.engine.text_of(key).unwrap_or_default()
    }

    /// The value, if it is there and fresh. Blocks for a round trip, unless memory in front has it.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        flight::block_on(self.get_async(key))
    }

    /// The value, if it is there and fresh.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing.
    pub fn get_async(&self, key: &K) -> impl Future<Output = Option<V>> + Send + use<K, V> {
        let core = Arc::clone(&self.cache.core);
        let usable = context::mode(0) == Mode::Use;
        let hash = self.cache.hash(key);
        let found = if usable && core.asks_memory() { core.engine.get(hash, |other| other == key) } else { None };
        let text = self.text(key);
        async move {
            if found.is_some() || !usable {
                return found;
            }
            let found = core.remote.as_ref()?.look(&text).await;
            if found.is_some() {
                core.engine.counters.hit()
            } else {
                core.engine.counters.miss()
            }
            found
        }
    }

    /// Stores a value, whatever is there; loads of the key that are under way in any process will not be stored. Blocks until the store has
    /// it, at most for the response timeout.
    pub fn insert(&self, key: &K, value: &V) {
        flight::block_on(self.insert_async(key, value));
    }

    /// The same for async code. Handed over when this is called; the future tells when the store has it.
    pub fn insert_async(&self, key: &K, value: &V) -> impl Future<Output = ()> + Send + use<K, V> {
        let core = &self.cache.core;
        let kept = if context::mode(0) == Mode::Bypass { None } else { core.kept(key, value) };
        let text = self.text(key);
        core.engine.outdate_text(&text);
        let stored = kept.and_then(|kept| {
            Some(self.remote()?.put(text, value, kept.lifetime, kept.tags.unwrap_or_default().into_vec()))
        });
        async move {
            if let Some(stored) = stored {
                stored.await;
            }
        }
    }

    /// The value under the key; loaded, and stored, if it is not there. See [`Cache::get_or_load`].
    ///
    /// # Panics
    ///
    /// Only if `load` does.
    pub fn get_or_load(&self, key: &K, load: impl FnOnce() -> V) -> V {
        self.cache.get_or_load(key, load)
    }

    /// The same with a load that can fail. See [`Cache::get_or_try_load`].
    ///
    /// # Errors
    ///
    /// Those of `load`, and no others.
    pub fn get_or_try_load<E>(&self, key: &K, load: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        self.cache.get_or_try_load(key, load)
    }

    /// [`get_or_load`](Self::get_or_load) for async code.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of the caller that leads hands the load to the one that waited longest, in this process or another.
    pub async fn get_or_load_async<F: Future<Output = V>>(&self, key: &K, load: impl FnOnce() -> F) -> V {
        self.cache.get_or_load_async(key, load).await
    }

    /// [`get_or_try_load`](Self::get_or_try_load) for async code.
    ///
    /// # Errors
    ///
    /// Those of `load`, and no others.
    pub async fn get_or_try_load_async<E, F>(&self, key: &K, load: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>>,
    {
        self.cache.get_or_try_load_async(key, load).await
    }

    /// Removes the entry under the key, in every process. A load of it that is under way in any of them is not stored.
    pub fn invalidate(&self, key: &K) -> Invalidated {
        self.handle().invalidate(&self.text(key))
    }

    /// Makes every entry disappear that carries the tag, of this cache and of others in the same store. One command.
    pub fn invalidate_tag(&self, tag: &str) -> Invalidated {
        self.handle().invalidate_tag(tag)
    }

    /// Removes every entry whose key's text matches; `*` stands for any text. Looks through all keys of the store.
    pub fn invalidate_matching(&self, pattern: &str) -> Invalidated {
        self.handle().invalidate_matching(pattern)
    }

    /// Removes every entry of this cache. Looks through all keys of the store.
    pub fn clear(&self) -> Invalidated {
        self.handle().clear()
    }

    /// What it has done so far, in this process.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.handle().stats()
    }

    /// This cache without its types.
    #[must_use]
    pub fn handle(&self) -> CacheHandle {
        self.cache.handle()
    }
}
