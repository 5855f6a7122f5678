//! G1: what the arguments of the attribute and the scopes around a call change, and what they leave alone.

use std::sync::Arc;
use std::time::Duration;

use cached_core::{bypass, bypass_async, cache, refresh, uncached};
use tests::{Calls, Held, is_pending};

#[test]
fn when_decides_by_the_arguments_whether_there_is_a_cache_at_all() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, when = *id != 0 && !name.is_empty())]
    fn find(id: &u64, name: String) -> String {
        CALLS.add();
        format!("{id}{name}")
    }
    for _ in 0..2 {
        assert_eq!(find(&0, "a".into()), "0a");
        assert_eq!(find(&1, String::new()), "1");
        assert_eq!(find(&1, "a".into()), "1a");
    }
    assert_eq!(CALLS.get(), 5);
    assert_eq!(find::cache().len(), 1);
}

#[test]
fn unless_keeps_a_value_from_being_stored() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, unless = |names| names.is_empty())]
    fn list(team: u64) -> Result<Vec<u64>, String> {
        CALLS.add();
        Ok((0..team).collect())
    }
    for _ in 0..2 {
        assert_eq!((list(0), list(2)), (Ok(vec![]), Ok(vec![0, 1])));
    }
    assert_eq!(CALLS.get(), 3);
}

#[test]
fn unless_is_not_asked_about_a_null() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, unless = |name: &String| name.is_empty())]
    fn find(id: u64) -> Result<Option<String>, String> {
        CALLS.add();
        Ok((id == 1).then(String::new))
    }
    for _ in 0..2 {
        assert_eq!((find(0), find(1)), (Ok(None), Ok(Some(String::new()))));
    }
    assert_eq!(CALLS.get(), 3, "the null once, the empty name twice");
}

#[tokio::test]
async fn unless_still_gives_the_value_to_those_who_wait() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60, unless = |_| true)]
    async fn never_stored(id: u64) -> u64 {
        HELD.here_async().await;
        id
    }
    let mut first = Box::pin(never_stored(1));
    let mut second = Box::pin(never_stored(1));
    assert!(is_pending(first.as_mut()) && is_pending(second.as_mut()));
    HELD.go.raise();
    assert_eq!((first.await, second.await), (1, 1));
    assert_eq!(HELD.began.get(), 1);
    assert!(never_stored::cache().is_empty());
}

#[tokio::test]
async fn without_a_lock_callers_of_one_key_do_not_wait_for_each_other() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60, lock = "none")]
    async fn unlocked(id: u64) -> u64 {
        HELD.here_async().await;
        id
    }
    let mut calls: Vec<_> = (0..3).map(|_| Box::pin(unlocked(1))).collect();
    assert!(calls.iter_mut().all(|call| is_pending(call.as_mut())));
    assert_eq!(HELD.began.get(), 3, "all of them load");
    HELD.go.raise();
    for call in calls {
        assert_eq!(call.await, 1);
    }
    assert_eq!((unlocked(1).await, HELD.began.get()), (1, 3), "what they brought is stored");
}

#[test]
fn weight_counts_against_the_capacity_and_sees_the_key_as_text() {
    #[cache(capacity = 10, weight = |key, value| {
        assert!(key.starts_with("g1-weight:"), "{key}");
        value.len() as u32
    }, key = "g1-weight:{length}")]
    fn blank(length: usize) -> String {
        " ".repeat(length)
    }
    for length in [3, 4, 3] {
        assert_eq!(blank(length).len(), length);
    }
    assert_eq!((blank::cache().len(), blank::cache().weight(), blank::cache().capacity()), (2, 7, 10));
    assert_eq!(blank(11).len(), 11);
    assert_eq!(blank::cache().stats().rejected, 1, "G11: heavier than the cache, and so only returned");
    assert_eq!(blank(9).len(), 9);
    assert!(blank::cache().weight() <= 10);
}

#[test]
fn capacity_bounds_and_lru_evicts_what_was_not_used_for_longest() {
    static CALLS: Calls = Calls::new();
    const MOST: u64 = 2;
    #[cache(capacity = MOST, policy = "lru")]
    fn square(x: u64) -> u64 {
        CALLS.add();
        x * x
    }
    square(1);
    square(2);
    square(1);
    square(3);
    assert_eq!((CALLS.get(), square::cache().len()), (3, 2));
    square(1);
    assert_eq!(CALLS.get(), 3, "it was used last");
    square(2);
    assert_eq!(CALLS.get(), 4, "it was not");
}

#[test]
fn the_adaptive_policy_and_jitter_change_nothing_about_the_answers() {
    #[cache(ttl = "1h 30m", jitter = 0.5, policy = "adaptive", capacity = 8)]
    fn square(x: u64) -> u64 {
        x * x
    }
    for x in (0..100).chain(0..100) {
        assert_eq!(square(x), x * x);
    }
    assert!(square::cache().len() <= 8);
    let most = Duration::from_secs(90 * 60);
    for key in square::cache().keys() {
        let left = key.expires_in.unwrap();
        assert!(left <= most && left > most / 3, "{left:?}");
    }
}

#[test]
fn settings_may_be_expressions() {
    const TTL: Duration = Duration::from_secs(70);
    fn capacity() -> u64 {
        3
    }
    #[cache(ttl = TTL * 2, null_ttl = TTL, capacity = capacity(), jitter = 0)]
    fn even(x: u64) -> Option<u64> {
        x.is_multiple_of(2).then_some(x)
    }
    even(1);
    even(2);
    assert_eq!(even::cache().capacity(), 3);
    let mut left: Vec<_> = even::cache().keys().iter().map(|key| key.expires_in.unwrap()).collect();
    left.sort_unstable();
    assert!(left[0] <= TTL && left[1] > TTL && left[1] <= TTL * 2, "{left:?}");
}

