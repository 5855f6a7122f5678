//! Readers of the memory engine, who take no lock, while writers do their worst to what they read.

use std::sync::Arc;

use cached_runtime::Cache;
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicBool, Ordering::SeqCst};
use shuttle::thread;

use super::{KEY, explore, join};

/// Knows whether it was dropped. Its content is leaked, so that looking at one that was is no harm.
struct Alive(&'static AtomicBool);

impl Alive {
    fn new() -> Self {
        Self(Box::leak(Box::new(AtomicBool::new(true))))
    }

    fn check(&self) {
        assert!(self.0.load(SeqCst), "somebody reads what was dropped");
    }
}

impl Clone for Alive {
    fn clone(&self) -> Self {
        self.check();
        thread::yield_now();
        self.check();
        Self::new()
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        assert!(self.0.swap(false, SeqCst), "dropped once");
    }
}

/// Readers, who take no lock, while a writer does its worst to what they read. Fails if what was taken out is freed without looking for
/// readers, if their epoch is written down after they looked, or if a cleared table is freed at once.
fn readers_race_with(write: impl Fn(&Cache<u64, Alive>, u64) + Send + Sync + 'static) {
    let write = Arc::new(write);
    explore(move || {
        let cache: Cache<u64, Alive> = Cache::builder().capacity(2).build();
        cache.insert(1, Alive::new());
        cache.insert(2, Alive::new());
        let reader = |key: u64| {
            let cache = cache.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    if let Some(value) = cache.get(&key) {
                        value.check();
                    }
                }
            })
        };
        let (cache, write) = (cache.clone(), Arc::clone(&write));
        let writer = thread::spawn(move || (0..3).for_each(|round| write(&cache, round)));
        join([reader(1), reader(2), writer]);
    });
}

#[test]
fn what_is_evicted_is_not_freed_under_its_readers() {
    readers_race_with(|cache, round| cache.insert(3 + round, Alive::new()));
}

#[test]
fn what_is_replaced_is_not_freed_under_its_readers() {
    readers_race_with(|cache, _| cache.insert(1, Alive::new()));
}

#[test]
fn what_is_invalidated_is_not_freed_under_its_readers() {
    readers_race_with(|cache, round| {
        cache.invalidate(&(round % 2 + 1)).wait();
        cache.insert(1, Alive::new());
    });
}

#[test]
fn what_is_cleared_is_not_freed_under_its_readers() {
    readers_race_with(|cache, _| {
        cache.clear().wait();
        cache.insert(1, Alive::new());
        cache.insert(2, Alive::new());
    });
}

/// In an index whose buckets overflow. Fails if a search does not notice that an entry was called back in between, or if a bucket's
/// tags are read before the count that says whether something strayed from it.
#[test]
fn what_moves_in_the_index_is_found_all_the_time() {
    const KEYS: u64 = 14;
    const GOING: u64 = 7;
    explore(|| {
        let cache: Cache<u64, u64> = Cache::builder().capacity(64).build();
        (0..KEYS).for_each(|key| cache.insert(key, key));
        let readers = [GOING..KEYS - 3, KEYS - 3..KEYS].map(|keys| {
            let cache = cache.clone();
            thread::spawn(move || {
                for key in keys {
                    assert_eq!(cache.get(&key), Some(key), "nobody took it out");
                }
            })
        });
        let writer = thread::spawn(move || (0..GOING).for_each(|key| drop(cache.invalidate(&key))));
        join(readers.into_iter().chain([writer]));
    });
}

/// Fails if a reader takes the place of one index and the number of buckets of another to belong together.
#[test]
fn what_is_there_is_found_while_the_index_grows() {
    const KEYS: u64 = 9;
    explore(|| {
        let cache: Cache<u64, u64> = Cache::builder().capacity(64).build();
        (0..KEYS).for_each(|key| cache.insert(key, key));
        let readers = [0, 1].map(|first| {
            let cache = cache.clone();
            thread::spawn(move || {
                for key in (first..KEYS).step_by(2) {
                    assert_eq!(cache.get(&key), Some(key), "nobody took it out");
                }
            })
        });
        let writer = thread::spawn(move || (KEYS..2 * KEYS).for_each(|key| cache.insert(key, key)));
        join(readers.into_iter().chain([writer]));
    });
}

/// Asks its cache when it is cloned.
struct Asks(Alive, Arc<Mutex<Option<Cache<u64, Alive>>>>);

impl Clone for Asks {
    fn clone(&self) -> Self {
        self.0.check();
        let other = self.1.lock().unwrap().clone();
        drop(other.and_then(|other| other.get(&1)));
        thread::yield_now();
        self.0.check();
        Self(Alive::new(), Arc::clone(&self.1))
    }
}

/// Fails if the inner of two readings of one thread ends the outer one, too.
#[test]
fn what_is_read_while_something_is_read_ends_nothing() {
    explore(|| {
        let inner: Cache<u64, Alive> = Cache::builder().capacity(2).build();
        inner.insert(1, Alive::new());
        let inner = Arc::new(Mutex::new(Some(inner)));
        let cache: Cache<u64, Asks> = Cache::builder().capacity(2).build();
        cache.insert(1, Asks(Alive::new(), Arc::clone(&inner)));
        let reader = {
            let cache = cache.clone();
            thread::spawn(move || drop(cache.get(&1)))
        };
        let writer = thread::spawn(move || {
            for _ in 0..2 {
                cache.insert(1, Asks(Alive::new(), Arc::clone(&inner)));
            }
        });
        join([reader, writer]);
    });
}

/// Whoever listens sees what left while others may still be reading it.
#[test]
fn what_is_listened_to_is_freed_once() {
    explore(|| {
        let listener = |_: &u64, value: &Alive, _| value.check();
        let cache: Cache<u64, Alive> = Cache::builder().capacity(1).on_evict(listener).build();
        cache.insert(1, Alive::new());
        let reader = {
            let cache = cache.clone();
            thread::spawn(move || (0..2).for_each(|_| _ = cache.get(&1)))
        };
        let writer = {
            let cache = cache.clone();
            thread::spawn(move || {
                cache.insert(1, Alive::new());
                cache.clear().wait();
                cache.insert(2, Alive::new());
            })
        };
        join([reader, writer]);
    });
}

/// A key that is only ever replaced is never missing, though readers take no lock, and though the table grows. Fails if the old entry goes
/// before the new one comes, or if a reader takes a chunk that it does not know yet for an empty one.
#[test]
fn a_key_that_is_replaced_is_never_missing() {
    explore(|| {
        let cache: Cache<u64, u64> = Cache::builder().capacity(100).build();
        cache.insert(KEY, 0);
        let reader = {
            let cache = cache.clone();
            thread::spawn(move || {
                let mut last = 0;
                for _ in 0..4 {
                    let now = cache.get(&KEY).expect("always there");
                    assert!(now >= last, "{now} after {last}");
                    last = now;
                }
            })
        };
        let writer = {
            let cache = cache.clone();
            thread::spawn(move || {
                for round in 1..=12 {
                    cache.insert(KEY, round);
                    (0..4).for_each(|other| cache.insert(100 + 4 * round + other, 0));
                }
            })
        };
        join([reader, writer]);
    });
}
