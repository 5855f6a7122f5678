//! What all connections of one store share.

use std::sync::Arc;

use crate::sync::Mutex;

use super::config::RedisConfig;
use super::open::Skew;
use super::watch::Watch;

pub(super) struct Context {
    pub(super) config: Arc<RedisConfig>,
    pub(super) skew: Skew,
    watches: Mutex<Vec<Arc<Watch>>>,
}

impl Context {
    pub(super) fn new(config: RedisConfig) -> Self {
        Self { config: Arc::new(config), skew: Skew::default(), watches: Mutex::default() }
    }

    pub(super) fn add_watch(&self, watch: Arc<Watch>) {
        self.watches.lock().push(watch);
    }

    pub(super) fn watches(&self) -> Vec<Arc<Watch>> {
        self.watches.lock().clone()
    }
}
