//! A store inside the process: the reference for what a store does, and a stand-in for a server in tests.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::store::{Added, KeyPattern, Seen, SharedStore, StoreError, StoreErrorKind, StoreFuture, Watcher};
use crate::clock::{Clock, Tick};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// A [`SharedStore`] inside the process, for tests of what uses one: it needs no server, and can be made to fail as one does.
///
/// Clones are handles to the same store, so two of them stand for what two processes would see.
///
/// Operations are atomic, all of them, and ready at once. A value is gone when its time to live has passed on the store's clock. Watchers
/// are told of that by the next operation on any key, since nothing runs in between; they are told of every other change before the
/// operation that made it returns. A watcher must not use the store from within a call.
///
/// ```
/// use cached_core::shared::{LocalStore, SharedStore, StoreErrorKind};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let (minute, within) = (Duration::from_secs(60), Duration::from_millis(100));
/// let store = LocalStore::new();
/// store.set("user:7".into(), b"Ann".to_vec(), minute, within).await.unwrap();
///
/// store.set_available(false);
/// let error = store.get(vec!["user:7".into()], within).await.unwrap_err();
/// assert_eq!(error.kind(), StoreErrorKind::Unavailable);
///
/// store.set_available(true);
/// assert_eq!(store.get(vec!["user:7".into()], within).await.unwrap(), [Some(b"Ann".to_vec())]);
/// # }
/// ```
#[derive(Clone)]
pub struct LocalStore {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    /// A reading of the clock and the time of day at it, in milliseconds.
    origin: (Tick, u64),
    operations: AtomicU64,
    state: Mutex<State>,
    /// Held while watchers are called, so that calls come one at a time. Never taken while `state` is held.
    watchers: Mutex<Vec<Watching>>,
}

struct State {
    table: Table,
    available: bool,
    full: bool,
    hangs: bool,
    /// Operations that wait for the end of a hang.
    waiting: Vec<Waker>,
}

struct Watching {
    prefixes: Vec<String>,
    watcher: Arc<dyn Watcher>,
}

