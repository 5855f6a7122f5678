//! Stores with one fault each: the suite finds it, and every check is worth its place.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use super::*;
use crate::shared::LocalStore;
use crate::shared::store::{Added, KeyPattern, Seen, StoreError, StoreFuture, Watcher};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    CutsLongValues,
    AddOverwrites,
    AddForgetsOver,
    AddComparesLengthsOnly,
    AddLooksFirst,
    SwapIgnoresPrefix,
    SwapLooksFirst,
    SwapLivesForEver,
    RemoveIfIgnoresPrefix,
    GetOrAddOverwrites,
    GetOrAddLooksFirst,
    GetOrAddNeverProlongs,
    GetSortsKeys,
    GetFailsWithoutKeys,
    RemoveTakesTheFirst,
    RemoveTakesTheFirstLast,
    PatternsAreGlobs,
    PatternsEndAtAThousand,
    AnswersBeforeItIsDone,
    TtlInSeconds,
    TtlOutlivesItsValue,
    TtlOfANanosecondFails,
    ClockStands,
    PingFails,
    LosesCountAfterADrop,
    RunsFewAtATime,
    ReportsNoRemovals,
    CallsBeforeItSaysNo,
}
use Fault::*;

#[derive(Clone)]
struct Faulty {
    fault: Fault,
    inner: LocalStore,
    /// Operations under way.
    running: Arc<AtomicUsize>,
    /// A slot that one operation after a dropped one falls into.
    spoilt: Arc<AtomicBool>,
}

/// Sets the flag if it is dropped before its operation is over.
struct Spoils(Option<Arc<AtomicBool>>);

impl Drop for Spoils {
    fn drop(&mut self) {
        if let Some(flag) = &self.0 {
            flag.store(true, SeqCst);
        }
    }
}

const NOW: Duration = Duration::from_secs(1);

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self { fault, inner: LocalStore::new(), running: Arc::default(), spoilt: Arc::default() }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn ttl(&self, ttl: Duration) -> Duration {
        if self.is(TtlInSeconds) { Duration::from_secs(ttl.as_secs().max(1)) } else { ttl }
    }
}

fn refused<T>(message: &str) -> Result<T, StoreError> {
    Err(StoreError::new(crate::shared::StoreErrorKind::Refused, message))
}

impl SharedStore for Faulty {
    fn get(&self, mut keys: Vec<String>, within: Duration) -> StoreFuture<Vec<Option<Vec<u8>>>> {
        if self.is(GetSortsKeys) {
            keys.sort();
        }
        let this = self.clone();
        Box::pin(async move {
            if this.is(GetFailsWithoutKeys) && keys.is_empty() {
                return refused("wrong number of arguments");
            }
            if this.is(RunsFewAtATime) {
                if this.running.fetch_add(1, SeqCst) > 100 {
                    return refused("too many");
                }
                tokio::task::yield_now().await;
                this.running.fetch_sub(1, SeqCst);
            }
            if this.is(LosesCountAfterADrop) {
                let mut spoils = Spoils(Some(Arc::clone(&this.spoilt)));
                if this.spoilt.swap(false, SeqCst) {
                    spoils.0 = None;
                    return Ok(vec![None; keys.len()]);
                }
                tokio::task::yield_now().await;
                tokio::task::yield_now().await;
                spoils.0 = None;
            }
            this.inner.get(keys, within).await
        })
    }

    fn add(&self, key: String, value: Vec<u8>, ttl: Duration, over: Option<Seen>, _: Duration) -> StoreFuture<Added> {
        let (this, ttl) = (self.clone(), self.ttl(ttl));
        Box::pin(async move {
            let over = match over {
                _ if this.is(AddForgetsOver) => None,
                Some(seen) if this.is(AddComparesLengthsOnly) => Some(Seen { prefix: Vec::new(), ..seen }),
                over => over,
            };
            if this.is(AddOverwrites) {
                return this.inner.set(key, value, ttl, NOW).await.map(|()| Added::Stored);
            }
            if this.is(AddLooksFirst) {
                let present = this.inner.raw(&key);
                tokio::task::yield_now().await;
                return match present {
                    Some(present) if !over.is_some_and(|seen| seen.is(&present)) => Ok(Added::Present(present)),
                    _ => this.inner.set(key, value, ttl, NOW).await.map(|()| Added::Stored),
                };
            }
            this.inner.add(key, value, ttl, over, NOW).await
        })
    }

