use std::sync::Arc;
use std::time::Duration;

use crate::config::MemoryStore;
use crate::memory::{Policy, WriteKey};
use crate::policy::{Freshness, Lock, Sharing};
use crate::remote::{Backend, Wire};

/// What is known of the function behind a cache.
pub(crate) struct Function<K> {
    pub(crate) name: String,
    /// What every key's text begins with.
    pub(crate) prefix: String,
    /// What all its keys match, in every process.
    pub(crate) patterns: Vec<String>,
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
    pub(crate) result_tags: bool,
    pub(crate) version: u32,
    pub(crate) l1_ttl: Option<Duration>,
    pub(crate) lock: Lock,
}

/// What stands behind a function's cache.
pub(crate) enum Behind<V> {
    Memory(MemoryStore),
    #[cfg_attr(not(feature = "shared"), allow(dead_code))]
    Shared {
        backend: Arc<Backend>,
        wire: Wire<V>,
        tiered: bool,
    },
}

impl Options {
    pub(crate) fn freshness(&self) -> Freshness {
        Freshness { ttl: self.ttl, null_ttl: self.null_ttl, jitter: self.jitter }
    }

    pub(crate) fn sharing(&self) -> Sharing {
        Sharing {
            version: self.version,
            lock: self.lock,
            result_tags: self.result_tags,
            front_ttl: self.l1_ttl,
            longest: self.freshness().longest(),
        }
    }

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
            result_tags: false,
            version: 0,
            l1_ttl: None,
            lock: Lock::Cluster,
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

    /// Some `tags` follow from the result.
    #[must_use]
    pub fn result_tags(mut self) -> Self {
        self.result_tags = true;
        self
    }

    /// `version = ..`
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// `l1_ttl = ..`
    #[must_use]
    pub fn l1_ttl(mut self, ttl: Duration) -> Self {
        self.l1_ttl = Some(ttl);
        self
    }

    /// `lock = ..` over a shared backend.
    #[must_use]
    pub fn lock(mut self, lock: Lock) -> Self {
        self.lock = lock;
        self.single_flight = lock != Lock::None;
        self
    }
}
