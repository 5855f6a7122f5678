//! G2: nothing is served past its TTL. On a clock that is moved by hand; `configuration_clock` does the same for annotated functions.

use std::time::{Duration, Instant};

use cached_core::{Cache, ManualClock, cache};
use proptest::prelude::*;

const NANOSECOND: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

fn timed(ttl: Duration) -> (ManualClock, Cache<u64, u64>) {
    let time = ManualClock::new();
    let cache = Cache::builder().ttl(ttl).clock(time.clock()).build();
    (time, cache)
}

#[test]
fn a_value_is_served_until_its_ttl_has_passed_and_not_a_nanosecond_longer() {
    for ttl in [NANOSECOND, Duration::from_millis(1), Duration::from_micros(1_500), SECOND, YEAR] {
        let (time, cache) = timed(ttl);
        time.advance(Duration::from_nanos(123_456_789));
        cache.insert(1, 10);
        time.advance(ttl - NANOSECOND);
        assert_eq!(cache.get(&1), Some(10), "{ttl:?}");
        time.advance(NANOSECOND);
        assert_eq!((cache.get(&1), cache.peek(&1), cache.contains(&1)), (None, None, false), "{ttl:?}");
        assert_eq!(cache.get_or_load(&1, || 11), 11, "{ttl:?}");
        assert!(cache.snapshot().contains(&(1, 11)), "{ttl:?}");
    }
}

#[test]
fn reading_does_not_lengthen_a_life_and_storing_anew_begins_another() {
    let (time, cache) = timed(10 * SECOND);
    cache.insert(1, 10);
    time.advance(9 * SECOND);
    assert_eq!((cache.get(&1), cache.get_or_load(&1, || 11)), (Some(10), 10));
    time.advance(SECOND);
    assert_eq!(cache.get(&1), None);
    cache.insert(1, 12);
    time.advance(9 * SECOND);
    cache.insert(1, 13);
    time.advance(9 * SECOND);
    assert_eq!(cache.get(&1), Some(13));
}

#[test]
fn life_begins_when_a_load_ends_and_expired_values_answer_nobody() {
    let (time, cache) = timed(10 * SECOND);
    let loaded = cache.get_or_load(&1, || {
        time.advance(60 * SECOND);
        7
    });
    assert_eq!((loaded, cache.get(&1)), (7, Some(7)), "G2: the TTL is how long a value is fresh after it was stored");
    time.advance(10 * SECOND);
    assert_eq!((cache.get(&1), cache.snapshot()), (None, vec![]));
}

#[test]
fn what_expired_is_swept_away_and_counted_as_expired() {
    let (time, cache) = timed(SECOND);
    for key in 0..100 {
        cache.insert(key, key);
    }
    time.advance(SECOND);
    assert_eq!(cache.len(), 100, "dead, but not yet swept");
    cache.run_pending();
    assert_eq!((cache.len(), cache.weight(), cache.stats().evictions.expired), (0, 0, 100));
}

#[test]
fn expired_values_leave_in_passing_as_others_are_written() {
    let time = ManualClock::new();
    // So small that it is one shard: each write looks at a few entries of its own.
    let cache: Cache<u64, u64> = Cache::builder().capacity(400).ttl(SECOND).clock(time.clock()).build();
    for key in 0..200 {
        cache.insert(key, key);
    }
    time.advance(SECOND);
    for key in 200..400 {
        cache.insert(key, key);
    }
    assert_eq!(cache.len(), 200, "G11: nobody has to call `run_pending`");
}

#[test]
fn the_longest_ttl_never_passes() {
    for ttl in [Duration::MAX, Duration::from_secs(u64::MAX), 200 * YEAR] {
        let (time, cache) = timed(ttl);
        cache.insert(1, 10);
        time.advance(100 * YEAR);
        assert_eq!(cache.get(&1), Some(10), "{ttl:?}");
    }
    let (time, cache) = timed(Duration::MAX);
    cache.insert(1, 10);
    time.advance(Duration::MAX);
    assert_eq!(cache.get(&1), Some(10));
    let time = ManualClock::new();
    let endless: Cache<u64, u64> = Cache::builder().clock(time.clock()).build();
    endless.insert(1, 10);
    time.advance(Duration::MAX);
    assert_eq!(endless.get(&1), Some(10), "without a TTL nothing expires");
}

#[test]
fn a_zero_ttl_stores_nothing() {
    let (_time, cache) = timed(Duration::ZERO);
    cache.insert(1, 10);
    assert_eq!((cache.get(&1), cache.get_or_load(&1, || 11), cache.get(&1), cache.len()), (None, 11, None, 0));
}

#[test]
fn a_ttl_of_a_millisecond_is_over_after_it_plus_the_clocks_resolution() {
    #[cache(ttl = "1ms")]
    fn now() -> Instant {
        Instant::now()
    }
    let resolution = Duration::from_millis(10);
    let first = now();
    // No assumption about how fast this runs: whenever an old answer comes, it must not be too old.
    loop {
        let asked = Instant::now();
        let answer = now();
        assert!(asked.saturating_duration_since(answer) <= Duration::from_millis(1) + resolution);
        if answer != first {
            break;
        }
    }
}

proptest! {
    #[test]
    fn jitter_only_shortens_and_by_no_more_than_its_fraction(
        ttl in 1_u64..1_000_000_000_000,
        jitter in 0.0_f64..=1.0,
        keys in 1_u64..50,
    ) {
        let ttl = Duration::from_nanos(ttl);
        let time = ManualClock::new();
        let cache: Cache<u64, u64> = Cache::builder().ttl(ttl).jitter(jitter).clock(time.clock()).build();
        for key in 0..keys {
            cache.insert(key, key);
        }
        // Rounding of a fraction of nanoseconds.
        let shortest = ttl.mul_f64(1.0 - jitter).saturating_sub(2 * NANOSECOND);
        if shortest > NANOSECOND {
            time.advance(shortest - NANOSECOND);
            prop_assert!((0..keys).all(|key| cache.contains(&key)), "shortened by more than {jitter}");
            time.advance(ttl - shortest + NANOSECOND);
        } else {
            time.advance(ttl);
        }
        prop_assert!(!(0..keys).any(|key| cache.contains(&key)), "lengthened");
    }
}

#[test]
fn jitter_spreads_what_was_stored_together() {
    let time = ManualClock::new();
    let cache: Cache<u64, u64> = Cache::builder().ttl(1_000 * SECOND).jitter(0.5).clock(time.clock()).build();
    for key in 0..1_000 {
        cache.insert(key, key);
    }
    time.advance(750 * SECOND);
    let left = (0..1_000).filter(|key| cache.contains(key)).count();
    assert!((300..700).contains(&left), "about half should be left: {left}");
}

#[test]
fn jitter_outside_its_range_is_cut_off() {
    for (jitter, shortest) in [(-1.0, SECOND), (f64::NAN, SECOND), (7.0, Duration::ZERO)] {
        let time = ManualClock::new();
        let cache: Cache<u64, u64> = Cache::builder().ttl(SECOND).jitter(jitter).clock(time.clock()).build();
        cache.insert(1, 1);
        time.advance(shortest.saturating_sub(NANOSECOND));
        assert!(cache.contains(&1) || shortest.is_zero(), "{jitter}");
        time.advance(SECOND);
        assert!(!cache.contains(&1), "{jitter}");
    }
}
