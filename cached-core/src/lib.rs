//! Cache-aside and invalidation as attributes.
//!
//! [`#[cache]`](macro@cache) turns a function into a cache-aside call, [`#[invalidates]`](macro@invalidates) turns a write into one that
//! makes every copy of what it changed disappear.
//!
#![cfg_attr(feature = "macros", doc = "```")]
#![cfg_attr(not(feature = "macros"), doc = "```ignore")]
//! use cached_core::{cache, invalidates};
//! # use std::{collections::BTreeMap, sync::Mutex};
//! # #[derive(Clone)] struct User { name: String }
//! # struct Db(Mutex<BTreeMap<u64, User>>);
//! # type DbError = String;
//!
//! #[cache(ttl = 3600, null_ttl = 30, key = "user:{id}")]
//! fn find_user(db: &Db, id: u64) -> Result<Option<User>, DbError> {
//!     Ok(db.0.lock().unwrap().get(&id).cloned())
//! }
//!
//! #[invalidates(find_user(id))]
//! fn rename(db: &Db, id: u64, name: &str) -> Result<(), DbError> {
//!     db.0.lock().unwrap().insert(id, User { name: name.to_owned() });
//!     Ok(())
//! }
//!
//! # fn main() -> Result<(), DbError> {
//! # let db = Db(Mutex::default());
//! assert!(find_user(&db, 7)?.is_none()); // asks the database, and remembers that there is none
//! rename(&db, 7, "Ann")?;                // the entry is gone before this returns
//! assert_eq!(find_user(&db, 7)?.unwrap().name, "Ann");
//! assert_eq!(find_user::cache().stats().loads, 2);
//! # Ok(())
//! # }
//! ```
//!
//! # The three promises
//!
//! * **Correct under races**: a value loaded before an invalidation is never stored or served after it.
//! * **Fail-open**: a cache that cannot be used never makes a function fail.
//! * **A hit costs what a hand-written hit costs**: no allocation, no key text, no exclusive lock.
//!
//! # Where to find what
//!
//! | To | use |
//! |---|---|
//! | cache a function | [`#[cache]`](macro@cache), and its companion: `find_user::invalidate(42)`, `::key`, `::refresh`, `::uncached`, `::cache()` |
//! | invalidate with a write | [`#[invalidates]`](macro@invalidates) |
//! | invalidate by hand | [`invalidate`], [`invalidate_tag`], [`invalidate_matching`], [`Invalidation`] |
//! | cache without attributes | [`Cache`] and its [builder](CacheBuilder); over a shared backend [`SharedCache`] |
//! | use a type of one's own in a key | [`KeyPart`](trait@KeyPart) and its derive |
//! | set the process up | [`configure`] |
//! | share values between processes | `backend = "redis"` or `"tiered"`, [`RedisConfig`] |
//! | use a shared store of one's own | [`SharedStore`](shared::SharedStore), and [`shared::contract`] to test it |
//! | watch | [`caches`], [`CacheHandle`], [`Stats`]; [`backends`] |
//! | run without caches | [`bypass`], [`uncached`], [`refresh`] |
//! | test what depends on time | [`ManualClock`] |
//! | test without a server | [`LocalStore`](shared::LocalStore) |
//!
//! The repository has a guide (`docs/guide.md`), and the guarantees with what they do not cover (`docs/guarantees.md`).
//!
//! # How a call travels
//!
//! The attribute builds a tuple of borrowed key parts and asks its *site*, a static beside the function, for the cache of this instance of
//! the function. A hit is one look-up by the typed key in a shard of the memory engine, under no lock. A miss renders the key's text
//! once, registers a *flight* that others wait for, runs the body, and stores what it returned if no invalidation came between. An
//! invalidation removes entries, voids flights, or moves a tag's epoch, in every cache of the process whose keys can be meant.
//!
//! Over a shared backend a call first asks the store, which is one round trip for a hit. Who finds nothing puts a *lease* under the key,
//! unless another process has; those who find one wait for what replaces it. The body runs, and its value replaces the lease, if that is still
//! there. An invalidation removes the key, whatever is there, and so keeps a load that it overtook in any process from storing. All of it happens on
//! one background thread, within the response timeout; if the store fails, the body's value is returned and nothing else changes.
//! `tiered` looks into memory first, as long as the store reports every change.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `macros` | yes | the attributes and the derive |
//! | `digest` | no | `{x:hash}` in keys, for anything `Serialize` |
//! | `redis` | no | `backend = "redis"` and `"tiered"`, [`RedisConfig`]; includes `shared` |
//! | `redis-tls` | no | `rediss://`, by `rustls` |
//! | `redis-cluster` | no | Redis Cluster: `RedisConfig::cluster` |
//! | `redis-sentinel` | no | Sentinel: `RedisConfig::sentinel` |
//! | `shared` | no | shared backends without Redis: [`shared`], [`SharedCache`] |
//! | `json`, `postcard` | no | these codecs, beside msgpack; include `shared` |
//! | `tracing` | no | a span `load` around each load (fields `cache`, `outcome`), events `evict` (`cache`, `cause`) and `invalidate` (`cache`, `kind`); target `cached` |
//! | `metrics` | no | `cached_requests_total{cache,tier,result}`, `cached_load_duration_seconds{cache,outcome}`, `cached_evictions_total{cache,cause}`, `cached_invalidations_total{cache,kind}`, `cached_weight{cache}` (`tier` is `memory` or `shared`), through the `metrics` facade; install the recorder before the first cached call |
//!
//! Neither of the last two is ever given a key or a value.
#![cfg_attr(
    not(all(feature = "redis", feature = "macros")),
    allow(
        rustdoc::broken_intra_doc_links,
        reason = "what comes with a feature is not there to be linked to without it"
    )
)]

#[cfg(feature = "macros")]
pub use cached_macros::{KeyPart, cache, invalidates};
#[doc(inline)]
pub use cached_runtime::*;
// By name once more, so that the compiler can say which feature what is missing comes with.
#[cfg(feature = "redis")]
#[doc(inline)]
pub use cached_runtime::RedisConfig;
#[cfg(feature = "shared")]
#[doc(inline)]
pub use cached_runtime::{SharedCache, backends, shared};
