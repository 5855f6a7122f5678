//! The store over real servers that are started, broken and mended here.

#[cfg(feature = "redis-cluster")]
mod clustering;
mod configuration;
mod faults;
mod operations;
#[cfg(feature = "redis-sentinel")]
mod sentinels;
mod server;
mod watching;

use std::time::Duration;

/// What an operation may take where nothing is broken; test machines are slow at times.
const WITHIN: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_secs(60);

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}
