//! G5: user code that a load runs around its body may ask for the key that is being loaded; it is answered by running the body, never by waiting
//! for itself.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cached_core::{Cache, EvictionCause, ManualClock, cache};

#[derive(Clone)]
struct User {
    id: u64,
}

impl User {
    fn team(&self) -> u64 {
        tagged(self.id).id
    }
}

#[cache(ttl = 60, key = "reenter-unless:{id}", unless = |user: &User| unless(user.id).id == 0)]
fn unless(id: u64) -> User {
    User { id }
}

#[cache(ttl = 60, key = "reenter-weight:{id}", weight = |_, user: &User| weighed(user.id).id as u32)]
fn weighed(id: u64) -> User {
    User { id }
}

#[cache(ttl = 60, key = "reenter-tag:{id}", tags = ["reenter:{result.team()}"])]
fn tagged(id: u64) -> User {
    User { id }
}

#[test]
fn conditions_weights_and_tags_may_call_the_function_they_belong_to() {
    assert_eq!(unless(1).id, 1);
    assert_eq!(weighed(2).id, 2);
    assert_eq!(tagged(3).id, 3);
    assert_eq!((unless::cache().len(), weighed::cache().weight(), tagged::cache().len()), (1, 2, 1));
}

#[test]
fn a_listener_may_load_what_has_just_expired() {
    static CACHE: OnceLock<Cache<u64, u64>> = OnceLock::new();
    let time = ManualClock::new();
    let cache = CACHE.get_or_init(|| {
        let reload = |key: &u64, _: &u64, cause| {
            if cause == EvictionCause::Expired {
                CACHE.get().map(|cache| cache.get_or_load(key, || 2));
            }
        };
        Cache::builder().ttl(Duration::from_secs(1)).clock(time.clock()).on_evict(reload).build()
    });
    assert_eq!(cache.get_or_load(&1, || 1), 1);
    time.advance(Duration::from_secs(1));
    assert_eq!(cache.get_or_load(&1, || 3), 3);
    assert_eq!(cache.get(&1), Some(3));
}

static DROPS_MISBEHAVE: AtomicBool = AtomicBool::new(false);
static PANICKY: OnceLock<Cache<u64, Panicky>> = OnceLock::new();

#[derive(Clone)]
struct Panicky;

impl Drop for Panicky {
    fn drop(&mut self) {
        if DROPS_MISBEHAVE.swap(false, Ordering::SeqCst) {
            panic!("on purpose");
        }
    }
}

#[test]
fn a_value_that_panics_when_it_leaves_does_not_take_its_key_with_it() {
    let time = ManualClock::new();
    let cache = PANICKY.get_or_init(|| Cache::builder().ttl(Duration::from_secs(1)).clock(time.clock()).build());
    cache.get_or_load(&1, || Panicky);
    time.advance(Duration::from_secs(1));
    DROPS_MISBEHAVE.store(true, Ordering::SeqCst);
    let panicked = std::panic::catch_unwind(|| cache.get_or_load(&1, || Panicky));
    assert!(panicked.is_err());
    let other = std::thread::spawn(move || drop(cache.get_or_load(&1, || Panicky)));
    assert!(other.join().is_ok());
    assert!(cache.contains(&1));
}

#[cache(ttl = 60, skip(load))]
fn with(load: impl Fn() -> u32 + 'static, id: u32) -> u32 {
    load() + id
}

#[test]
fn arguments_of_nameless_types_tell_instances_apart() {
    // G3: two closures are two types, and so two functions.
    assert_eq!((with(|| 1, 1), with(|| 2, 1)), (2, 3));
}

#[test]
fn a_scope_entered_while_a_thread_ends_is_left_out_instead_of_panicking() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            cached_core::bypass(|| with(|| 7, 7));
        }
    }
    thread_local!(static LAST: Last = const { Last });
    let thread = std::thread::spawn(|| {
        LAST.with(|_| ());
        cached_core::bypass(|| ());
    });
    assert!(thread.join().is_ok());
}
