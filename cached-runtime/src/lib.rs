//! The runtime of [cached-core](https://docs.rs/cached-core): everything but the attributes, in a crate of its own, because cargo then
//! compiles it beside them instead of after them.
//!
//! Depend on cached-core, which has all of this under its own name. What is here changes together with it, whenever it has to.

#[doc(hidden)]
pub mod __private;
mod cache;
mod cause;
mod clock;
mod config;
mod context;
mod error;
#[cfg_attr(not(feature = "shared"), allow(dead_code, reason = "some of it is for shared backends"))]
mod flight;
mod invalidated;
mod invalidation;
mod key;
#[cfg_attr(not(feature = "shared"), allow(dead_code, reason = "some of it is for shared backends"))]
mod memory;
mod observe;
#[cfg_attr(not(feature = "shared"), allow(dead_code, reason = "some of it is for shared backends"))]
mod policy;
#[cfg(feature = "redis")]
mod redis;
mod registry;
#[cfg(feature = "shared")]
mod remote;
#[cfg(not(feature = "shared"))]
#[allow(dead_code, reason = "it mirrors what is there with the feature")]
#[path = "remote/absent.rs"]
mod remote;
#[cfg(feature = "shared")]
pub mod shared;
mod stats;
mod sync;
mod tag;
mod waits_for;

#[cfg(feature = "shared")]
pub use cache::SharedCache;
pub use cache::{Cache, CacheBuilder};
pub use cause::EvictionCause;
pub use clock::{Clock, ManualClock};
#[cfg(feature = "shared")]
pub use config::backends;
pub use config::{Configuration, MemoryStore, Store, configure};
pub use context::{bypass, bypass_async, refresh, refresh_async, uncached, uncached_async};
pub use error::{ConfigError, ConfigErrorKind};
pub use invalidated::{Invalidated, Invalidating};
pub use invalidation::{Invalidation, escape, invalidate, invalidate_all, invalidate_matching, invalidate_tag};
pub use key::{KeyPart, KeyText, KeyWriter};
pub use memory::Policy;
#[cfg(feature = "redis")]
pub use redis::RedisConfig;
pub use registry::{CacheHandle, KeyInfo, caches};
pub use stats::{Evictions, Invalidations, Stats};
