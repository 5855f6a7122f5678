//! Calls over a shared backend: one mechanism for sync and async, for `redis` and `tiered`.
//!
//! * `read` asks the store for a key and judges what is there: a value, another's lease, nothing of use.
//! * `reach` is the way of a call: read, join, or take the lease.
//! * `grant` is the right to fill, and what becomes of it.
//! * `kept` is what a memory cache before the store does when the store reports a change.
//!
//! The protocol is that of Facebook's memcached leases ("Scaling Memcache at Facebook", 2013) in the form of rueidisaside: a placeholder under the key
//! while the load runs, and a compare-and-set to fill. An invalidation takes the placeholder away, so that a load which it overtook has
//! nothing left to fill (G8).

mod counters;
mod grant;
mod kept;
mod reach;
mod read;

use std::sync::{Arc, Weak};
use std::time::Duration;

pub(crate) use self::grant::Grant;
pub(crate) use self::reach::{Reached, reach};
pub(crate) use crate::shared::{Ack, Backend, Lost, Wire};

use self::counters::SharedCounters;
use crate::memory::Engine;
use crate::policy::Sharing;
use crate::shared::Front;
use crate::stats::Stats;

/// The longest that anything is stored.
const MOST: Duration = Duration::from_secs(365 * 24 * 3600);

/// One cache's part of a shared backend.
pub(crate) struct Remote<V> {
    backend: Arc<Backend>,
    wire: Wire<V>,
    sharing: Sharing,
    /// Memory before the store, if there is any.
    front: Option<Arc<Front>>,
    counters: SharedCounters,
}

impl<V: Send + Sync + 'static> Remote<V> {
    /// The part of the cache that `engine` is the memory of; `tiered` if that is to stand in front of the store. All texts of its keys begin
    /// with `prefix`.
    pub(crate) fn behind<K>(
        engine: &Arc<Engine<K, V>>,
        prefix: &str,
        backend: Arc<Backend>,
        wire: Wire<V>,
        tiered: bool,
        sharing: Sharing,
    ) -> Self
    where
        K: Eq + Send + Sync + 'static,
    {
        let front = tiered.then(|| backend.front()).flatten();
        if let Some(front) = &front {
            let engine: Weak<Engine<K, V>> = Arc::downgrade(engine);
            front.keep(prefix.to_owned(), engine);
        }
        Self { backend, wire, sharing, front, counters: SharedCounters::default() }
    }
}

impl<V> Remote<V> {
    /// Whether memory may answer without asking the store.
    #[inline]
    pub(crate) fn is_front_open(&self) -> bool {
        self.front.as_ref().is_some_and(|front| front.is_open())
    }

    pub(crate) fn backend(&self) -> &Arc<Backend> {
        &self.backend
    }

    /// Adds what was counted here to the memory engine's figures.
    pub(crate) fn add_to(&self, stats: &mut Stats) {
        self.counters.add_to(stats);
    }

    /// How long tags' generations are kept: longer than any load and the entry that it brings, because an entry without them is dead.
    fn tag_lifetime(&self) -> Duration {
        let longest = self.sharing.longest.unwrap_or(MOST).min(MOST);
        2 * longest + Duration::from_secs(3600)
    }
}
