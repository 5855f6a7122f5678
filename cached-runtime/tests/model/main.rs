//! The runtime under a model checker: each test runs the same few threads under thousands of schedules, chosen at random and by
//! probabilistic concurrency testing, which preempts rarely but anywhere.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test -p cached-runtime --release --test model --target-dir target/shuttle
//! ```
//!
//! A schedule in which everybody waits for somebody is reported as a deadlock, so a waiter that nobody wakes fails every test
//! here. Each test says which change to the runtime it was seen to catch.
#![cfg(shuttle)]

mod readers;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use cached_runtime::__private::{self as rt, via::*};
use cached_runtime::{Cache, CacheBuilder, CacheHandle, EvictionCause, Policy};
use shuttle::future;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicU64, Ordering::SeqCst};
use shuttle::thread::{self, JoinHandle};

const SCHEDULES: usize = 2_000;
/// How many preemptions the second strategy spends on each run.
const DEPTH: usize = 3;

fn explore(test: impl Fn() + Send + Sync + 'static) {
    let test = Arc::new(test);
    let again = Arc::clone(&test);
    shuttle::check_random(move || test(), SCHEDULES);
    shuttle::check_pct(move || again(), SCHEDULES, DEPTH);
}

fn join(threads: impl IntoIterator<Item = JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().expect("a thread of the test panicked"));
}

/// Panics without a message: the checker takes one for a failure.
fn panic_quietly() -> ! {
    resume_unwind(Box::new("on purpose"))
}

/// A row of a database with a version number for content.
#[derive(Clone, Default)]
struct Source(Arc<Row>);

#[derive(Default)]
struct Row {
    version: AtomicU64,
    /// The last version whose invalidation has returned.
    acknowledged: AtomicU64,
    reads: AtomicU64,
}

impl Source {
    fn read(&self) -> u64 {
        self.0.reads.fetch_add(1, SeqCst);
        let version = self.0.version.load(SeqCst);
        thread::yield_now(); // the way back takes its time
        version
    }

    fn reads(&self) -> u64 {
        self.0.reads.load(SeqCst)
    }

    /// Changes the row, then has the cache told about it.
    fn write(&self, tell: impl FnOnce(u64)) {
        let version = self.0.version.fetch_add(1, SeqCst) + 1;
        tell(version);
        self.0.acknowledged.fetch_max(version, SeqCst);
    }

    /// G7: whatever `call` returns is no older than what was acknowledged before the call.
    fn expect_fresh(&self, call: impl FnOnce() -> u64) {
        let acknowledged = self.0.acknowledged.load(SeqCst);
        let version = call();
        assert!(version >= acknowledged, "G7: version {version} after {acknowledged} was acknowledged");
    }
}

const KEY: u64 = 7;
const TAG: &str = "row";

// The guarantees of the tests are G7 and G8 unless they say otherwise. "Fails if" names what was broken, once, to see it fail.

/// The builder of a cache whose entries carry [`TAG`], known only from the value.
fn tagged() -> CacheBuilder<u64, u64> {
    Cache::builder().name("rows").capacity(4).tags(|_, _| [TAG])
}

/// Two readers, one of them a task, and a writer that tells the cache after each write and reads what it wrote; then a look at
/// what was left behind (G8).
fn readers_and_a_writer(cache: &Cache<u64, u64>, tell: impl Fn(&Cache<u64, u64>, u64) + Send + 'static) {
    let source = Source::default();
    let reader = {
        let (cache, source) = (cache.clone(), source.clone());
        thread::spawn(move || {
            source.expect_fresh(|| cache.get_or_load(&KEY, || source.read()));
            source.expect_fresh(|| cache.get(&KEY).unwrap_or(u64::MAX));
        })
    };
    let task = {
        let (cache, source) = (cache.clone(), source.clone());
        thread::spawn(move || {
            let load = || async {
                future::yield_now().await;
                source.read()
            };
            source.expect_fresh(|| future::block_on(cache.get_or_load_async(&KEY, load)));
        })
    };
    let writer = {
        let (cache, source) = (cache.clone(), source.clone());
        thread::spawn(move || {
            for _ in 0..2 {
                source.write(|version| tell(&cache, version));
                source.expect_fresh(|| cache.get_or_load(&KEY, || source.read()));
            }
        })
    };
    join([reader, task, writer]);
    source.expect_fresh(|| cache.get(&KEY).unwrap_or(u64::MAX));
    source.expect_fresh(|| cache.get_or_load(&KEY, || source.read()));
}

