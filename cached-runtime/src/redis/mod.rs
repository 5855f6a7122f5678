//! Redis as a [`SharedStore`](crate::shared::SharedStore).
//!
//! * `config` is what a user says, `server` an address with what is needed to log in there.
//! * `open` makes one connection: connect, log in, ask whether it is a primary and what time it is.
//! * `link` keeps a connection to one server up: reconnects in the background, notices hangs, answers "unavailable" at once while down.
//! * `reads` merges the reads of many callers into one command per round trip.
//! * `route` says which link a key belongs to: always the same one, or by `cluster`'s `map` of `slots`.
//! * `store` writes the operations of a store as commands and `script`s; `scan` removes by pattern.
//! * `watch` listens for changes on connections of its own.
//!
//! Everything runs on the thread of `shared::runtime`, which has one runtime for all: nothing here blocks, and no lock is held across an await.
//!
//! The client crate's own helpers for reconnecting, clusters, sentinels and client-side caching are not used: they make callers wait for a
//! reconnect outside of any time limit, keep a failed login for ever, hold up a cluster's healthy nodes while one hangs, or lose an
//! invalidation. Its protocol, TLS and multiplexing are.

#[cfg(feature = "redis-cluster")]
mod cluster;
mod config;
mod context;
mod failure;
mod link;
#[cfg(feature = "redis-cluster")]
mod map;
mod open;
mod race;
mod reads;
mod route;
mod scan;
mod script;
mod server;
#[cfg(feature = "redis-cluster")]
mod slots;
mod store;
#[cfg(test)]
mod tests;
mod watch;

pub use config::RedisConfig;
pub(crate) use store::RedisStore;
