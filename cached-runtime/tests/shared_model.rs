//! The lease protocol under a model checker: two processes over one store, each with a backend of its own, under thousands of schedules.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test -p cached-runtime --features shared --release --test shared_model --target-dir target/shuttle
//! ```
//!
//! Seen to catch: joining every load of one's own process, whether or not it was overtaken elsewhere.
#![cfg(all(shuttle, feature = "shared"))]

use std::sync::Arc;
use std::time::Duration;

use cached_runtime::shared::LocalStore;
use cached_runtime::{Cache, SharedCache};
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use shuttle::thread;

const SCHEDULES: usize = 1_000;
const DEPTH: usize = 3;

fn explore(test: impl Fn() + Send + Sync + 'static) {
    let test = Arc::new(test);
    let again = Arc::clone(&test);
    shuttle::check_random(move || test(), SCHEDULES);
    shuttle::check_pct(move || again(), SCHEDULES, DEPTH);
}

/// A row of a database, and the last version whose invalidation has returned.
#[derive(Clone, Default)]
struct Source(Arc<(AtomicU64, AtomicU64, AtomicU64)>);

impl Source {
    fn read(&self) -> u64 {
        self.0.2.fetch_add(1, SeqCst);
        let version = self.0.0.load(SeqCst);
        thread::yield_now();
        version
    }

    fn loads(&self) -> u64 {
        self.0.2.load(SeqCst)
    }

    fn write(&self, tell: impl FnOnce()) {
        let version = self.0.0.fetch_add(1, SeqCst) + 1;
        tell();
        self.0.1.fetch_max(version, SeqCst);
    }

    /// What a call made now must at least answer.
    fn acknowledged(&self) -> u64 {
        self.0.1.load(SeqCst)
    }
}

type Process = SharedCache<u64, u64>;

fn process(store: &LocalStore, tiered: bool) -> Process {
    let builder = Cache::builder().name("row").ttl(Duration::from_secs(60)).tags(|_, _: &u64| ["rows"]);
    builder.build_over(store.clone(), tiered)
}

fn read(process: &Process, source: &Source) {
    let least = source.acknowledged();
    let version = process.get_or_load(&7, || source.read());
    assert!(version >= least, "G7: version {version} after {least} was acknowledged");
}

/// Two readers in one process, one of whom may find the other's load; a writer in another; and a last look at what is kept.
fn never_stale(tiered: bool, tell: impl Fn(&Process) + Send + Sync + Clone + 'static) {
    explore(move || {
        let store = LocalStore::new();
        let (p, q, source) = (process(&store, tiered), process(&store, tiered), Source::default());
        let reader = |process: &Process| {
            let (process, source) = (process.clone(), source.clone());
            thread::spawn(move || read(&process, &source))
        };
        let threads = [reader(&p), reader(&p), {
            let (process, source, tell) = (q.clone(), source.clone(), tell.clone());
            thread::spawn(move || source.write(|| tell(&process)))
        }];
        threads.into_iter().for_each(|thread| thread.join().expect("a reader or the writer panicked"));
        read(&p, &source);
        read(&q, &source);
    });
}

#[test]
fn a_key_invalidated_in_one_process_is_gone_in_all() {
    never_stale(false, |process| process.invalidate(&7).wait());
}

#[test]
fn a_tag_invalidated_in_one_process_is_gone_in_all() {
    never_stale(false, |process| process.invalidate_tag("rows").wait());
}

#[test]
fn a_pattern_invalidated_in_one_process_is_gone_in_all() {
    never_stale(false, |process| process.invalidate_matching("row:*").wait());
}

#[test]
fn a_key_is_gone_behind_memory_too() {
    never_stale(true, |process| process.invalidate(&7).wait());
}

#[test]
fn a_tag_is_gone_behind_memory_too() {
    never_stale(true, |process| process.invalidate_tag("rows").wait());
}

#[test]
fn one_load_of_all_processes() {
    explore(|| {
        let store = LocalStore::new();
        let (p, q, source) = (process(&store, false), process(&store, false), Source::default());
        let threads: Vec<_> = [&p, &q, &p]
            .map(|process| {
                let (process, source) = (process.clone(), source.clone());
                thread::spawn(move || read(&process, &source))
            })
            .into();
        threads.into_iter().for_each(|thread| thread.join().expect("a reader panicked"));
        assert_eq!(source.loads(), 1, "G6");
    });
}

#[test]
fn a_load_that_fails_hands_over_to_another_process() {
    explore(|| {
        let store = LocalStore::new();
        let (p, q, source) = (process(&store, false), process(&store, false), Source::default());
        let failing = {
            let p = p.clone();
            thread::spawn(move || {
                let _ = p.get_or_try_load(&7, || Err::<u64, ()>(()));
            })
        };
        read(&q, &source);
        failing.join().expect("the failing load panicked");
        assert!(source.loads() <= 1);
    });
}

#[test]
fn a_load_that_was_overtaken_elsewhere_is_not_joined() {
    explore(|| {
        let store = LocalStore::new();
        let (p, q, source) = (process(&store, false), process(&store, false), Source::default());
        let go = Arc::new(AtomicBool::new(false));
        let held = {
            let (p, source, go) = (p.clone(), source.clone(), Arc::clone(&go));
            thread::spawn(move || {
                p.get_or_load(&7, || {
                    let version = source.read();
                    while !go.load(SeqCst) {
                        thread::yield_now();
                    }
                    version
                });
            })
        };
        while source.loads() == 0 {
            thread::yield_now();
        }
        source.write(|| q.invalidate(&7).wait());
        read(&p, &source);
        go.store(true, SeqCst);
        held.join().expect("the held load panicked");
        read(&p, &source);
    });
}
