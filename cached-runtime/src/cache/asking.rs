//! Asking for a key, whatever stands behind the cache.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Core;
use crate::memory::{Acquire, Shared, Want};
use crate::remote::{self, Reached};

/// A question for a key under way, in memory alone or over a shared backend. Dropping it gives up one's place in line.
pub(crate) enum Asking<K, V>
where
    K: Eq + 'static,
    V: Clone + Send + Sync + 'static,
{
    Memory(Acquire<K, V>),
    Shared { core: Arc<Core<K, V>>, reach: Reach<K, V> },
}

type Reach<K, V> = Pin<Box<dyn Future<Output = Reached<K, V>> + Send>>;

impl<K, V> Asking<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new(core: &Arc<Core<K, V>>, want: Want<K>) -> Self {
        Self::through(Arc::clone(&core.engine).into(), core, want)
    }

    /// The same for a cache that is there for ever.
    pub(crate) fn forever(core: &'static Arc<Core<K, V>>, want: Want<K>) -> Self {
        Self::through(Shared::Static(&core.engine), core, want)
    }

    fn through(engine: Shared<K, V>, core: &Arc<Core<K, V>>, want: Want<K>) -> Self {
        match &core.remote {
            None => Self::Memory(Acquire::new(engine, want)),
            Some(remote) => {
                let reach = Box::pin(remote::reach(engine, Arc::clone(remote), want));
                Self::Shared { core: Arc::clone(core), reach }
            }
        }
    }

    /// Begins anew with a want that it gave back.
    pub(crate) fn ask_again(&mut self, want: Want<K>) {
        match self {
            // It remembers what is in the statistics already.
            Self::Memory(acquire) => acquire.ask_again(want),
            Self::Shared { core, .. } => *self = Self::new(&Arc::clone(core), want),
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
        match &mut *self {
            Self::Memory(acquire) => Pin::new(acquire).poll(cx).map(|acquired| (acquired, None)),
            Self::Shared { reach, .. } => reach.as_mut().poll(cx),
        }
    }
}
