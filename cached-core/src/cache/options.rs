use std::time::Duration;

use crate::memory::{Policy, WriteKey};

/// What is known of the function behind a cache.
pub(crate) struct Function<K> {
    pub(crate) name: String,
    /// What every key's text begins with.
    pub(crate) prefix: String,
    pub(crate) text: WriteKey<K>,
    /// Why nothing can be cached.
    pub(crate) problem: Option<String>,
}

/// An annotation's settings.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub(crate) ttl: Option<Duration>,
    pub(crate) null_ttl: Option<Duration>,
    pub(crate) capacity: Option<u64>,
    pub(crate) policy: Option<Policy>,
    pub(crate) jitter: f64,
    pub(crate) single_flight: bool,
    pub(crate) tagged: bool,
    pub(crate) weighted: bool,
}

impl Options {
    /// The defaults.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "only generated code makes one")]
    pub fn new() -> Self {
        Self {
            ttl: None,
            null_ttl: None,
            capacity: None,
            policy: None,
            jitter: 0.0,
            single_flight: true,
            tagged: false,
            weighted: false,
        }
    }

    /// `ttl = ..`
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// `null_ttl = ..`
    #[must_use]
    pub fn null_ttl(mut self, ttl: Duration) -> Self {
        self.null_ttl = Some(ttl);
        self
    }

    /// `capacity = ..`
    #[must_use]
    pub fn capacity(mut self, capacity: u64) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// `policy = ..`
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// `jitter = ..`
    #[must_use]
    pub fn jitter(mut self, fraction: f64) -> Self {
        self.jitter = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        self
    }

    /// `lock = "process"` or `"none"`
    #[must_use]
    pub fn single_flight(mut self, on: bool) -> Self {
        self.single_flight = on;
        self
    }

    /// There are `tags`.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.tagged = true;
        self
    }

    /// There is a `weight`.
    #[must_use]
    pub fn weighted(mut self) -> Self {
        self.weighted = true;
        self
    }
}