/// Fails if an invalidation of a key leaves the loads under way alone.
#[test]
fn an_invalidated_key_is_gone() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, _| cache.invalidate(&KEY).wait());
    });
}

/// Fails if an invalidation of a text leaves the loads under way alone.
#[test]
fn an_invalidated_text_is_gone() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, _| cache.handle().invalidate("rows:7").wait());
    });
}

/// Two who invalidate one text at once: who comes second, and finds that the text is gone, finds the entry gone, too. Fails if an entry leaves
/// the text index before readers cannot find it any more.
#[test]
fn a_text_is_not_gone_before_its_entry() {
    explore(|| {
        let (cache, source) = (tagged().build(), Source::default());
        let writers = [0, 1].map(|_| {
            let (cache, source) = (cache.clone(), source.clone());
            thread::spawn(move || {
                source.write(|_| cache.handle().invalidate("rows:7").wait());
                source.expect_fresh(|| cache.get(&KEY).unwrap_or(u64::MAX));
            })
        });
        source.expect_fresh(|| cache.get_or_load(&KEY, || source.read()));
        source.expect_fresh(|| cache.get_or_load(&KEY, || source.read()));
        join(writers);
    });
}

/// The first who names a text makes the index of all, while others come and go. Fails if what is added meanwhile is not indexed, if the entries
/// that were there are indexed before what is added, or if who comes second does not wait.
#[test]
fn a_text_finds_what_was_there_whoever_asks_first() {
    explore(|| {
        let cache = tagged().capacity(8).build();
        (1..=2).for_each(|key| cache.insert(key, 0));
        let others: Vec<_> = (3..=5)
            .map(|key| {
                let cache = cache.clone();
                thread::spawn(move || {
                    let old = if key == 3 { 1 } else { key };
                    cache.insert(key, 1);
                    cache.insert(old, 1);
                    let removed = cache.handle().invalidate(&format!("rows:{old}"));
                    assert_eq!((removed.removed(), cache.get(&old)), (1, None));
                })
            })
            .collect();
        join(others);
        for key in [2, 3] {
            assert_eq!(cache.handle().invalidate(&format!("rows:{key}")).removed(), 1, "{key}");
        }
        assert!(cache.is_empty());
    });
}

/// Fails if the loads under way are left alone, or are voided only after the entries were looked at.
#[test]
fn an_invalidated_pattern_is_gone() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, _| cache.invalidate_matching("rows:*").wait());
    });
}

#[test]
fn a_cleared_cache_has_nothing_from_before() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, _| cache.clear().wait());
    });
}

/// Fails if the epoch is captured after the load instead of before, or if whether the tags stand is only looked at before the
/// load leaves the table: somebody may join in between.
#[test]
fn an_invalidated_tag_of_the_value_is_gone() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, _| cache.invalidate_tag(TAG).wait());
    });
}

/// Other tags come and go meanwhile, and with them the memory of what was invalidated; only the floor remains. Fails if new cells
/// start at zero instead of the floor, or if cells are collected that an entry still refers to.
#[test]
fn a_forgotten_tag_is_still_gone() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, version| {
            cache.invalidate_tag(TAG).wait();
            for other in 0..3 {
                cache.invalidate_tag(&format!("{version}:{other}")).wait();
            }
        });
    });
}

/// Fails if the owner's word leaves the loads under way their right to store.
#[test]
fn an_inserted_value_is_not_overwritten_by_a_load_that_began_before() {
    explore(|| {
        readers_and_a_writer(&tagged().build(), |cache, version| cache.insert(KEY, version));
    });
}

/// Fails if a value that is not stored is taken to carry no tags.
#[test]
fn what_is_not_stored_reaches_nobody_who_came_after_an_invalidation() {
    let unstored = || tagged().ttl(std::time::Duration::ZERO).build();
    explore(move || readers_and_a_writer(&unstored(), |cache, _| cache.invalidate(&KEY).wait()));
    explore(move || readers_and_a_writer(&unstored(), |cache, _| cache.invalidate_tag(TAG).wait()));
}

