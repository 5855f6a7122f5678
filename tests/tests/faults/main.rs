//! G9 and G10: a store that fails in every way there is, under load from several processes, sync and async.
//!
//! In each trial no call fails, none loses more than the response timeout, nothing stale is left when it is over, and the store is in use again
//! within seconds. What calls lost is printed: `cargo test --package tests --test faults -- --nocapture`.

mod cluster;
mod network;
mod outage;
mod server;
mod trial;
mod values;
