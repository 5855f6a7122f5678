//! stub
mod cache;
mod clock;
mod config;
mod context;
mod error;
mod flight;
mod invalidated;
mod invalidation;
mod key;
mod memory;
mod policy;
#[doc(hidden)]
pub mod __private;
mod registry;
mod stats;
mod sync;
mod tag;
mod waits_for;

pub use cache::{Cache, CacheBuilder};
#[cfg(feature = "macros")]
pub use cached_macros::{KeyPart, cache, invalidates};
pub use clock::{Clock, ManualClock};
pub use config::{Configuration, MemoryStore, configure};
pub use context::{bypass, bypass_async, refresh, refresh_async, uncached, uncached_async};
pub use error::{ConfigError, ConfigErrorKind};
pub use invalidated::{Invalidated, Invalidating};
pub use invalidation::{Invalidation, escape, invalidate, invalidate_all, invalidate_matching, invalidate_tag};
pub use key::{KeyPart, KeyWriter};
pub use memory::{EvictionCause, Policy};
pub use registry::{CacheHandle, KeyInfo, caches};
pub use stats::{Evictions, Invalidations, Stats};