impl LocalStore {
    /// An empty store on the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Clock::system())
    }

    /// An empty store on this clock: with a [`ManualClock`](crate::ManualClock), nothing expires until it is moved.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let table = Table { values: HashMap::new(), deadlines: BTreeSet::new(), changed: Vec::new(), now: clock.now() };
        let state = State { table, available: true, full: false, hangs: false, waiting: Vec::new() };
        let shared = Shared {
            origin: (clock.now(), milliseconds(time)),
            clock,
            operations: AtomicU64::new(0),
            state: Mutex::new(state),
            watchers: Mutex::new(Vec::new()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// From here on every operation fails with [`Unavailable`](StoreErrorKind::Unavailable), or no longer does. Watchers go down and up with it.
    pub fn set_available(&self, available: bool) {
        let watchers = self.shared.watchers.lock();
        if std::mem::replace(&mut self.shared.state.lock().available, available) != available {
            for Watching { watcher, .. } in watchers.iter() {
                if available { watcher.up() } else { watcher.down() }
            }
        }
    }

    /// From here on everything that stores a value fails with [`Refused`](StoreErrorKind::Refused); reading and removing work.
    pub fn set_full(&self, full: bool) {
        self.shared.state.lock().full = full;
    }

    /// From here on operations are not answered, as by a stopped process, until this is called with `false`: those that somebody still waits
    /// for then happen.
    pub fn hang(&self, hangs: bool) {
        let waiting = {
            let mut state = self.shared.state.lock();
            state.hangs = hangs;
            if hangs { Vec::new() } else { std::mem::take(&mut state.waiting) }
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// The value under this key, as it is stored. Works, as all that follows, whatever state the store is in, and counts as no operation.
    #[must_use]
    pub fn raw(&self, key: &str) -> Option<Vec<u8>> {
        self.directly(|table| table.get(key).cloned())
    }

    /// Stores these bytes, for ever: to see what becomes of foreign and damaged values.
    pub fn put_raw(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        self.directly(|table| table.put(key.to_owned(), bytes, Tick::NEVER));
    }

    /// All keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.directly(|table| table.values.keys().cloned().collect());
        keys.sort_unstable();
        keys
    }

    /// How many operations have been begun, those that failed included.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.shared.operations.load(Ordering::Relaxed)
    }

    fn directly<T>(&self, operation: impl FnOnce(&mut Table) -> T) -> T {
        let (result, changed) = self.shared.state.lock().table.run(self.shared.clock.now(), operation);
        self.report(&changed);
        result
    }

    fn operation<T: Send + 'static>(
        &self,
        stores: bool,
        operation: impl FnOnce(&mut Table) -> T + Send + 'static,
    ) -> StoreFuture<T> {
        let store = self.clone();
        Box::pin(async move {
            store.shared.operations.fetch_add(1, Ordering::Relaxed);
            poll_fn(|context| store.poll_awake(context)).await;
            let (result, changed) = {
                let mut state = store.shared.state.lock();
                if !state.available {
                    return Err(StoreError::new(
                        StoreErrorKind::Unavailable,
                        "the local store is set to be unavailable",
                    ));
                }
                if stores && state.full {
                    return Err(StoreError::new(StoreErrorKind::Refused, "the local store is set to be full"));
                }
                state.table.run(store.shared.clock.now(), operation)
            };
            store.report(&changed);
            Ok(result)
        })
    }

    fn poll_awake(&self, context: &Context<'_>) -> Poll<()> {
        let mut state = self.shared.state.lock();
        if !state.hangs {
            return Poll::Ready(());
        }
        state.waiting.push(context.waker().clone());
        Poll::Pending
    }

    /// While the store is unavailable watchers are down, and owed nothing.
    fn report(&self, changed: &[String]) {
        if changed.is_empty() {
            return;
        }
        for Watching { prefixes, watcher } in self.shared.watchers.lock().iter() {
            let theirs = |key: &&String| prefixes.iter().any(|prefix| key.starts_with(prefix));
            changed.iter().filter(theirs).for_each(|key| watcher.changed(key));
        }
    }
}

impl Default for LocalStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Without keys and values (G14).
impl fmt::Debug for LocalStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalStore").field("operations", &self.operations()).finish_non_exhaustive()
    }
}

impl SharedStore for LocalStore {
    fn get(&self, keys: Vec<String>, _: Duration) -> StoreFuture<Vec<Option<Vec<u8>>>> {
        self.operation(false, move |table| keys.iter().map(|key| table.get(key).cloned()).collect())
    }

    fn add(&self, key: String, value: Vec<u8>, ttl: Duration, over: Option<Seen>, _: Duration) -> StoreFuture<Added> {
        self.operation(true, move |table| match table.get(&key) {
            Some(present) if !over.is_some_and(|seen| seen.is(present)) => Added::Present(present.clone()),
            _ => {
                table.put_for(key, value, ttl);
                Added::Stored
            }
        })
    }

    fn swap(&self, key: String, prefix: Vec<u8>, value: Vec<u8>, ttl: Duration, _: Duration) -> StoreFuture<bool> {
        self.operation(true, move |table| {
            let swaps = table.begins_with(&key, &prefix);
            if swaps {
                table.put_for(key, value, ttl);
            }
            swaps
        })
    }

    fn remove_if(&self, key: String, prefix: Vec<u8>, _: Duration) -> StoreFuture<bool> {
        self.operation(false, move |table| table.begins_with(&key, &prefix) && table.remove(&key))
    }

    fn set(&self, key: String, value: Vec<u8>, ttl: Duration, _: Duration) -> StoreFuture<()> {
        self.operation(true, move |table| table.put_for(key, value, ttl))
    }

