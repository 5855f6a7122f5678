//! Statistics are exact in a script of one thread, and listeners hear why entries leave. In a process of its own, since an invalidation by tag
//! counts in every cache that has tags.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cached_core::{Cache, EvictionCause, ManualClock, Policy, cache};
use tests::{Held, is_pending};

#[test]
fn a_script_over_a_cache_counts_exactly() {
    let time = ManualClock::new();
    let cache: Cache<u64, u64> = Cache::builder()
        .name("stats-script")
        .capacity(3)
        .policy(Policy::Lru)
        .ttl(Duration::from_secs(10))
        .clock(time.clock())
        .weigher(|_, value| *value as u32)
        .tags(|key, _| [format!("t{key}")])
        .build();
    assert_eq!(cache.get(&1), None); // miss
    assert_eq!(cache.get_or_load(&1, || 1), 1); // miss, load
    assert_eq!(cache.get_or_load(&1, || 2), 1); // hit
    assert_eq!(cache.get_or_try_load(&2, || Err::<u64, _>("down")), Err("down")); // miss, load, error
    assert_eq!((cache.peek(&1), cache.peek(&2), cache.contains(&1)), (Some(1), None, true)); // no trace
    cache.insert(2, 1);
    cache.insert(2, 2); // replaced
    cache.insert(3, 1); // capacity: 1 leaves, used before 2 was
    cache.insert(4, 9); // rejected
    cache.invalidate(&3); // invalidated
    cache.invalidate(&3); // an invalidation, and nothing left to remove
    cache.invalidate_matching("stats-script:9*");
    cache.invalidate_tag("t2");
    cache.run_pending(); // invalidated: 2
    cache.insert(5, 1);
    cache.insert(6, 1);
    time.advance(Duration::from_secs(10));
    assert_eq!(cache.get(&5), None); // miss
    assert_eq!(cache.get_or_load(&5, || 1), 1); // miss, load; 5 was expired
    cache.run_pending(); // expired: 6
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.null_hits), (1, 5, 0));
    assert_eq!((stats.loads, stats.load_errors, stats.coalesced, stats.overtaken, stats.rejected), (3, 1, 0, 0, 1));
    let left = stats.evictions;
    assert_eq!((left.replaced, left.capacity, left.invalidated, left.expired), (1, 1, 2, 2));
    assert_eq!(left.total(), 6);
    let named = stats.invalidations;
    assert_eq!((named.key, named.pattern, named.tag, named.all), (2, 1, 1, 0));
    assert_eq!((stats.entries, stats.weight), (1, 1));
    assert_eq!(cache.clear().removed(), 1);
    let stats = cache.stats();
    assert_eq!((stats.invalidations.all, stats.evictions.invalidated, stats.entries, stats.weight), (1, 3, 0, 0));
    assert!((stats.hit_ratio() - 1.0 / 6.0).abs() < 1e-9);
}

#[tokio::test]
async fn a_script_over_a_function_counts_exactly() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60, key = "stats-function:{id}", tags = ["stats-function"])]
    async fn find(id: u64) -> Result<Option<u64>, String> {
        if id == 100 {
            HELD.here_async().await;
        }
        match id {
            0 => Ok(None),
            1 => Err("one".to_owned()),
            id => Ok(Some(id)),
        }
    }
    for _ in 0..3 {
        let _ = (find(0).await, find(1).await, find(2).await);
    }
    let mut held: Vec<_> = (0..3).map(|_| Box::pin(find(100))).collect();
    assert!(held.iter_mut().all(|call| is_pending(call.as_mut())));
    find::invalidate(100);
    HELD.go.raise();
    for call in held {
        call.await.unwrap();
    }
    let _ = cached_core::bypass_async(find(2)).await;
    find::refresh(2).await.unwrap();
    let stats = find::cache().stats();
    assert_eq!((stats.hits, stats.null_hits), (4, 2));
    assert_eq!((stats.misses, stats.coalesced), (1 + 3 + 1 + 3 + 1, 2));
    assert_eq!((stats.loads, stats.load_errors, stats.overtaken), (1 + 3 + 1 + 1 + 1, 3, 1));
    assert_eq!((stats.evictions.replaced, stats.evictions.total()), (1, 1));
    assert_eq!((stats.invalidations.key, stats.entries, stats.weight), (1, 2, 2));
    assert!(stats.load_time > Duration::ZERO && stats.mean_load_time() <= stats.load_time);
}

#[test]
fn figures_of_several_caches_add_up() {
    let caches: [Cache<u64, u64>; 2] = std::array::from_fn(|_| Cache::builder().build());
    for cache in &caches {
        cache.insert(1, 1);
        let _ = (cache.get(&1), cache.get(&2));
        cache.clear();
        cache.insert(1, 1);
    }
    let sum = caches[0].stats().merged(&caches[1].stats());
    assert_eq!((sum.hits, sum.misses, sum.entries, sum.weight), (2, 2, 2, 2));
    assert_eq!((sum.evictions.invalidated, sum.invalidations.all), (2, 2));
}

type Heard = Arc<Mutex<Vec<(u64, &'static str, EvictionCause)>>>;

#[test]
fn a_listener_hears_key_value_and_cause_of_everything_that_leaves() {
    let heard = Heard::default();
    let time = ManualClock::new();
    let cache: Cache<u64, &'static str> = Cache::builder()
        .capacity(2)
        .policy(Policy::Lru)
        .ttl(Duration::from_secs(10))
        .clock(time.clock())
        .tags(|_, value| [*value])
        .on_evict({
            let heard = Arc::clone(&heard);
            move |key, value, cause| heard.lock().unwrap().push((*key, *value, cause))
        })
        .build();
    let hear = || std::mem::take(&mut *heard.lock().unwrap());
    cache.insert(1, "a");
    cache.insert(1, "b");
    assert_eq!(hear(), [(1, "a", EvictionCause::Replaced)]);
    cache.insert(2, "c");
    cache.insert(3, "d");
    assert_eq!(hear(), [(1, "b", EvictionCause::Capacity)]);
    cache.invalidate(&2);
    assert_eq!(hear(), [(2, "c", EvictionCause::Invalidated)]);
    cache.invalidate_tag("d");
    assert_eq!(cache.get(&3), None);
    cache.run_pending();
    assert_eq!(hear(), [(3, "d", EvictionCause::Invalidated)]);
    cache.insert(4, "e");
    time.advance(Duration::from_secs(10));
    cache.run_pending();
    assert_eq!(hear(), [(4, "e", EvictionCause::Expired)]);
    cache.insert(5, "f");
    time.advance(Duration::from_secs(10));
    cache.insert(5, "g");
    assert_eq!(hear(), [(5, "f", EvictionCause::Expired)], "it was expired before it was replaced");
    cache.clear();
    assert_eq!(hear(), [(5, "g", EvictionCause::Invalidated)]);
}

#[test]
fn a_listener_that_panics_disturbs_nobody() {
    let cache: Cache<u64, u64> = Cache::builder().capacity(1).on_evict(|_, _, _| panic!("on purpose")).build();
    for key in 0..5 {
        cache.insert(key, key);
    }
    assert_eq!((cache.len(), cache.stats().evictions.capacity), (1, 4));
    assert_eq!(cache.clear().removed(), 1);
}