/// What `#[cache(key = "row:{id}", tags = ["row"])]` makes of a function: a tag that is known before the load.
fn row(site: &'static rt::Site, id: u64, load: impl FnOnce() -> u64) -> u64 {
    #[allow(clippy::needless_borrow, reason = "the references choose the trait, as in generated code")]
    let found = site.call(((&&rt::Part(&id)).part(),)).begin(
        (&&&&&&rt::Returns::<u64>::NEW).shape(),
        || rt::Options::new().capacity(4).tagged(),
        |tags| tags.add(TAG.to_owned()),
    );
    let begun = match found {
        Ok(output) => return output,
        Err(begun) => begun,
    };
    let mut flight = match begun.wait() {
        rt::Lookup::Found(output) => return output,
        rt::Lookup::Lead(flight) => flight,
    };
    let output = flight.run(load);
    flight.finish(output, |_| {})
}

/// A site of this run's own: the checker's locks do not outlive a run. It leaks, as every site does.
fn site() -> &'static rt::Site {
    Box::leak(Box::new(rt::Site::new(rt::Meta {
        module: module_path!(),
        name: "row",
        template: rt::Template::new(&["row:", ""]),
        default_key: false,
        backend: "memory",
        is_async: false,
    })))
}

/// Fails if the epoch is captured after the load instead of before.
#[test]
fn an_invalidated_tag_of_the_arguments_is_gone() {
    explore(|| {
        let (site, source) = (site(), Source::default());
        // The first load of all goes astray, so that its line of waiters goes on with a later epoch.
        let astray = Arc::new(AtomicU64::new(1));
        let reader = || {
            let (source, astray) = (source.clone(), Arc::clone(&astray));
            thread::spawn(move || {
                for _ in 0..2 {
                    let load = || {
                        let version = source.read();
                        if astray.swap(0, SeqCst) == 1 { panic_quietly() } else { version }
                    };
                    let call = || source.expect_fresh(|| row(site, KEY, load));
                    let _ = catch_unwind(AssertUnwindSafe(call)).map_err(expect_quiet);
                }
            })
        };
        let writer = {
            let source = source.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    source.write(|_| CacheHandle::of(site).invalidate_tag(TAG).wait());
                    source.expect_fresh(|| row(site, KEY, || source.read()));
                }
            })
        };
        join([reader(), reader(), writer]);
        source.expect_fresh(|| row(site, KEY, || source.read()));
    });
}

fn expect_quiet(panic: Box<dyn std::any::Any + Send>) {
    if panic.downcast_ref() != Some(&"on purpose") {
        resume_unwind(panic)
    }
}

/// G5: however many ask, threads and tasks, one loads, and the statistics say so.
#[test]
fn one_load_answers_all_who_ask() {
    explore(|| {
        let (cache, source) = (tagged().build(), Source::default());
        let threads = (0..2).map(|_| {
            let (cache, source) = (cache.clone(), source.clone());
            thread::spawn(move || assert_eq!(cache.get_or_load(&KEY, || source.read()), 0))
        });
        let tasks: Vec<_> = (0..2)
            .map(|_| {
                let (cache, source) = (cache.clone(), source.clone());
                future::spawn(async move { cache.get_or_load_async(&KEY, || async { source.read() }).await })
            })
            .collect();
        join(threads.collect::<Vec<_>>());
        tasks.into_iter().for_each(|task| assert_eq!(future::block_on(task).expect("a task"), 0));
        let stats = cache.stats();
        assert_eq!((source.reads(), stats.loads), (1, 1));
        assert_eq!(stats.hits + stats.misses, 4);
        assert_eq!(stats.coalesced, stats.misses - 1);
    });
}

/// How a leader may go away without a result.
#[derive(Clone, Copy)]
enum Away {
    Panics,
    /// Its future is dropped after this many polls.
    Cancelled(usize),
}

fn go_away(cache: &Cache<u64, u64>, source: &Source, how: Away) {
    match how {
        Away::Panics => {
            let load = || {
                source.read();
                panic_quietly()
            };
            let call = || cache.get_or_load(&KEY, load);
            let _ = catch_unwind(AssertUnwindSafe(call)).map_err(expect_quiet);
        }
        Away::Cancelled(polls) => {
            let load = || async {
                future::yield_now().await;
                future::yield_now().await;
                source.read()
            };
            let mut call = pin!(cache.get_or_load_async(&KEY, load));
            for _ in 0..polls {
                if call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                    break;
                }
                thread::yield_now();
            }
        }
    }
}

