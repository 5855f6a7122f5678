//! Who to tell: invalidation by key text, pattern, tag and function, over every cache of the process.

use std::fmt;
use std::sync::Arc;

use crate::config;
use crate::invalidated::Invalidated;
use crate::key::{KeyWriter, Pattern};
use crate::registry::{self, AnyCache, Group};
use crate::remote::{Backend, Lost};

/// What is to disappear. Built up, then [`run`](Invalidation::run).
///
/// `#[invalidates]` makes one of these; use it by hand where no annotation fits.
///
/// ```
/// use cached_core::{Invalidation, cache};
///
/// #[cache(ttl = 60, key = "user:{id}", tags = ["users"])]
/// fn user(id: u64) -> String { format!("user {id}") }
///
/// user(1);
/// user(2);
/// assert_eq!(Invalidation::new().key("user:1").run().removed(), 1);
/// Invalidation::new().tag("users").matching("orders:*").run().wait();
/// user::cache().run_pending();
/// assert!(user::cache().is_empty());
/// ```
#[derive(Clone, Default)]
#[must_use = "nothing is invalidated until .run()"]
pub struct Invalidation {
    items: Vec<Item>,
}

#[derive(Clone)]
enum Item {
    Key(String),
    Matching(Pattern),
    Tag(String),
    /// One key, or everything, of one function.
    Of {
        group: &'static dyn Group,
        text: Option<String>,
    },
    Everything,
}

impl Invalidation {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The entry whose key has exactly this text, in every cache. No character is a wildcard; [`escape`] values that come from outside.
    ///
    /// For what it costs see [`invalidate`].
    pub fn key(mut self, text: impl Into<String>) -> Self {
        self.items.push(Item::Key(text.into()));
        self
    }

    /// Every entry whose key's text matches; `*` stands for any text. O(entries) of the caches whose keys can match.
    pub fn matching(mut self, pattern: impl Into<String>) -> Self {
        let pattern = Pattern::new(pattern.into());
        self.items.push(if pattern.is_literal() {
            Item::Key(pattern.as_str().to_owned())
        } else {
            Item::Matching(pattern)
        });
        self
    }

    /// Every entry that carries the tag. O(1) for each cache.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.items.push(Item::Tag(tag.into()));
        self
    }

    /// Every entry of every cache of the process.
    pub fn everything(mut self) -> Self {
        self.items.push(Item::Everything);
        self
    }

    pub(crate) fn of(mut self, group: &'static dyn Group, text: Option<String>) -> Self {
        self.items.push(Item::Of { group, text });
        self
    }

    pub(crate) fn extend(&mut self, other: Invalidation) {
        self.items.extend(other.items);
    }

    /// Carries it out. When this returns, memory holds nothing of what was named, and no load that began before can bring it
    /// back (G7, G8). When what it returns has been waited for, the same is true of every shared store that answers.
    pub fn run(&self) -> Invalidated {
        let caches = registry::all();
        let removed = self.items.iter().map(|item| item.run(&caches)).sum();
        let mut backends = config::in_use();
        for named in self.items.iter().filter_map(Item::backend) {
            if !backends.iter().any(|backend| Arc::ptr_eq(backend, &named)) {
                backends.push(named);
            }
        }
        let tell =
            |backend: Arc<Backend>| backend.invalidate(self.items.iter().flat_map(|item| item.at(&backend)).collect());
        Invalidated::of(removed).and(backends.into_iter().map(tell))
    }
}

impl Item {
    /// The shared store behind the function that is named.
    fn backend(&self) -> Option<Arc<Backend>> {
        match self {
            Self::Of { group, .. } => group.backend(),
            _ => None,
        }
    }

    /// What it means to this shared store.
    fn at(&self, backend: &Arc<Backend>) -> Vec<Lost> {
        match self {
            Self::Key(text) => vec![Lost::Key(text.clone())],
            Self::Matching(pattern) => vec![Lost::Pattern(pattern.as_str().to_owned())],
            Self::Tag(tag) => vec![Lost::Tag(tag.clone())],
            Self::Everything => vec![Lost::Everything],
            Self::Of { .. } if !self.backend().is_some_and(|own| Arc::ptr_eq(&own, backend)) => Vec::new(),
            Self::Of { text: Some(text), .. } => vec![Lost::Key(text.clone())],
            Self::Of { group, text: None } => group.patterns().into_iter().map(Lost::Pattern).collect(),
        }
    }

    fn run(&self, caches: &[Arc<dyn AnyCache>]) -> usize {
        match self {
            Self::Key(text) => {
                let may_hold = |prefix: &str| text.starts_with(prefix);
                caches
                    .iter()
                    .filter(|cache| cache.prefix().is_some_and(may_hold))
                    .map(|cache| cache.invalidate_text(text))
                    .sum()
            }
            Self::Matching(pattern) => {
                let may_hold = |prefix: &str| pattern.may_match_prefix(prefix);
                caches
                    .iter()
                    .filter(|cache| cache.prefix().is_some_and(may_hold))
                    .map(|cache| cache.invalidate_matching(pattern))
                    .sum()
            }
            Self::Tag(tag) => {
                caches.iter().for_each(|cache| cache.invalidate_tag(tag));
                0
            }
            Self::Of { group, text: Some(text) } => {
                group.caches().iter().map(|cache| cache.invalidate_text(text)).sum()
            }
            Self::Of { group, text: None } => group.caches().iter().map(|cache| cache.clear()).sum(),
            Self::Everything => caches.iter().map(|cache| cache.clear()).sum(),
        }
    }
}

/// Removes the entry whose key has exactly this text, in every cache of the process, and keeps loads of it that are under way from being
/// stored or joined.
///
/// From sync code, `.wait()` for it; from async code, `.await` it. It was carried out in memory before either.
///
/// ```
/// use cached_core::cache;
///
/// #[cache(ttl = 60, key = "price:{sku}")]
/// fn price(sku: &str) -> u64 { 100 }
///
/// price("a:b");
/// let key = format!("price:{}", cached_core::escape("a:b"));
/// assert_eq!(cached_core::invalidate(&key).removed(), 1);
/// ```
///
/// # Cost
///
/// One hash look-up in each cache whose keys begin alike. The first key of a cache that is named, in this way or by a companion or an
/// attribute, has the texts of its entries indexed: O(entries), once. Hits go on meanwhile.
pub fn invalidate(text: &str) -> Invalidated {
    Invalidation::new().key(text).run()
}

/// Removes every entry whose key's text matches; `*` stands for any text. O(entries) of the caches whose keys can match.
pub fn invalidate_matching(pattern: &str) -> Invalidated {
    Invalidation::new().matching(pattern).run()
}

/// Makes every entry disappear that carries the tag, in every cache of the process. O(1) for each cache, however many entries carry it;
/// their memory is freed in passing.
pub fn invalidate_tag(tag: &str) -> Invalidated {
    Invalidation::new().tag(tag).run()
}

/// Removes every entry of every cache of the process.
pub fn invalidate_all() -> Invalidated {
    Invalidation::new().everything().run()
}

/// The text that a value has in a key: characters that mean something there are percent-escaped, as templates do.
#[must_use]
pub fn escape(value: impl fmt::Display) -> String {
    let mut text = String::new();
    let _ = fmt::Write::write_fmt(&mut KeyWriter::new(&mut text), format_args!("{value}"));
    text
}

/// Says what is named, not by which values: keys and tags may carry personal data (G14).
impl fmt::Debug for Invalidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invalidation").field("items", &self.items.len()).finish()
    }
}
