//! A store whose futures are polled on the background thread and dropped when their time has passed, whatever its author did.

use std::sync::Arc;
use std::time::Duration;

use super::runtime;
use super::store::{Added, KeyPattern, Seen, SharedStore, StoreFuture, Watcher};

pub(crate) struct Isolated(pub(crate) Arc<dyn SharedStore>);

impl SharedStore for Isolated {
    fn get(&self, keys: Vec<String>, within: Duration) -> StoreFuture<Vec<Option<Vec<u8>>>> {
        Box::pin(runtime::within(within, self.0.get(keys, within)))
    }

    fn add(
        &self,
        key: String,
        value: Vec<u8>,
        ttl: Duration,
        over: Option<Seen>,
        within: Duration,
    ) -> StoreFuture<Added> {
        Box::pin(runtime::within(within, self.0.add(key, value, ttl, over, within)))
    }

    fn swap(&self, key: String, prefix: Vec<u8>, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<bool> {
        Box::pin(runtime::within(within, self.0.swap(key, prefix, value, ttl, within)))
    }

    fn remove_if(&self, key: String, prefix: Vec<u8>, within: Duration) -> StoreFuture<bool> {
        Box::pin(runtime::within(within, self.0.remove_if(key, prefix, within)))
    }

    fn set(&self, key: String, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<()> {
        Box::pin(runtime::within(within, self.0.set(key, value, ttl, within)))
    }

    fn get_or_add(
        &self,
        keys: Vec<String>,
        fresh: Vec<u8>,
        ttl: Duration,
        within: Duration,
    ) -> StoreFuture<Vec<Vec<u8>>> {
        Box::pin(runtime::within(within, self.0.get_or_add(keys, fresh, ttl, within)))
    }

    fn remove(&self, keys: Vec<String>, within: Duration) -> StoreFuture<()> {
        Box::pin(runtime::within(within, self.0.remove(keys, within)))
    }

    fn remove_matching(&self, pattern: KeyPattern, within: Duration) -> StoreFuture<u64> {
        // Many steps, each with its own limit.
        Box::pin(runtime::within(Duration::from_secs(3600), self.0.remove_matching(pattern, within)))
    }

    fn ping(&self, within: Duration) -> StoreFuture<()> {
        Box::pin(runtime::within(within, self.0.ping(within)))
    }

    fn now(&self) -> u64 {
        self.0.now()
    }

    fn watch(&self, prefixes: Vec<String>, watcher: Arc<dyn Watcher>) -> bool {
        self.0.watch(prefixes, watcher)
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}
