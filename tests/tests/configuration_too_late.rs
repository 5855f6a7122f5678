//! In a process of its own: a configuration that comes after the first call of an annotated function is refused.

use cached_core::{Cache, ConfigErrorKind, MemoryStore, cache, configure};

#[cache(ttl = 60)]
fn square(x: u64) -> u64 {
    x * x
}

#[cache(ttl = 60, backend = "sessions")]
fn session(x: u64) -> u64 {
    x
}

#[test]
fn after_the_first_call_of_an_annotated_function_it_is_too_late() {
    let direct: Cache<u64, u64> = Cache::builder().build();
    direct.insert(1, 1);
    assert_eq!(square::key(2), "configuration_too_late::square:2", "asking for a key is no call");
    assert!(square::cache().is_empty());

    square(2);
    let late = configure().store("sessions", MemoryStore::new()).install().unwrap_err();
    assert_eq!(late.kind(), ConfigErrorKind::TooLate);
    assert!(late.to_string().contains("at the start of main"), "{late}");

    assert_eq!((session(1), session::cache().len()), (1, 0), "nothing was changed");
    let problem = session::cache().problem().expect("the store is not there");
    assert!(problem.contains("(there is: memory)"), "{problem}");
    assert_eq!((square(2), square::cache().stats().hits), (4, 1));
    assert_eq!(configure().install().unwrap_err().kind(), ConfigErrorKind::TooLate);
}