#[test]
fn the_companion_of_a_function_reaches_its_cache() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, key = "g1-companion:{id}:{page}")]
    fn list(db: &str, id: u64, mut page: Option<&str>) -> u64 {
        let _ = (db, page.take(), id);
        CALLS.add()
    }
    assert_eq!(list::key(1, Some("a:b")), "g1-companion:1:a%3Ab");
    assert_eq!(list::key(1, None), "g1-companion:1:~");
    assert!(list::cache().name().ends_with("::list"), "{}", list::cache().name());

    assert_eq!((list("db", 1, None), list("other", 1, None)), (1, 1));
    assert_eq!(list::uncached("db", 1, None), 2);
    assert_eq!(list("db", 1, None), 1, "uncached stores nothing");
    assert_eq!((list::refresh("db", 1, None), list("db", 1, None)), (3, 3));
    list::invalidate(2, None);
    assert_eq!(list("db", 1, None), 3, "another key");
    list::invalidate(1, None);
    assert_eq!(list("db", 1, None), 4);
    assert_eq!(list::cache().clear().removed(), 1);
    assert_eq!(list("db", 1, None), 5);
}

#[test]
fn the_default_key_is_the_path_and_every_argument_that_is_not_skipped() {
    #[cache(ttl = 60, skip(db, flag))]
    fn list(id: i64, db: &str, name: &str, flag: bool) -> i64 {
        let _ = (db, name, flag);
        id
    }
    let key = list::key(-1, "a:b");
    assert!(key.starts_with("guarantees::g1_options::") && key.ends_with("list:-1:a%3Ab"), "{key}");
    list(-1, "x", "a:b", true);
    list(-1, "y", "a:b", false);
    assert_eq!(list::cache().keys().iter().map(|info| info.key.clone()).collect::<Vec<_>>(), [key]);
}

#[test]
fn inside_a_bypass_no_cache_is_read_or_written() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn inner(x: u64) -> u64 {
        CALLS.add() + x
    }
    #[cache(ttl = 60)]
    fn outer(x: u64) -> u64 {
        inner(x)
    }
    assert_eq!((bypass(|| outer(0)), bypass(|| inner(0))), (1, 2));
    assert_eq!((outer::cache().len(), inner::cache().len()), (0, 0));
    assert_eq!((outer(0), inner(0)), (3, 3));
    assert_eq!(bypass(|| outer(0)), 4, "nor read");
    assert_eq!(outer(0), 3);
    let direct: cached_core::Cache<u64, u64> = cached_core::Cache::builder().build();
    direct.insert(1, 1);
    bypass(|| {
        direct.insert(2, 2);
        assert_eq!((direct.get(&1), direct.get_or_load(&1, || 5)), (None, 5));
    });
    assert_eq!((direct.get(&1), direct.get(&2)), (Some(1), None));
}

#[tokio::test]
async fn an_async_bypass_reaches_its_own_future_and_no_other() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    async fn slow(x: u64) -> u64 {
        tokio::task::yield_now().await;
        CALLS.add() + x
    }
    assert_eq!(slow(0).await, 1);
    let (inside, outside) = tokio::join!(
        bypass_async(async {
            let first = slow(0).await;
            tokio::task::yield_now().await;
            (first, slow(0).await)
        }),
        async {
            tokio::task::yield_now().await;
            (slow(0).await, slow(0).await)
        }
    );
    assert_eq!((inside, outside), ((2, 3), (1, 1)));
}

#[test]
fn invalidations_take_effect_inside_a_bypass() {
    #[cache(ttl = 60)]
    fn value(x: u64) -> u64 {
        x
    }
    #[cached_core::invalidates(value(x))]
    fn write(x: u64) {}
    value(1);
    bypass(|| write(1));
    assert!(value::cache().is_empty());
}

#[test]
fn refresh_and_uncached_scopes_reach_the_first_call_and_not_those_inside() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn inner() -> u64 {
        CALLS.add()
    }
    #[cache(ttl = 60)]
    fn outer() -> (u64, u64) {
        (CALLS.add(), inner())
    }
    assert_eq!(outer(), (1, 2));
    assert_eq!(refresh(outer), (3, 2));
    assert_eq!(uncached(outer), (4, 2));
    assert_eq!((outer(), outer::refresh(), outer::uncached()), ((3, 2), (5, 2), (6, 2)));
    assert_eq!(outer(), (5, 2));
}

#[test]
fn a_scope_ends_when_its_code_panics() {
    #[cache(ttl = 60)]
    fn value(x: u64) -> u64 {
        x
    }
    let panicked = std::panic::catch_unwind(|| bypass(|| panic!("on purpose")));
    assert!(panicked.is_err());
    value(1);
    assert_eq!(value::cache().len(), 1);
}

#[test]
fn a_cached_value_is_the_value_and_not_a_copy_of_what_it_shares() {
    #[cache(ttl = 60)]
    fn shared() -> Arc<Vec<u64>> {
        Arc::new(vec![1])
    }
    let first = shared();
    assert!(Arc::ptr_eq(&first, &shared()));
    assert_eq!(Arc::strong_count(&first), 2, "one here, one in the cache");
    shared::cache().clear();
    assert_eq!(Arc::strong_count(&first), 1, "G11: what was invalidated is let go of");
}
