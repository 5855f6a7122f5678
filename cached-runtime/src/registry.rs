//! Every cache of the process, for those who invalidate, watch or list them.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use crate::invalidated::Invalidated;
use crate::key::Pattern;
use crate::remote::{Backend, Lost};
use crate::stats::Stats;

/// What can be asked of a cache without knowing the types of its keys and values.
pub(crate) trait AnyCache: Send + Sync {
    fn name(&self) -> &str;
    /// Why nothing is cached here, if that is so.
    fn problem(&self) -> Option<String>;
    /// What every key's text begins with; `None` if keys have no text.
    fn prefix(&self) -> Option<&str>;
    fn stats(&self) -> Stats;
    fn len(&self) -> usize;
    fn weight(&self) -> u64;
    fn capacity(&self) -> u64;
    fn keys(&self) -> Vec<KeyInfo>;
    fn run_pending(&self);
    fn clear(&self) -> usize;
    fn invalidate_text(&self, text: &str) -> usize;
    fn invalidate_matching(&self, pattern: &Pattern) -> usize;
    fn invalidate_tag(&self, tag: &str);
    /// The shared store behind it, if there is one.
    fn backend(&self) -> Option<Arc<Backend>>;
    /// What all its keys match.
    fn patterns(&self) -> Vec<String>;
}

/// One entry as a person may see it: never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The key's text.
    pub key: String,
    /// What it counts against the capacity.
    pub weight: u32,
    /// How long it stays fresh; `None` without a TTL.
    pub expires_in: Option<Duration>,
}

/// Caches that go by one name: those of an annotated function, one for each of its instances.
pub(crate) trait Group: Sync {
    fn name(&self) -> String;
    fn caches(&self) -> Vec<Arc<dyn AnyCache>>;
    /// The shared store behind them, whether or not one of them was called yet.
    fn backend(&self) -> Option<Arc<Backend>>;
    /// What all their keys match, in every process.
    fn patterns(&self) -> Vec<String>;
}

static CACHES: RwLock<Vec<Weak<dyn AnyCache>>> = RwLock::new(Vec::new());

/// Adds a cache; it leaves the list by being dropped.
pub(crate) fn register(cache: &Arc<dyn AnyCache>) {
    let mut caches = CACHES.write().unwrap_or_else(PoisonError::into_inner);
    if caches.len() == caches.capacity() {
        caches.retain(|cache| cache.strong_count() > 0);
    }
    caches.push(Arc::downgrade(cache));
}

pub(crate) fn all() -> Vec<Arc<dyn AnyCache>> {
    let caches = CACHES.read().unwrap_or_else(PoisonError::into_inner);
    caches.iter().filter_map(Weak::upgrade).collect()
}

/// Every cache of the process that is in use: of annotated functions from their first call on, and those made by
/// [`Cache::builder`](crate::Cache::builder), in order of their making.
///
/// ```
/// use cached_core::cache;
///
/// #[cache(ttl = 60)]
/// fn square(x: u64) -> u64 { x * x }
///
/// square(7);
/// for cache in cached_core::caches() {
///     println!("{}: {:.0} % hits", cache.name(), 100.0 * cache.stats().hit_ratio());
/// }
/// # assert!(cached_core::caches().iter().any(|cache| cache.name().ends_with("square")));
/// ```
#[must_use]
pub fn caches() -> Vec<CacheHandle> {
    all().into_iter().map(|cache| CacheHandle(Of::One(cache))).collect()
}

/// A cache without its types: what companions, [`caches`] and inspection pages work with.
///
/// The handle of a generic function speaks for the caches of all its instances together.
#[derive(Clone)]
pub struct CacheHandle(Of);

#[derive(Clone)]
enum Of {
    Group(&'static dyn Group),
    One(Arc<dyn AnyCache>),
}

impl CacheHandle {
    pub(crate) fn group(group: &'static dyn Group) -> Self {
        Self(Of::Group(group))
    }

    pub(crate) fn one(cache: Arc<dyn AnyCache>) -> Self {
        Self(Of::One(cache))
    }

    fn each(&self) -> Vec<Arc<dyn AnyCache>> {
        match &self.0 {
            Of::Group(group) => group.caches(),
            Of::One(cache) => vec![Arc::clone(cache)],
        }
    }

    /// The function's path, or the name given to the builder.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.0 {
            Of::Group(group) => group.name(),
            Of::One(cache) => cache.name().to_owned(),
        }
    }

    /// Why this cache holds nothing, if it is out of order: a backend that is not registered or set up wrongly, a key that two functions
    /// share, a TTL or a capacity that came to zero.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.each().iter().find_map(|cache| cache.problem())
    }

    /// What it has done. O(1); the counters are read one after another.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.each().iter().fold(Stats::default(), |sum, cache| sum.merged(&cache.stats()))
    }

    /// How many entries it holds, those included that are dead but not yet swept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.each().iter().map(|cache| cache.len()).sum()
    }

    /// Whether it holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its entries weigh all together.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.each().iter().map(|cache| cache.weight()).sum()
    }

    /// The most that it holds, in entries or in weight.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.each().iter().map(|cache| cache.capacity()).sum()
    }

    /// The live entries' keys as text, in no order. O(entries); takes one shard's lock at a time, shared.
    #[must_use]
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.each().iter().flat_map(|cache| cache.keys()).collect()
    }

    /// Removes what has expired or was invalidated by a tag, which otherwise happens in passing. O(entries).
    pub fn run_pending(&self) {
        self.each().iter().for_each(|cache| cache.run_pending());
    }

    fn backend(&self) -> Option<Arc<Backend>> {
        match &self.0 {
            Of::Group(group) => group.backend(),
            Of::One(cache) => cache.backend(),
        }
    }

    /// Takes the same from the shared store, if there is one behind these caches.
    fn everywhere(&self, removed: usize, what: impl FnOnce() -> Vec<Lost>) -> Invalidated {
        Invalidated::of(removed).and(self.backend().map(|backend| backend.invalidate(what())))
    }

    /// Removes every entry, and keeps loads under way from storing theirs. Over a shared store, takes the time of looking through all its
    /// keys.
    pub fn clear(&self) -> Invalidated {
        let removed = self.each().iter().map(|cache| cache.clear()).sum();
        self.everywhere(removed, || {
            let patterns = match &self.0 {
                Of::Group(group) => group.patterns(),
                Of::One(cache) => cache.patterns(),
            };
            patterns.into_iter().map(Lost::Pattern).collect()
        })
    }

    /// Removes the entry whose key has this text.
    pub fn invalidate(&self, text: &str) -> Invalidated {
        let removed = self.each().iter().map(|cache| cache.invalidate_text(text)).sum();
        self.everywhere(removed, || vec![Lost::Key(text.to_owned())])
    }

    /// Removes every entry whose key's text matches; `*` stands for any text. Over a shared store, also those of other caches there.
    pub fn invalidate_matching(&self, pattern: &str) -> Invalidated {
        let pattern = Pattern::new(pattern);
        let removed = self.each().iter().map(|cache| cache.invalidate_matching(&pattern)).sum();
        self.everywhere(removed, || vec![Lost::Pattern(pattern.as_str().to_owned())])
    }

    /// Makes every entry disappear that carries the tag. O(1). Over a shared store, also those of other caches there.
    pub fn invalidate_tag(&self, tag: &str) -> Invalidated {
        self.each().iter().for_each(|cache| cache.invalidate_tag(tag));
        self.everywhere(0, || vec![Lost::Tag(tag.to_owned())])
    }
}

impl fmt::Debug for CacheHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHandle").field("name", &self.name()).field("len", &self.len()).finish()
    }
}