    fn swap(&self, key: String, prefix: Vec<u8>, value: Vec<u8>, ttl: Duration, _: Duration) -> StoreFuture<bool> {
        let this = self.clone();
        Box::pin(async move {
            let ttl = if this.is(SwapLivesForEver) { Duration::MAX } else { this.ttl(ttl) };
            if this.is(SwapIgnoresPrefix) {
                return this.inner.swap(key, Vec::new(), value, ttl, NOW).await;
            }
            if this.is(SwapLooksFirst) {
                let swaps = this.inner.raw(&key).is_some_and(|present| present.starts_with(&prefix));
                tokio::task::yield_now().await;
                if swaps {
                    this.inner.set(key, value, ttl, NOW).await?;
                }
                return Ok(swaps);
            }
            this.inner.swap(key, prefix, value, ttl, NOW).await
        })
    }

    fn remove_if(&self, key: String, prefix: Vec<u8>, within: Duration) -> StoreFuture<bool> {
        self.inner.remove_if(key, if self.is(RemoveIfIgnoresPrefix) { Vec::new() } else { prefix }, within)
    }

    fn set(&self, key: String, mut value: Vec<u8>, ttl: Duration, _: Duration) -> StoreFuture<()> {
        if self.is(CutsLongValues) {
            value.truncate(100_000);
        }
        if self.is(TtlOfANanosecondFails) && ttl < Duration::from_millis(1) {
            return Box::pin(async { refused("invalid expire time") });
        }
        let this = self.clone();
        Box::pin(async move {
            let ttl = this.ttl(ttl);
            if this.is(AnswersBeforeItIsDone) {
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    let _ = this.inner.set(key, value, ttl, NOW).await;
                });
                return Ok(());
            }
            if this.is(TtlOutlivesItsValue) && this.inner.raw(&key).is_some() {
                // Whatever is there keeps its deadline.
                return this.inner.swap(key, Vec::new(), value, Duration::from_millis(50), NOW).await.map(drop);
            }
            this.inner.set(key, value, ttl, NOW).await
        })
    }

    fn get_or_add(&self, keys: Vec<String>, fresh: Vec<u8>, ttl: Duration, _: Duration) -> StoreFuture<Vec<Vec<u8>>> {
        let (this, ttl) = (self.clone(), self.ttl(ttl));
        Box::pin(async move {
            let mut values = Vec::new();
            for key in keys {
                let present = this.inner.raw(&key).filter(|_| !this.is(GetOrAddOverwrites));
                if this.is(GetOrAddLooksFirst) {
                    tokio::task::yield_now().await;
                }
                values.push(match present {
                    Some(present) if this.is(GetOrAddNeverProlongs) => present,
                    Some(_) => this.inner.get_or_add(vec![key], fresh.clone(), ttl, NOW).await?.remove(0),
                    None => {
                        this.inner.set(key, fresh.clone(), ttl, NOW).await?;
                        fresh.clone()
                    }
                });
            }
            Ok(values)
        })
    }

    fn remove(&self, mut keys: Vec<String>, within: Duration) -> StoreFuture<()> {
        if self.is(RemoveTakesTheFirst) {
            keys.truncate(1);
        }
        let this = self.clone();
        Box::pin(async move {
            if this.is(RemoveTakesTheFirstLast) {
                keys.reverse();
                for key in keys {
                    this.inner.remove(vec![key], within).await?;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                return Ok(());
            }
            this.inner.remove(keys, within).await
        })
    }

    fn remove_matching(&self, pattern: KeyPattern, within: Duration) -> StoreFuture<u64> {
        let this = self.clone();
        Box::pin(async move {
            if this.is(PatternsEndAtAThousand) {
                let keys: Vec<String> =
                    this.inner.keys().into_iter().filter(|key| pattern.matches(key)).take(1000).collect();
                let removed = keys.len() as u64;
                return this.inner.remove(keys, within).await.map(|()| removed);
            }
            let pattern = match this.is(PatternsAreGlobs) {
                true => KeyPattern::new(pattern.as_str().replace('?', "*")),
                false => pattern,
            };
            this.inner.remove_matching(pattern, within).await
        })
    }

    fn ping(&self, within: Duration) -> StoreFuture<()> {
        if self.is(PingFails) { Box::pin(async { refused("no permission") }) } else { self.inner.ping(within) }
    }

    fn now(&self) -> u64 {
        if self.is(ClockStands) { 1_700_000_000_000 } else { self.inner.now() }
    }

    fn watch(&self, prefixes: Vec<String>, watcher: Arc<dyn Watcher>) -> bool {
        if self.is(CallsBeforeItSaysNo) {
            watcher.up();
            return false;
        }
        let heard = Deaf { store: self.inner.clone(), to_removals: self.is(ReportsNoRemovals), watcher };
        self.inner.watch(prefixes, Arc::new(heard))
    }

    fn describe(&self) -> String {
        format!("{:?}", self.fault)
    }
}

