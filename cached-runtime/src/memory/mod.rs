//! The memory engine: shards of entries with the loads under way beside them, one engine for threads and tasks.
//!
//! * A **hit** ([`Engine::get`]) searches a shard's [`table`] without a lock, compares the borrowed key, clones the value.
//! * A **miss** ([`load`]) registers a flight under the shard's lock, or joins one.
//! * A finished load is **stored** ([`store`]) under the same lock, if no invalidation came between.
//! * An **invalidation** ([`invalidate`]) removes entries and voids flights under the same lock, or moves a tag's epoch.
//!
//! Locks are taken in one order: shard, then flight or text index. No user code runs under them but `Eq`, `Clone` and the rendering
//! of keys; what leaves is dropped, and listeners are called, after they are released.

mod budget;
mod departures;
mod eviction;
mod invalidate;
mod load;
mod naming;
mod shard;
mod store;
mod table;
#[cfg(all(test, not(shuttle)))]
mod tests;
mod text_index;

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use self::budget::Budget;
use self::departures::Departures;
use self::eviction::Eviction;
pub use self::eviction::Policy;
pub(crate) use self::load::{Acquire, Acquired, Lead, Reuse, Want};
use self::shard::{Needs, Shard};
pub(crate) use self::store::Storing;
pub(crate) use self::table::AnyBox;
use self::text_index::TextIndex;
pub(crate) use self::text_index::WriteKey;
use crate::cause::EvictionCause;
use crate::clock::{Clock, Tick};
use crate::stats::{Counters, Stats};
use crate::sync::CachePadded;
use crate::tag::TagTable;

/// Called for every entry that leaves.
pub(crate) type Listener<K, V> = Box<dyn Fn(&K, &V, EvictionCause) + Send + Sync>;

/// What an engine is made from.
pub(crate) struct Setup<K, V> {
    /// For those who watch.
    pub(crate) name: String,
    pub(crate) capacity: u64,
    pub(crate) policy: Policy,
    pub(crate) clock: Clock,
    pub(crate) tagged: bool,
    /// How to render a key; makes entries reachable by text.
    pub(crate) text: Option<WriteKey<K>>,
    pub(crate) listener: Option<Listener<K, V>>,
    /// Fixed in tests that need one shard or a model checker's few.
    pub(crate) shards: Option<usize>,
}

/// One cache's entries and loads.
pub(crate) struct Engine<K, V> {
    /// Of the kind that mixes every bit: shard and slot are taken from different ones.
    hasher: foldhash::quality::RandomState,
    shards: Box<[CachePadded<Shard<K, V>>]>,
    budget: Budget,
    clock: Clock,
    tags: TagTable,
    tagged: bool,
    text: Option<TextIndex<K>>,
    listener: Option<Listener<K, V>>,
    pub(crate) counters: Counters,
}

/// Shards are chosen by the bits of a hash from this on, ...
const SHARD: u32 = 40;
/// ... and the slot in them by 32 bits from this on: those between what choosing a load takes, which are the highest and the lowest.
const IN_SHARD: u32 = 8;

#[inline]
fn in_shard(hash: u64) -> u32 {
    (hash >> IN_SHARD) as u32
}

/// As much of a hash as tells where its entry is, from a shard's number and the [part](in_shard) that is kept there.
fn whereabouts(shard: usize, in_shard: u32) -> u64 {
    (shard as u64) << SHARD | u64::from(in_shard) << IN_SHARD
}

/// Fewer entries than this do not deserve a shard of their own ...
const SHARD_WORTH: u64 = 256;
/// ... and where there are so many shards ...
const FEW_SHARDS: usize = 8;
/// ... fewer than this do not deserve another: what the policy remembers takes 8 KB at least in each, and hits need no shards.
const FURTHER_SHARD_WORTH: u64 = 1024;

fn shards_for(capacity: u64, cores: usize) -> usize {
    let shards_of = |entries: u64| 1 << usize::try_from(capacity / entries).unwrap_or(usize::MAX).max(1).ilog2();
    let most = (8 * cores).next_power_of_two();
    most.min(shards_of(SHARD_WORTH).min(FEW_SHARDS).max(shards_of(FURTHER_SHARD_WORTH)))
}

impl<K, V> Engine<K, V> {
    pub(crate) fn new(setup: Setup<K, V>) -> Self {
        let cores = || std::thread::available_parallelism().map_or(4, usize::from);
        let shards = setup.shards.unwrap_or_else(|| shards_for(setup.capacity, cores())).next_power_of_two();
        let policies = Eviction::for_shards(setup.policy, setup.capacity, shards);
        let needs = Needs { tags: setup.tagged, listener: setup.listener.is_some() };
        let share = usize::try_from(setup.capacity / shards as u64).unwrap_or(usize::MAX / 2);
        let shard = |policy| CachePadded(Shard::new(policy, share, needs));
        Self {
            hasher: foldhash::quality::RandomState::default(),
            shards: policies.map(shard).collect(),
            budget: Budget::new(setup.capacity),
            tags: TagTable::new(),
            tagged: setup.tagged,
            text: setup.text.map(|write| TextIndex::new(write, shards)),
            clock: setup.clock,
            listener: setup.listener,
            counters: Counters::new(&setup.name),
        }
    }