/// G5: whoever goes away, as leader, as waiter or with the lead just handed over, those who stay get their value. Fails if a
/// leader does not hand over, if a waiter keeps the lead that it was handed, or if the waiters of a voided load are not told.
fn some_go_away(how: [Away; 2], tell: Option<fn(&Cache<u64, u64>)>) {
    explore(move || {
        let (cache, source) = (tagged().build(), Source::default());
        let leaving = how.map(|how| {
            let (cache, source) = (cache.clone(), source.clone());
            thread::spawn(move || go_away(&cache, &source, how))
        });
        let staying = {
            let (cache, source) = (cache.clone(), source.clone());
            thread::spawn(move || source.expect_fresh(|| cache.get_or_load(&KEY, || source.read())))
        };
        let task = {
            let (cache, source) = (cache.clone(), source.clone());
            thread::spawn(move || {
                let call = cache.get_or_load_async(&KEY, || async { source.read() });
                source.expect_fresh(|| future::block_on(call));
            })
        };
        if let Some(tell) = tell {
            source.write(|_| tell(&cache));
        }
        join(leaving);
        join([staying, task]);
        source.expect_fresh(|| cache.get(&KEY).unwrap_or(u64::MAX));
    });
}

#[test]
fn a_leader_that_panics_hands_over() {
    some_go_away([Away::Panics, Away::Panics], None);
}

#[test]
fn a_leader_that_is_cancelled_hands_over() {
    some_go_away([Away::Cancelled(1), Away::Cancelled(2)], None);
    some_go_away([Away::Cancelled(1), Away::Panics], None);
}

#[test]
fn an_invalidation_reaches_a_load_that_is_being_handed_over() {
    some_go_away([Away::Panics, Away::Cancelled(1)], Some(|cache| cache.invalidate(&KEY).wait()));
    some_go_away([Away::Panics, Away::Cancelled(1)], Some(|cache| cache.invalidate_tag(TAG).wait()));
    some_go_away([Away::Cancelled(1), Away::Cancelled(2)], Some(|cache| cache.clear().wait()));
}

/// G1, G5. Fails if a load that failed wakes nobody.
#[test]
fn an_error_is_shared_and_never_stored() {
    explore(|| {
        let (cache, loads) = (tagged().build(), Arc::new(AtomicU64::new(0)));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (cache, loads) = (cache.clone(), Arc::clone(&loads));
                thread::spawn(move || {
                    let load = || Err::<u64, u64>(loads.fetch_add(1, SeqCst));
                    let failed = cache.get_or_try_load_shared(&KEY, load);
                    assert!(failed.is_err_and(|load| load < loads.load(SeqCst)));
                })
            })
            .collect();
        join(callers);
        assert!(cache.is_empty());
        let stats = cache.stats();
        assert_eq!((stats.misses, stats.loads), (3, loads.load(SeqCst)));
        assert_eq!(stats.load_errors, stats.loads);
        assert!((1..=3).contains(&stats.loads));
    });
}

/// G5: waiters that cannot share an error load for themselves; the first that succeeds answers those who have not begun.
#[test]
fn without_sharing_each_waiter_loads_for_itself() {
    explore(|| {
        let (cache, loads) = (tagged().build(), Arc::new(AtomicU64::new(0)));
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (cache, loads) = (cache.clone(), Arc::clone(&loads));
                thread::spawn(move || {
                    let load = || match loads.fetch_add(1, SeqCst) {
                        0 => Err(0),
                        later => Ok(later),
                    };
                    match cache.get_or_try_load(&KEY, load) {
                        Ok(value) => assert!((1..3).contains(&value)),
                        Err(error) => assert_eq!(error, 0, "an error that somebody else was given"),
                    }
                })
            })
            .collect();
        join(callers);
        let stats = cache.stats();
        assert_eq!(stats.load_errors, 1);
        assert_eq!(stats.hits + stats.misses, 3);
        assert_eq!(stats.loads, loads.load(SeqCst));
    });
}