struct Deaf {
    store: LocalStore,
    to_removals: bool,
    watcher: Arc<dyn Watcher>,
}

impl Watcher for Deaf {
    fn up(&self) {
        self.watcher.up();
    }
    fn changed(&self, key: &str) {
        if !self.to_removals || self.store.raw(key).is_some() {
            self.watcher.changed(key);
        }
    }
    fn all_changed(&self) {
        self.watcher.all_changed();
    }
    fn down(&self) {
        self.watcher.down();
    }
}

/// Each fault, and checks that find it.
const FOUND: &[(Fault, &[&str])] = &[
    (CutsLongValues, &["values_come_back"]),
    (AddOverwrites, &["add_stores_where_nothing_is", "one_of_many_adds"]),
    (AddForgetsOver, &["add_stores_over_what_was_seen", "one_of_many_takes_over"]),
    (AddComparesLengthsOnly, &["add_stores_over_what_was_seen"]),
    (AddLooksFirst, &["one_of_many_adds", "one_of_many_takes_over"]),
    (SwapIgnoresPrefix, &["swap_replaces_by_prefix", "one_of_many_swaps", "one_of_many_removes"]),
    (SwapLooksFirst, &["one_of_many_swaps", "one_of_many_removes"]),
    (SwapLivesForEver, &["values_expire", "the_last_ttl_counts"]),
    (RemoveIfIgnoresPrefix, &["remove_if_removes_by_prefix"]),
    (GetOrAddOverwrites, &["get_or_add_keeps_what_is_there"]),
    (GetOrAddLooksFirst, &["all_get_what_one_added"]),
    (GetOrAddNeverProlongs, &["get_or_add_prolongs"]),
    (GetSortsKeys, &["get_answers_in_order"]),
    (GetFailsWithoutKeys, &["lists_may_be_empty"]),
    (RemoveTakesTheFirst, &["remove_takes_what_there_is"]),
    (RemoveTakesTheFirstLast, &["remove_begins_with_the_first"]),
    (PatternsAreGlobs, &["only_the_star_is_a_wildcard"]),
    (PatternsEndAtAThousand, &["patterns_reach_thousands"]),
    (AnswersBeforeItIsDone, &["answers_are_seen_by_who_asks_next", "values_come_back"]),
    (TtlInSeconds, &["values_expire", "the_last_ttl_counts", "ttls_may_be_short_and_long"]),
    (TtlOutlivesItsValue, &["the_last_ttl_counts"]),
    (TtlOfANanosecondFails, &["ttls_may_be_short_and_long"]),
    (ClockStands, &["the_clock_runs"]),
    (PingFails, &["it_answers"]),
    (LosesCountAfterADrop, &["dropped_operations_disturb_no_others"]),
    (RunsFewAtATime, &["many_at_a_time"]),
    (ReportsNoRemovals, &["changes_are_reported"]),
    (CallsBeforeItSaysNo, &["changes_are_reported"]),
];

fn block_on<T>(future: impl Future<Output = T>) -> T {
    // Whatever the executor: the work happens on the crate's own thread.
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn run(name: &str, fault: Fault) -> Result<(), Failure> {
    let check = CHECKS.iter().find(|check| check.name() == name).unwrap_or_else(|| panic!("no check {name}"));
    block_on(check.run(Arc::new(Faulty::new(fault)), "test:"))
}

#[test]
fn each_fault_is_found_and_each_check_finds_one() {
    let mut useful = BTreeSet::new();
    for (fault, checks) in FOUND {
        for name in *checks {
            let found = run(name, *fault);
            assert!(found.is_err(), "{name} does not find {fault:?}");
            useful.insert(*name);
        }
    }
    let all: BTreeSet<&str> = CHECKS.iter().map(Check::name).collect();
    assert_eq!(useful, all);
}

#[test]
fn without_a_fault_nothing_is_found() {
    assert!(CHECKS.iter().all(|check| run(check.name(), Nothing).is_ok()));
}

#[test]
fn a_report_names_the_check_the_obligation_and_what_was_found() {
    let failures = block_on(verify(Arc::new(Faulty::new(PingFails)), "test:")).unwrap_err();
    let names: Vec<&str> = failures.iter().map(Failure::check).collect();
    assert_eq!(names, ["the_clock_runs", "it_answers"]);
    let text = format!("{failures:?}");
    assert!(
        text.contains("it_answers: `ping` succeeds") && text.contains("found: ping failed: no permission"),
        "{text}"
    );
}

#[test]
fn a_store_that_is_down_is_an_error_for_every_check() {
    let store = LocalStore::new();
    store.set_available(false);
    let failures = block_on(verify(Arc::new(store), "test:")).unwrap_err();
    assert_eq!(failures.iter().len(), CHECKS.len());
}
