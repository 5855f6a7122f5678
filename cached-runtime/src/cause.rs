//! Words for what happens to entries: why they leave, what an invalidation names.

use std::fmt;

/// Why an entry left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EvictionCause {
    /// To make room for another.
    Capacity,
    /// Its time was up.
    Expired,
    /// An invalidation named its key, a pattern it matches, a tag it carries, or everything.
    Invalidated,
    /// A newer value took its place.
    Replaced,
}

impl EvictionCause {
    pub(crate) const ALL: [Self; 4] = [Self::Capacity, Self::Expired, Self::Invalidated, Self::Replaced];

    /// The word that metrics and events use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capacity => "capacity",
            Self::Expired => "expired",
            Self::Invalidated => "invalidated",
            Self::Replaced => "replaced",
        }
    }
}

impl fmt::Display for EvictionCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an invalidation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidationKind {
    Key,
    Pattern,
    Tag,
    All,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl InvalidationKind {
    #[cfg(feature = "metrics")]
    pub(crate) const ALL: [Self; 4] = [Self::Key, Self::Pattern, Self::Tag, Self::All];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Pattern => "pattern",
            Self::Tag => "tag",
            Self::All => "all",
        }
    }
}