    /// The hash under which a key is kept, from whatever feeds the hasher as the key would.
    #[inline]
    pub(crate) fn hash(&self, feed: impl FnOnce(&mut foldhash::quality::FoldHasher<'_>)) -> u64 {
        let mut state = self.hasher.build_hasher();
        feed(&mut state);
        state.finish()
    }

    /// The other bits tell where in it: see [`in_shard`] and [`whereabouts`].
    #[inline]
    fn shard(&self, hash: u64) -> &Shard<K, V> {
        &self.shards[(hash >> SHARD) as usize & (self.shards.len() - 1)].0
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.budget.capacity()
    }

    pub(crate) fn weight(&self) -> u64 {
        self.budget.used()
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.len()).sum()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.counters.snapshot(self.len() as u64, self.weight())
    }

    pub(crate) fn has_text(&self) -> bool {
        self.text.is_some()
    }

    /// A key's text; `None` where keys have none.
    pub(crate) fn text_of(&self, key: &K) -> Option<String> {
        let mut text = String::new();
        (self.text.as_ref()?.write)(key, &mut text).ok()?;
        Some(text)
    }

    #[inline]
    fn now(&self) -> Tick {
        if self.clock.is_system() { table::now() } else { self.clock.now() }
    }

    /// A reading of the system's clock, by which garbage is collected, for `now` of this cache's.
    #[inline]
    fn tick(&self, now: Tick) -> Tick {
        if self.clock.is_system() { now } else { table::now() }
    }

    /// Removes everything that is dead. O(entries), one shard at a time.
    pub(crate) fn sweep(&self) {
        let now = self.now();
        for shard in &self.shards {
            let mut gone = Departures::none(self);
            let mut shard = shard.0.write();
            self.budget.release(shard.sweep_all(now, &mut gone));
            shard.reclaim(true, self.tick(now), &mut gone);
        }
    }

    /// Calls `visit` with key, value and remaining lifetime of every live entry. No lock is held meanwhile.
    pub(crate) fn visit(&self, mut visit: impl FnMut(&K, &V, u32, Option<Duration>)) {
        let now = self.now();
        for shard in &self.shards {
            let reading = shard.0.read();
            let entries = shard.0.entries(&reading);
            for (entry, weight) in entries.into_iter().filter(|(entry, _)| entry.dead(|| now).is_none()) {
                let left = (entry.deadline() != Tick::NEVER).then(|| entry.deadline().since(now));
                visit(entry.key(), entry.value(), weight, left);
            }
        }
    }

    /// The same with the keys' texts; nothing where keys have none.
    pub(crate) fn visit_texts(&self, mut visit: impl FnMut(String, u32, Option<Duration>)) {
        let Some(index) = &self.text else { return };
        self.visit(|key, _, weight, left| {
            let mut text = String::new();
            if (index.write)(key, &mut text).is_ok() {
                visit(text, weight, left);
            }
        });
    }

    /// Whether everything adds up; for tests, between operations.
    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn validate(&self) {
        let weight: u64 = self.shards.iter().map(|shard| shard.0.write().validate()).sum();
        assert_eq!(weight, self.budget.used(), "the budget is what the entries weigh");
        assert!(weight <= self.budget.capacity(), "G11");
        let loads: usize = self.shards.iter().map(|shard| shard.0.write().loading.len()).sum();
        let named: usize = self.shards.iter().map(|shard| shard.0.write().names()).sum();
        if let Some(index) = &self.text {
            assert_eq!(index.links(), named, "no text outlives its entry or load");
            if index.is_complete() {
                assert_eq!(named, self.len() + loads, "every entry and load has its text");
            }
        }
    }
}

impl<K, V: Clone> Engine<K, V> {
    /// The value under a key, if it is there and alive. Takes no lock; allocates nothing but what the value's `Clone` does.
    #[inline]
    pub(crate) fn get(&self, hash: u64, eq: impl Fn(&K) -> bool) -> Option<V> {
        let value = {
            let shard = self.shard(hash);
            let reading = shard.read();
            let entry = reading.find(in_shard(hash), eq)?;
            if entry.dead(|| self.now()).is_some() {
                return None;
            }
            shard.hit(&entry);
            entry.value().clone()
        };
        self.counters.hit();
        Some(value)
    }

    /// The same without leaving a trace: neither statistics nor the policy notice.
    pub(crate) fn peek(&self, hash: u64, eq: impl Fn(&K) -> bool) -> Option<V> {
        let reading = self.shard(hash).read();
        let entry = reading.find(in_shard(hash), eq)?;
        entry.dead(|| self.now()).is_none().then(|| entry.value().clone())
    }
}

impl<K, V> fmt::Debug for Engine<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}

/// An engine in the hands of a load: one of a function, which is there for ever, or one that others hold, too.
#[derive(Debug)]
pub(crate) enum Shared<K: 'static, V: 'static> {
    /// Not counted: taking and letting go of a count are locked instructions.
    Static(&'static Engine<K, V>),
    Counted(Arc<Engine<K, V>>),
}

impl<K, V> Clone for Shared<K, V> {
    #[inline]
    fn clone(&self) -> Self {
        match self {
            Self::Static(engine) => Self::Static(engine),
            Self::Counted(engine) => Self::Counted(Arc::clone(engine)),
        }
    }
}

impl<K, V> Deref for Shared<K, V> {
    type Target = Engine<K, V>;

    #[inline]
    fn deref(&self) -> &Engine<K, V> {
        match self {
            Self::Static(engine) => engine,
            Self::Counted(engine) => engine,
        }
    }
}

impl<K, V> From<Arc<Engine<K, V>>> for Shared<K, V> {
    fn from(engine: Arc<Engine<K, V>>) -> Self {
        Self::Counted(engine)
    }
}
