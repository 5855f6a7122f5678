//! G11: capacity holds at every moment, and what is idle is let go of. The binary `allocations` counts bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use cached_core::{Cache, ManualClock, Policy, cache};
use proptest::prelude::*;

#[test]
fn capacities_from_one_to_a_million_mean_what_they_say() {
    for policy in [Policy::Lru, Policy::Adaptive] {
        for capacity in [1, 2, 16, 1_000] {
            let cache: Cache<u64, u64> = Cache::builder().capacity(capacity).policy(policy).build();
            for key in 0..5 * capacity + 10 {
                assert_eq!(cache.get_or_load(&key, || key), key);
                assert!(cache.contains(&key), "{policy:?} {capacity}: what was stored last is there");
                assert!(cache.weight() <= capacity && cache.len() as u64 <= capacity);
            }
            assert_eq!(cache.len() as u64, capacity, "{policy:?} {capacity}: full, and not less than full");
        }
    }
    let cache: Cache<u64, ()> = Cache::builder().capacity(1_000_000).build();
    for key in 0..1_000_000 {
        cache.insert(key, ());
    }
    assert_eq!((cache.len(), cache.stats().evictions.total()), (1_000_000, 0), "nothing leaves early");
    for key in 1_000_000..1_010_000 {
        cache.insert(key, ());
    }
    assert_eq!((cache.len(), cache.stats().evictions.capacity), (1_000_000, 10_000));
}

#[test]
fn a_capacity_of_zero_stores_nothing_and_works() {
    let cache: Cache<u64, u64> = Cache::builder().capacity(0).build();
    cache.insert(1, 1);
    assert_eq!((cache.get(&1), cache.get_or_load(&1, || 2), cache.get_or_load(&1, || 3), cache.len()), (None, 2, 3, 0));
    assert_eq!(cache.stats().rejected, 3);
}

#[test]
fn a_weight_of_zero_counts_as_one() {
    let cache: Cache<u64, u64> = Cache::builder().capacity(10).weigher(|_, _| 0).build();
    for key in 0..100 {
        cache.insert(key, key);
    }
    assert_eq!((cache.len(), cache.weight()), (10, 10));
}

#[test]
fn what_is_heavier_than_the_cache_is_returned_and_counted_and_displaces_only_its_own_key() {
    let cache: Cache<u64, u64> = Cache::builder().capacity(10).weigher(|_, value| *value as u32).build();
    cache.insert(1, 5);
    cache.insert(2, 5);
    assert_eq!(cache.get_or_load(&3, || 11), 11);
    assert_eq!(cache.get_or_load(&3, || u64::from(u32::MAX)), u64::from(u32::MAX));
    cache.insert(1, 12);
    assert_eq!(
        (cache.get(&1), cache.get(&2), cache.get(&3)),
        (None, Some(5), None),
        "the old value is not the new one"
    );
    assert_eq!((cache.stats().rejected, cache.weight()), (3, 5));
    cache.insert(4, 10);
    assert_eq!((cache.get(&4), cache.len(), cache.weight()), (Some(10), 1, 10), "exactly as heavy as the cache fits");
}

#[test]
fn an_annotated_function_is_bounded_where_nobody_said_how() {
    #[cache(ttl = 60)]
    fn value(x: u64) -> u64 {
        x
    }
    for x in 0..10_100 {
        value(x);
    }
    assert_eq!((value::cache().len(), value::cache().capacity()), (10_000, 10_000));
}

#[test]
fn capacity_holds_at_every_moment_under_many_writers() {
    const CAPACITY: u64 = 64;
    const WRITERS: u64 = 4;
    let cache: Cache<u64, u64> = Cache::builder()
        .capacity(CAPACITY)
        .weigher(|key, _| (*key % 7) as u32)
        .tags(|key, _| [format!("{}", key % 3)])
        .build();
    let working = AtomicU64::new(WRITERS);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (cache, working) = (&cache, &working);
            scope.spawn(move || {
                for step in 0..5_000_u64 {
                    let key = step.wrapping_mul(2_654_435_761 + writer) % 500;
                    match step % 5 {
                        0 => drop(cache.invalidate(&key)),
                        1 => drop(cache.invalidate_tag("1")),
                        2 => drop(cache.get_or_load(&key, || key)),
                        _ => cache.insert(key, step),
                    }
                }
                working.fetch_sub(1, Ordering::SeqCst);
            });
        }
        scope.spawn(|| {
            while working.load(Ordering::SeqCst) > 0 {
                assert!(cache.weight() <= CAPACITY, "{}", cache.weight());
            }
        });
    });
    let held: u64 = cache.snapshot().iter().map(|(key, _)| (key % 7).max(1)).sum();
    assert!(held <= cache.weight() && cache.weight() <= CAPACITY);
    cache.clear();
    assert_eq!((cache.len(), cache.weight()), (0, 0), "weight in, weight out");
}