    fn get_or_add(&self, keys: Vec<String>, fresh: Vec<u8>, ttl: Duration, _: Duration) -> StoreFuture<Vec<Vec<u8>>> {
        self.operation(true, move |table| {
            let mut one = |key: String| match table.get(&key).cloned() {
                Some(present) => {
                    table.prolong(&key, ttl);
                    present
                }
                None => {
                    table.put_for(key, fresh.clone(), ttl);
                    fresh.clone()
                }
            };
            keys.into_iter().map(&mut one).collect()
        })
    }

    fn remove(&self, keys: Vec<String>, _: Duration) -> StoreFuture<()> {
        self.operation(false, move |table| {
            for key in &keys {
                table.remove(key);
            }
        })
    }

    fn remove_matching(&self, pattern: KeyPattern, _: Duration) -> StoreFuture<u64> {
        self.operation(false, move |table| {
            let keys: Vec<String> = table.values.keys().filter(|key| pattern.matches(key)).cloned().collect();
            keys.iter().map(|key| u64::from(table.remove(key))).sum()
        })
    }

    fn ping(&self, _: Duration) -> StoreFuture<()> {
        self.operation(false, |_| ())
    }

    fn now(&self) -> u64 {
        let (origin, time) = self.shared.origin;
        time.saturating_add(milliseconds(self.shared.clock.now().since(origin)))
    }

    fn watch(&self, prefixes: Vec<String>, watcher: Arc<dyn Watcher>) -> bool {
        let mut watchers = self.shared.watchers.lock();
        if self.shared.state.lock().available {
            watcher.up();
        }
        watchers.push(Watching { prefixes, watcher });
        true
    }

    fn describe(&self) -> String {
        String::from("local")
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The values, and when they go.
struct Table {
    values: HashMap<String, (Vec<u8>, Tick)>,
    /// The keys of what expires, the next one first.
    deadlines: BTreeSet<(Tick, String)>,
    /// What the operation under way has changed.
    changed: Vec<String>,
    /// The time of the operation under way.
    now: Tick,
}

impl Table {
    /// Runs an operation at this time; returns what changed with its result.
    fn run<T>(&mut self, now: Tick, operation: impl FnOnce(&mut Self) -> T) -> (T, Vec<String>) {
        self.now = now;
        while let Some((deadline, _)) = self.deadlines.first()
            && *deadline <= now
            && let Some((_, key)) = self.deadlines.pop_first()
        {
            self.values.remove(&key);
            self.changed.push(key);
        }
        let result = operation(self);
        (result, std::mem::take(&mut self.changed))
    }

    fn get(&self, key: &str) -> Option<&Vec<u8>> {
        self.values.get(key).map(|(value, _)| value)
    }

    fn begins_with(&self, key: &str, prefix: &[u8]) -> bool {
        self.get(key).is_some_and(|value| value.starts_with(prefix))
    }

    fn put_for(&mut self, key: String, value: Vec<u8>, ttl: Duration) {
        self.put(key, value, self.now.after(ttl));
    }

    fn put(&mut self, key: String, value: Vec<u8>, deadline: Tick) {
        self.remove(&key);
        // A removal that was followed by a value is one change.
        self.changed.pop_if(|last| *last == key);
        self.changed.push(key.clone());
        if deadline != Tick::NEVER {
            self.deadlines.insert((deadline, key.clone()));
        }
        self.values.insert(key, (value, deadline));
    }

    fn remove(&mut self, key: &str) -> bool {
        let Some((key, (_, deadline))) = self.values.remove_entry(key) else { return false };
        self.deadlines.remove(&(deadline, key.clone()));
        self.changed.push(key);
        true
    }

    /// Makes what is there live for at least `ttl` from now.
    fn prolong(&mut self, key: &str, ttl: Duration) {
        let until = self.now.after(ttl);
        let Some((key, (value, deadline))) = self.values.remove_entry(key) else { return };
        if deadline != Tick::NEVER {
            self.deadlines.remove(&(deadline, key.clone()));
        }
        let deadline = deadline.max(until);
        if deadline != Tick::NEVER {
            self.deadlines.insert((deadline, key.clone()));
        }
        self.values.insert(key, (value, deadline));
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests;
