//! Process-wide set-up, in a process of its own: the clock and the named stores of annotated functions. One test, since a configuration is
//! installed once.

use std::time::Duration;

use cached_core::{ConfigErrorKind, ManualClock, MemoryStore, Policy, cache, configure};
use tests::Calls;

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

static CALLS: Calls = Calls::new();

#[cache(ttl = 10)]
fn plain(id: u64) -> u64 {
    CALLS.add() + id
}

#[cache(ttl = 60, null_ttl = 5)]
async fn optional(id: u64) -> Result<Option<u64>, String> {
    let calls = CALLS.add();
    Ok((id > 0).then_some(calls))
}

#[cache(ttl = Duration::MAX)]
fn endless(id: u64) -> u64 {
    CALLS.add() + id
}

#[cache(ttl = "1ms")]
fn short(id: u64) -> u64 {
    CALLS.add() + id
}

#[cache(ttl = 100, jitter = 0.5)]
fn jittered(id: u64) -> u64 {
    CALLS.add() + id
}

#[cache(ttl = 60, backend = "sessions")]
fn session(id: u64) -> u64 {
    id
}

#[cache(ttl = 60, backend = "sessions", capacity = 7, policy = "adaptive")]
fn own_settings(id: u64) -> u64 {
    id
}

#[cache(ttl = 60, backend = "nowhere", key = "config-nowhere:{id}")]
fn unregistered(id: u64) -> u64 {
    CALLS.add() + id
}

/// Whether the body runs.
fn loads(call: impl FnOnce() -> u64) -> bool {
    let before = CALLS.get();
    call();
    CALLS.get() > before
}

#[tokio::test]
async fn a_configuration_is_in_force_for_the_whole_process() {
    let time = ManualClock::new();
    for (wrong, name) in [
        (configure().namespace("a:b"), "a:b"),
        (configure().namespace(""), "\"\""),
        (configure().store("redis", MemoryStore::new()), "redis"),
        (configure().store("memory", MemoryStore::new()), "memory"),
        (configure().store("with space", MemoryStore::new()), "with space"),
    ] {
        let error = wrong.install().unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::Name);
        assert!(error.to_string().contains(name), "{error}");
    }
    configure()
        .namespace("shop-1.eu")
        .clock(time.clock())
        .store("sessions", MemoryStore::new().capacity(3).policy(Policy::Lru))
        .store("other_store", MemoryStore::new())
        .install()
        .expect("nothing was changed by those that failed");

    // G2: the clock decides, to the nanosecond.
    assert!(loads(|| plain(1)) && !loads(|| plain(1)));
    time.advance(10 * SECOND - Duration::from_nanos(1));
    assert!(!loads(|| plain(1)));
    time.advance(Duration::from_nanos(1));
    assert!(loads(|| plain(1)));
    assert!(loads(|| short(1)) && !loads(|| short(1)));
    time.advance(Duration::from_millis(1));
    assert!(loads(|| short(1)));

    // G4: a null lives for its own time.
    let before = CALLS.get();
    let first = optional(1).await;
    assert_eq!(optional(0).await, Ok(None));
    time.advance(5 * SECOND - Duration::from_nanos(1));
    assert_eq!((optional(0).await, CALLS.get()), (Ok(None), before + 2));
    time.advance(Duration::from_nanos(1));
    assert_eq!((optional(0).await, CALLS.get()), (Ok(None), before + 3));
    assert_eq!((optional(1).await, CALLS.get()), (first, before + 3));
    time.advance(55 * SECOND);
    assert_ne!(optional(1).await, Ok(None));
    assert_eq!(CALLS.get(), before + 4);

    assert!((0..100).all(|id| loads(|| jittered(id))));
    time.advance(50 * SECOND - Duration::from_nanos(1));
    assert!(!(0..100).any(|id| loads(|| jittered(id))), "none before half its time");
    time.advance(50 * SECOND + Duration::from_nanos(1));
    assert!((0..100).all(|id| loads(|| jittered(id))), "none after its time");

    assert!(loads(|| endless(1)));
    time.advance(100 * YEAR);
    assert!(!loads(|| endless(1)));

    // Named stores set what the annotation leaves open.
    for id in [1, 2, 3, 1, 4] {
        session(id);
    }
    assert_eq!((session::cache().capacity(), session::cache().len(), session::cache().problem()), (3, 3, None));
    let keys: Vec<String> = session::cache().keys().into_iter().map(|info| info.key).collect();
    assert!(!keys.contains(&session::key(2)), "LRU: {keys:?}");
    own_settings(1);
    assert_eq!(own_settings::cache().capacity(), 7);

    // A backend that nobody registered: the function works, uncached, and says why.
    assert!(loads(|| unregistered(1)) && loads(|| unregistered(1)));
    assert_eq!(unregistered::cache().len(), 0);
    let problem = unregistered::cache().problem().expect("something is wrong");
    for word in ["unregistered", "nowhere", "memory, other_store, sessions", "configure().store(\"nowhere\""] {
        assert!(problem.contains(word), "{word} is missing: {problem}");
    }
    assert!(cached_core::caches().iter().any(|cache| cache.problem().as_ref() == Some(&problem)));
    unregistered::invalidate(1);
    unregistered::refresh(1);
    assert_eq!((unregistered::cache().clear().removed(), unregistered::cache().len()), (0, 0));

    let again = configure().install().unwrap_err();
    assert_eq!(again.kind(), ConfigErrorKind::AlreadyInstalled);
}