/// G5: loads that need each other, from any side, come to an end. Fails if circles of waiting loads are not refused.
#[test]
fn loads_that_need_each_other_do_not_wait_for_each_other() {
    /// `key` needs `key + 1`, and the last one the first.
    fn ring(cache: &Cache<u64, u64>, key: u64, depth: u64) -> u64 {
        cache.get_or_load(&key, || if depth == 0 { 0 } else { ring(cache, (key + 1) % 3, depth - 1) })
    }
    explore(|| {
        let cache: Cache<u64, u64> = Cache::builder().capacity(4).build();
        let callers: Vec<_> = (0..3)
            .map(|key| {
                let cache = cache.clone();
                thread::spawn(move || assert_eq!(ring(&cache, key, 4), 0))
            })
            .collect();
        join(callers);
    });
}

#[test]
fn tasks_whose_loads_need_each_other_do_not_wait_for_each_other() {
    async fn other(cache: &Cache<u64, u64>, key: u64) -> u64 {
        let load = || async move {
            future::yield_now().await;
            Box::pin(cache.get_or_load_async(&(1 - key), || async move {
                Box::pin(cache.get_or_load_async(&key, || async { 5 })).await
            }))
            .await
        };
        cache.get_or_load_async(&key, load).await
    }
    explore(|| {
        let cache: Cache<u64, u64> = Cache::builder().capacity(4).build();
        let tasks: Vec<_> = (0..2)
            .map(|key| {
                let cache = cache.clone();
                future::spawn(async move { other(&cache, key).await })
            })
            .collect();
        tasks.into_iter().for_each(|task| assert_eq!(future::block_on(task).expect("a task"), 5));
    });
}

/// G11, and that whatever was put in is there, or was reported gone, once, or is counted as having found no room.
fn crowded(capacity: u64, weight: u32, policy: Policy) {
    explore(move || {
        let gone = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&gone);
        let cache: Cache<u64, u64> = Cache::builder()
            .capacity(capacity)
            .policy(policy)
            .weigher(move |_, value| weight + (*value % 2) as u32)
            .on_evict(move |_, value, cause| {
                assert_ne!(cause, EvictionCause::Expired);
                heard.lock().unwrap().push(*value);
            })
            .build();
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let cache = cache.clone();
                thread::spawn(move || {
                    for turn in 0..3 {
                        let value = 10 * writer + turn;
                        cache.insert(writer + turn, value);
                        assert!(cache.weight() <= capacity, "G11");
                        if turn == writer {
                            cache.invalidate(&1).wait();
                        }
                    }
                })
            })
            .collect();
        join(writers);
        let mut accounted = gone.lock().unwrap().clone();
        accounted.extend(cache.snapshot().into_iter().map(|(_, value)| value));
        accounted.sort_unstable();
        let all = accounted.len();
        accounted.dedup();
        assert_eq!(accounted.len(), all, "each leaves once");
        assert_eq!(all as u64 + cache.stats().rejected, 9, "nothing is lost");
        let held: u64 = cache.snapshot().iter().map(|(_, value)| u64::from(weight) + value % 2).sum();
        assert_eq!(cache.weight(), held, "the budget is what the entries weigh");
    });
}

#[test]
fn capacity_holds_at_every_moment() {
    crowded(2, 1, Policy::Lru);
    crowded(2, 1, Policy::Adaptive);
}

/// A capacity that deserves several shards, with room for few entries: writers make room in each other's shards. Fails if room is
/// looked for first and claimed afterwards.
#[test]
fn capacity_holds_at_every_moment_over_several_shards() {
    crowded(1024, 400, Policy::Lru);
    crowded(1024, 1023, Policy::Adaptive);
}

/// G5: a waker is kept for whoever asks last. Fails if the first one stays.
#[test]
fn a_waiting_future_may_be_moved_to_another_task() {
    explore(|| {
        let (cache, source) = (tagged().build(), Source::default());
        let leader = {
            let (cache, source) = (cache.clone(), source.clone());
            thread::spawn(move || assert_eq!(cache.get_or_load(&KEY, || source.read()), 0))
        };
        let mut call = {
            let (cache, source) = (cache.clone(), source.clone());
            Box::pin(async move { cache.get_or_load_async(&KEY, || async { source.read() }).await })
        };
        if let Poll::Ready(value) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            assert_eq!(value, 0);
        } else {
            let elsewhere = thread::spawn(move || assert_eq!(future::block_on(call), 0));
            join([elsewhere]);
        }
        join([leader]);
    });
}
