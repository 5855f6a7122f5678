//! G1: what a return value is, is decided by its type, so aliases work; errors are never cached. Sync and async alike.

use std::sync::Arc;

use cached_core::cache;
use tests::Calls;

type Number = u64;
type Maybe<T> = Option<T>;
type Outcome<T> = Result<T, String>;
type Found<T> = Outcome<Maybe<T>>;
type Name = Arc<str>;
type Nothing = ();

#[test]
fn a_plain_value_is_computed_once_for_each_argument() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn square(x: u64) -> u64 {
        CALLS.add();
        x * x
    }
    assert_eq!((square(3), square(3), square(4), square(3)), (9, 9, 16, 9));
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn an_alias_of_a_plain_value_is_one() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn square(x: Number) -> Number {
        CALLS.add();
        x * x
    }
    assert_eq!((square(3), square(3)), (9, 9));
    assert_eq!(CALLS.get(), 1);
}

#[test]
fn a_function_that_returns_nothing_runs_once() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn warm(_id: u64) {
        CALLS.add();
    }
    #[cache(ttl = 60)]
    fn warm_explicitly(id: u64) -> () {
        let _ = id;
        CALLS.add();
    }
    #[cache(ttl = 60)]
    fn warm_by_alias(_id: u64) -> Nothing {
        CALLS.add();
    }
    for _ in 0..3 {
        warm(1);
        warm_explicitly(1);
        warm_by_alias(1);
    }
    assert_eq!(CALLS.get(), 3);
}

#[test]
fn an_option_is_cached_whether_it_holds_something_or_not() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn even(x: u64) -> Option<u64> {
        CALLS.add();
        x.is_multiple_of(2).then_some(x)
    }
    assert_eq!((even(2), even(2), even(3), even(3)), (Some(2), Some(2), None, None));
    assert_eq!(CALLS.get(), 2);
    assert_eq!(even::cache().stats().null_hits, 1, "its type says that `None` is a null");
}

#[test]
fn an_alias_of_an_option_is_one() {
    #[cache(ttl = 60)]
    fn even(x: u64) -> Maybe<u64> {
        x.is_multiple_of(2).then_some(x)
    }
    assert_eq!((even(3), even(3)), (None, None));
    assert_eq!(even::cache().stats().null_hits, 1);
}

#[test]
fn errors_are_never_cached_and_values_in_ok_are() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn fetch(id: u64) -> Result<u64, String> {
        match CALLS.add() {
            1 | 2 => Err(format!("{id} is down")),
            _ => Ok(id),
        }
    }
    assert_eq!(fetch(7), Err("7 is down".to_owned()));
    assert_eq!(fetch(7), Err("7 is down".to_owned()));
    assert_eq!((fetch(7), fetch(7)), (Ok(7), Ok(7)));
    assert_eq!(CALLS.get(), 3);
    assert_eq!(fetch::cache().stats().load_errors, 2);
}

#[test]
fn an_alias_of_a_result_does_not_cache_errors_either() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn fetch(id: u64) -> Outcome<u64> {
        if CALLS.add() == 1 { Err("down".to_owned()) } else { Ok(id) }
    }
    assert_eq!((fetch(7).is_err(), fetch(7), fetch(7)), (true, Ok(7), Ok(7)));
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn an_error_that_is_no_clone_is_not_cached_either() {
    #[derive(Debug)]
    struct NotClone;
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn fetch(id: u64) -> Result<u64, NotClone> {
        if CALLS.add() == 1 { Err(NotClone) } else { Ok(id) }
    }
    assert!(fetch(7).is_err());
    assert_eq!((fetch(7).ok(), fetch(7).ok()), (Some(7), Some(7)));
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn a_result_of_an_option_caches_nulls_and_not_errors() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn find(id: u64) -> Result<Option<u64>, String> {
        CALLS.add();
        match id {
            0 => Err("down".to_owned()),
            1 => Ok(None),
            id => Ok(Some(id)),
        }
    }
    for _ in 0..2 {
        assert_eq!((find(0), find(1), find(2)), (Err("down".to_owned()), Ok(None), Ok(Some(2))));
    }
    assert_eq!(CALLS.get(), 4, "twice the error, once each of the others");
    assert_eq!(find::cache().stats().null_hits, 1);
}

