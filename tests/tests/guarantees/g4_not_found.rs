//! G4: "not found" is a value, remembered for `null_ttl`, so that missing rows do not reach the source.

use std::time::Duration;

use cached_core::cache;
use tests::Calls;

#[test]
fn a_missing_row_reaches_the_source_once() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 3600, null_ttl = 30)]
    fn find(id: u64) -> Result<Option<u64>, String> {
        CALLS.add();
        Ok(None)
    }
    for _ in 0..100 {
        assert_eq!(find(1), Ok(None));
    }
    let stats = find::cache().stats();
    assert_eq!((CALLS.get(), stats.loads, stats.hits, stats.null_hits), (1, 1, 99, 99));
}

#[tokio::test]
async fn a_missing_row_reaches_the_source_once_in_async_code() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 3600)]
    async fn find(id: u64) -> Option<u64> {
        CALLS.add();
        tokio::task::yield_now().await;
        None
    }
    for _ in 0..100 {
        assert_eq!(find(1).await, None);
    }
    assert_eq!((CALLS.get(), find::cache().stats().null_hits), (1, 99));
}

#[test]
fn a_null_ttl_of_zero_remembers_values_and_no_nulls() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 3600, null_ttl = 0)]
    fn find(id: u64) -> Option<u64> {
        CALLS.add();
        (id > 0).then_some(id)
    }
    for _ in 0..3 {
        assert_eq!((find(0), find(1)), (None, Some(1)));
    }
    assert_eq!(CALLS.get(), 4);
    assert_eq!(find::cache().len(), 1);
}

/// In seconds, rounded up to multiples of five, which allows for a slow machine.
fn lifetimes(cache: &cached_core::CacheHandle) -> Vec<u64> {
    let rounded = |left: Duration| (left.as_secs_f64() / 5.0).ceil() as u64 * 5;
    let mut lifetimes: Vec<u64> = cache.keys().iter().map(|key| rounded(key.expires_in.unwrap())).collect();
    lifetimes.sort_unstable();
    lifetimes
}

#[test]
fn a_null_lives_for_the_smaller_of_ttl_and_thirty_seconds_unless_told_otherwise() {
    #[cache(ttl = 3600)]
    fn long(id: u64) -> Option<u64> {
        (id > 0).then_some(id)
    }
    #[cache(ttl = 5)]
    fn short(id: u64) -> Option<u64> {
        (id > 0).then_some(id)
    }
    #[cache(ttl = 60, null_ttl = 3600)]
    fn told(id: u64) -> Result<Option<u64>, String> {
        Ok((id > 0).then_some(id))
    }
    for id in [0, 1] {
        long(id);
        short(id);
        told(id).unwrap();
    }
    assert_eq!(lifetimes(&long::cache()), [30, 3600]);
    assert_eq!(lifetimes(&short::cache()), [5, 5]);
    assert_eq!(lifetimes(&told::cache()), [60, 3600]);
}

#[test]
fn a_null_disappears_by_invalidation_like_any_value() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, key = "g4-user:{id}", tags = ["g4-users", "g4-team:{result}"])]
    fn find(id: u64) -> Option<u64> {
        (CALLS.add() > 4).then_some(id)
    }
    assert_eq!((find(1), find(1), CALLS.get()), (None, None, 1));
    find::invalidate(1);
    assert_eq!((find(1), find(1), CALLS.get()), (None, None, 2));
    cached_core::invalidate("g4-user:1");
    assert_eq!((find(1), find(1), CALLS.get()), (None, None, 3));
    cached_core::invalidate_tag("g4-users");
    assert_eq!((find(1), find(1), CALLS.get()), (None, None, 4), "it carries the tags that do not need a result");
    cached_core::invalidate_matching("g4-user:*");
    assert_eq!((find(1), find(1), CALLS.get()), (Some(1), Some(1), 5));
}

#[test]
fn a_nested_option_is_a_null_only_if_its_outer_one_is() {
    #[cache(ttl = 3600)]
    fn find(id: u64) -> Option<Option<u64>> {
        [None, Some(None), Some(Some(1))][id as usize]
    }
    for _ in 0..2 {
        assert_eq!((find(0), find(1), find(2)), (None, Some(None), Some(Some(1))));
    }
    assert_eq!(find::cache().stats().null_hits, 1);
    assert_eq!(lifetimes(&find::cache()), [30, 3600, 3600]);
}

#[test]
fn a_refresh_whose_result_is_not_kept_does_not_leave_the_older_one() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static ROWS: AtomicU64 = AtomicU64::new(1);
    #[cached_core::cache(ttl = 60, null_ttl = 0, key = "g4-refresh")]
    fn row() -> Option<u64> {
        ROWS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()
    }
    assert_eq!((row(), row()), (Some(1), Some(1)));
    assert_eq!(row::refresh(), None);
    assert_eq!(row(), None, "the row is gone, and a hit on the older value would bring it back");
}
