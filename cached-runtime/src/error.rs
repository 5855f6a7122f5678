//! What can go wrong before anything is cached: wrong settings.

use std::fmt;

/// A setting that cannot be used. [`install`](crate::Configuration::install) reports it; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    kind: ConfigErrorKind,
    message: String,
}

/// What is wrong with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigErrorKind {
    /// A configuration is installed already.
    AlreadyInstalled,
    /// An annotated function was called before, so its cache was made without these settings.
    TooLate,
    /// A name cannot be used as one.
    Name,
    /// A setting for Redis cannot be used.
    Redis,
    /// A setting for another shared store, or for a cache in one, cannot be used.
    Shared,
}

impl ConfigError {
    pub(crate) fn new(kind: ConfigErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What is wrong, for code.
    #[must_use]
    pub const fn kind(&self) -> ConfigErrorKind {
        self.kind
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
