//! Asking for a key, whatever stands behind the cache.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Core;
use crate::memory::{Acquire, Want};
use crate::remote::{self, Reached};

/// A question for a key under way, in memory alone or over a shared backend. Dropping it gives up one's place in line.
pub(crate) struct Asking<K, V>
where
    K: Eq,
    V: Clone + Send + Sync + 'static,
{
    core: Arc<Core<K, V>>,
    stage: Stage<K, V>,
}

enum Stage<K, V>
where
    K: Eq,
    V: Clone + Send + Sync + 'static,
{
    Memory(Acquire<K, V>),
    Shared(Pin<Box<dyn Future<Output = Reached<K, V>> + Send>>),
}

impl<K, V> Asking<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(core: &Arc<Core<K, V>>, want: Want<K>) -> Self {
        Self { core: Arc::clone(core), stage: Stage::of(core, want) }
    }

    /// Begins anew with a want that it gave back.
    pub(crate) fn ask_again(&mut self, want: Want<K>) {
        match &mut self.stage {
            // It remembers what is in the statistics already.
            Stage::Memory(acquire) => acquire.ask_again(want),
            stage @ Stage::Shared(_) => *stage = Stage::of(&self.core, want),
        }
    }
}

impl<K, V> Stage<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn of(core: &Arc<Core<K, V>>, want: Want<K>) -> Self {
        let engine = Arc::clone(&core.engine);
        match &core.remote {
            None => Self::Memory(Acquire::new(engine, want)),
            Some(remote) => Self::Shared(Box::pin(remote::reach(engine, Arc::clone(remote), want))),
        }
    }
}

impl<K, V> Future for Asking<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    type Output = Reached<K, V>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.stage {
            Stage::Memory(acquire) => Pin::new(acquire).poll(cx).map(|acquired| (acquired, None)),
            Stage::Shared(reach) => reach.as_mut().poll(cx),
        }
    }
}