#[test]
fn what_leaves_is_dropped_at_once() {
    let value = Arc::new(());
    let time = ManualClock::new();
    let cache: Cache<u64, Arc<()>> =
        Cache::builder().capacity(10).ttl(Duration::from_secs(1)).clock(time.clock()).tags(|_, _| ["all"]).build();
    for key in 0..1_000 {
        cache.insert(key, Arc::clone(&value));
    }
    assert_eq!(Arc::strong_count(&value), 11);
    cache.invalidate(&999);
    assert_eq!(Arc::strong_count(&value), 10);
    cache.invalidate_tag("all");
    cache.run_pending();
    assert_eq!(Arc::strong_count(&value), 1);
    cache.insert(1, Arc::clone(&value));
    time.advance(Duration::from_secs(1));
    cache.run_pending();
    assert_eq!(Arc::strong_count(&value), 1);
    cache.insert(1, Arc::clone(&value));
    drop(cache);
    assert_eq!(Arc::strong_count(&value), 1, "and with the cache");
}

#[test]
fn caches_that_were_dropped_are_forgotten() {
    for round in 0..1_000 {
        let cache: Cache<u64, u64> = Cache::builder().name("g11-short-lived").build();
        cache.insert(round, round);
    }
    assert!(!cached_core::caches().iter().any(|cache| cache.name() == "g11-short-lived"));
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u8),
    Load(u8, u8),
    Invalidate(u8),
    Tag(u8),
    Advance(u8),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u8>(), 0..12_u8).prop_map(|(key, weight)| Step::Insert(key, weight)),
        4 => (any::<u8>(), 0..12_u8).prop_map(|(key, weight)| Step::Load(key, weight)),
        1 => any::<u8>().prop_map(Step::Invalidate),
        1 => (0..4_u8).prop_map(Step::Tag),
        1 => (0..5_u8).prop_map(Step::Advance),
        1 => Just(Step::Sweep),
    ]
}

proptest! {
    #[test]
    fn weight_is_what_the_entries_weigh_whatever_happens(
        steps in prop::collection::vec(step(), 0..200),
        capacity in prop_oneof![Just(1_u64), Just(2), Just(10), Just(100)],
        lru in any::<bool>(),
    ) {
        let time = ManualClock::new();
        let cache: Cache<u8, u8> = Cache::builder()
            .name("g11-steps")
            .capacity(capacity)
            .policy(if lru { Policy::Lru } else { Policy::Adaptive })
            .ttl(Duration::from_secs(10))
            .clock(time.clock())
            .weigher(|_, weight| u32::from(*weight))
            .tags(|key, _| [format!("{}", key % 4)])
            .build();
        for step in steps {
            match step {
                Step::Insert(key, weight) => cache.insert(key, weight),
                Step::Load(key, weight) => drop(cache.get_or_load(&key, || weight)),
                Step::Invalidate(key) => drop(cached_core::invalidate(&format!("g11-steps:{key}"))),
                Step::Tag(tag) => drop(cache.invalidate_tag(&tag.to_string())),
                Step::Advance(seconds) => time.advance(Duration::from_secs(seconds.into())),
                Step::Sweep => cache.run_pending(),
            }
            prop_assert!(cache.weight() <= capacity);
        }
        cache.run_pending();
        let weights: u64 = cache.snapshot().iter().map(|(_, weight)| u64::from(*weight).max(1)).sum();
        prop_assert_eq!(weights, cache.weight());
        prop_assert_eq!(cache.snapshot().len(), cache.len());
        let entered = cache.handle().keys().len();
        prop_assert_eq!(cached_core::invalidate_matching("g11-steps:*").removed(), entered, "every entry has its text");
    }
}