#[test]
fn an_alias_of_a_result_of_an_option_is_one() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn find(id: u64) -> Found<u64> {
        CALLS.add();
        if id == 0 { Err("down".to_owned()) } else { Ok(None) }
    }
    for _ in 0..2 {
        assert_eq!((find(0), find(1)), (Err("down".to_owned()), Ok(None)));
    }
    assert_eq!(CALLS.get(), 3);
    assert_eq!(find::cache().stats().null_hits, 1);
}

#[test]
fn an_arc_is_shared_by_all_callers() {
    #[cache(ttl = 60)]
    fn name(id: u64) -> Arc<str> {
        format!("name {id}").into()
    }
    #[cache(ttl = 60)]
    fn alias(id: u64) -> Name {
        format!("alias {id}").into()
    }
    #[cache(ttl = 60)]
    fn fallible(id: u64) -> Result<Arc<String>, String> {
        Ok(Arc::new(format!("fallible {id}")))
    }
    assert!(Arc::ptr_eq(&name(1), &name(1)));
    assert!(Arc::ptr_eq(&alias(1), &alias(1)));
    assert!(Arc::ptr_eq(&fallible(1).unwrap(), &fallible(1).unwrap()));
}

#[test]
fn standard_aliases_are_results() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn read(path: &str) -> std::io::Result<u64> {
        CALLS.add();
        if path == "missing" { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(1) }
    }
    for _ in 0..2 {
        assert!(read("missing").is_err());
        assert_eq!(read("there").ok(), Some(1));
    }
    assert_eq!(CALLS.get(), 3);
}

#[tokio::test]
async fn async_functions_of_every_shape_answer_as_their_bodies_do() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    async fn plain(x: u64) -> u64 {
        CALLS.add();
        tokio::task::yield_now().await;
        x
    }
    #[cache(ttl = 60)]
    async fn option(x: u64) -> Maybe<u64> {
        CALLS.add();
        (x > 0).then_some(x)
    }
    #[cache(ttl = 60)]
    async fn result(x: u64) -> Outcome<u64> {
        CALLS.add();
        if x > 0 { Ok(x) } else { Err("zero".to_owned()) }
    }
    #[cache(ttl = 60)]
    async fn both(x: u64) -> Found<u64> {
        CALLS.add();
        if x > 0 { Ok(None) } else { Err("zero".to_owned()) }
    }
    #[cache(ttl = 60)]
    async fn nothing(_x: u64) {
        CALLS.add();
    }
    #[cache(ttl = 60)]
    async fn shared(x: u64) -> Name {
        CALLS.add();
        x.to_string().into()
    }
    for _ in 0..3 {
        assert_eq!(plain(1).await, 1);
        assert_eq!((option(0).await, option(1).await), (None, Some(1)));
        assert_eq!((result(0).await, result(1).await), (Err("zero".to_owned()), Ok(1)));
        assert_eq!((both(0).await, both(1).await), (Err("zero".to_owned()), Ok(None)));
        nothing(1).await;
        assert_eq!(&*shared(1).await, "1");
    }
    assert_eq!(CALLS.get(), 1 + 2 + (3 + 1) + (3 + 1) + 1 + 1, "only errors ran again");
}

#[test]
fn question_marks_and_early_returns_leave_the_body_and_not_the_cache() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn parse(text: &str) -> Result<i64, std::num::ParseIntError> {
        CALLS.add();
        if text.is_empty() {
            return Ok(0);
        }
        let number: i64 = text.parse()?;
        Ok(number)
    }
    for _ in 0..2 {
        assert_eq!((parse(""), parse("7")), (Ok(0), Ok(7)));
        assert!(parse("x").is_err());
    }
    assert_eq!(CALLS.get(), 4);
}

#[test]
fn a_panic_reaches_the_caller_and_leaves_the_cache_usable() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn fragile(x: u64) -> u64 {
        assert!(CALLS.add() > 1, "on purpose");
        x
    }
    let panic = std::panic::catch_unwind(|| fragile(1)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    assert_eq!((fragile(1), fragile(1)), (1, 1));
    assert_eq!(CALLS.get(), 2);
}
