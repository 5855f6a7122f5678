//! G7 through `#[invalidates]`: every form of what disappears, and when.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cached_core::{cache, invalidates};
use tests::{Calls, Held, is_pending};

/// Declares a cached function with its own names, and asserts how often its body ran.
macro_rules! cached {
    ($name:ident, $calls:ident, $key:literal, $tag:literal) => {
        static $calls: Calls = Calls::new();
        #[cache(ttl = 60, key = $key, tags = [$tag])]
        fn $name(id: u64) -> u64 {
            $calls.add();
            id
        }
    };
}

/// Whether `write` makes the entry for 1 disappear, and leaves that for 2 alone.
fn removes<R>(load: fn(u64) -> u64, calls: &Calls, write: impl FnOnce() -> R) -> bool {
    load(1);
    load(2);
    let before = calls.get();
    write();
    load(2);
    assert_eq!(calls.get(), before, "the entry for 2 stays");
    load(1);
    calls.get() > before
}

#[test]
fn what_disappears_is_named_by_key_pattern_tag_and_function() {
    cached!(load, CALLS, "g7w-form:{id}", "g7w-form-tag:{id}");
    #[invalidates("g7w-form:{id}")]
    fn by_key(id: u64) {}
    #[invalidates("*7w-form:{id}")]
    fn by_pattern(id: u64) {}
    #[invalidates(tags = ["g7w-form-tag:{id}"])]
    fn by_tag(id: u64) {}
    #[invalidates(load(id))]
    fn by_function(id: u64) {}
    #[invalidates(load(id + 1))]
    fn by_expression(id: u64) {}
    #[invalidates(self::load_alias::load(*id))]
    fn by_path(id: &u64) {}
    #[invalidates("g7w-other:{id}", load(id), tags = ["g7w-other"])]
    fn by_several(id: u64) {}
    assert!(removes(load, &CALLS, || by_key(1)));
    assert!(removes(load, &CALLS, || by_pattern(1)));
    assert!(removes(load, &CALLS, || by_tag(1)));
    assert!(removes(load, &CALLS, || by_function(1)));
    assert!(removes(load, &CALLS, || by_expression(0)));
    assert!(removes(load, &CALLS, || by_several(1)));
    assert!(!removes(load, &CALLS, || by_key(7)));
    aliased(1);
    by_path(&1);
    assert!(aliased::cache().is_empty());
}

#[cache(ttl = 60)]
pub(crate) fn aliased(id: u64) -> u64 {
    id
}

mod load_alias {
    pub(super) use super::aliased as load;
}

#[test]
fn a_star_for_arguments_names_the_whole_function() {
    cached!(load, CALLS, "g7w-all:{id}", "g7w-all");
    #[invalidates(load(*))]
    fn write() {}
    load(1);
    load(2);
    write();
    assert!(load::cache().is_empty());
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn only_success_invalidates_unless_it_says_always() {
    cached!(load, CALLS, "g7w-on:{id}", "g7w-on:{id}");
    #[invalidates(load(id))]
    fn fallible(id: u64, fail: bool) -> Result<(), String> {
        if fail { Err(format!("{id}")) } else { Ok(()) }
    }
    #[invalidates(load(id), on = "always")]
    fn always(id: u64, fail: bool) -> Result<(), String> {
        if fail { Err(format!("{id}")) } else { Ok(()) }
    }
    #[invalidates(load(id), on = "ok")]
    fn optional(id: u64) -> Option<u64> {
        (id > 100).then_some(id)
    }
    type Alias = Result<(), String>;
    #[invalidates(load(id))]
    fn aliased(id: u64, fail: bool) -> Alias {
        if fail { Err(format!("{id}")) } else { Ok(()) }
    }
    assert!(removes(load, &CALLS, || fallible(1, false).unwrap()));
    assert!(!removes(load, &CALLS, || fallible(1, true).unwrap_err().clear()));
    assert!(removes(load, &CALLS, || always(1, false).unwrap()));
    assert!(removes(load, &CALLS, || always(1, true).unwrap_err().clear()));
    assert!(removes(load, &CALLS, || assert_eq!(optional(1), None)), "`None` is no error");
    assert!(removes(load, &CALLS, || aliased(1, false).unwrap()));
    assert!(!removes(load, &CALLS, || aliased(1, true).unwrap_err().clear()));
}

#[test]
fn when_decides_by_the_arguments_or_by_the_result() {
    cached!(load, CALLS, "g7w-when:{id}", "g7w-when:{id}");
    #[invalidates(load(id), when = id == 1 && !dry)]
    fn by_arguments(id: u64, dry: bool) {}
    #[invalidates(load(id), when = *result > 0)]
    fn by_result(id: u64, rows: u64) -> Result<u64, String> {
        let _ = id;
        Ok(rows)
    }
    #[invalidates(load(id), when = result.is_empty())]
    fn by_optional_result(id: u64, text: Option<&str>) -> Option<String> {
        let _ = id;
        text.map(str::to_owned)
    }
    assert!(removes(load, &CALLS, || by_arguments(1, false)));
    assert!(!removes(load, &CALLS, || by_arguments(1, true)));
    assert!(removes(load, &CALLS, || assert_eq!(by_result(1, 1), Ok(1))));
    assert!(!removes(load, &CALLS, || assert_eq!(by_result(1, 0), Ok(0))));
    assert!(removes(load, &CALLS, || assert!(by_optional_result(1, Some("")).is_some())));
    assert!(!removes(load, &CALLS, || assert!(by_optional_result(1, Some("x")).is_some())));
    assert!(removes(load, &CALLS, || assert!(by_optional_result(1, None).is_none())), "in doubt it disappears");
}

#[test]
fn before_invalidates_before_and_after_the_body() {
    cached!(load, CALLS, "g7w-before:{id}", "g7w-before:{id}");
    #[invalidates(load(id), before)]
    fn write(id: u64) -> Result<u64, String> {
        let before = CALLS.get();
        load(id);
        Ok(CALLS.get() - before)
    }
    #[invalidates(load(id), before)]
    fn failing(id: u64) -> Result<(), u64> {
        let before = CALLS.get();
        load(id);
        Err(CALLS.get() - before)
    }
    load(1);
    assert_eq!(write(1), Ok(1), "gone when the body runs");
    assert!(load::cache().is_empty(), "and what it loaded is gone after it");
    load(1);
    assert_eq!(failing(1), Err(1));
    assert_eq!(load::cache().len(), 1, "after an error, what the body loaded stays");
}

#[test]
fn parts_of_the_result_name_what_disappears() {
    cached!(load, CALLS, "g7w-result:{id}", "g7w-result-tag:{id}");
    struct Saved {
        id: u64,
    }
    #[invalidates("g7w-result:{result.id}")]
    fn key(id: u64) -> Result<Saved, String> {
        if id == 0 { Err("zero".to_owned()) } else { Ok(Saved { id }) }
    }
    #[invalidates(tags = ["g7w-result-tag:{result.id}"])]
    fn tag(id: u64) -> Option<Saved> {
        Some(Saved { id })
    }
    #[invalidates(load(result.id))]
    fn function(id: u64) -> Saved {
        Saved { id }
    }
    #[invalidates("{prefix}:{result.id}")]
    fn both(prefix: String, id: u64) -> Saved {
        drop(prefix);
        Saved { id }
    }
    assert!(removes(load, &CALLS, || key(1)));
    assert!(!removes(load, &CALLS, || key(0)));
    assert!(removes(load, &CALLS, || tag(1)));
    assert!(removes(load, &CALLS, || function(1)));
    assert!(removes(load, &CALLS, || both("g7w-result".to_owned(), 1)), "arguments are kept from before the body");
}

#[test]
fn arguments_may_be_moved_into_the_body() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, key = "g7w-moved:{name}")]
    fn load(name: &str) -> usize {
        CALLS.add();
        name.len()
    }
    #[invalidates("g7w-moved:{name}", load(&name))]
    fn rename(name: String) -> Vec<u8> {
        name.into_bytes()
    }
    load("a:b");
    assert_eq!(rename("a:b".to_owned()), b"a:b");
    load("a:b");
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn attributes_may_be_stacked_in_any_order_and_over_a_cache() {
    cached!(first, FIRST, "g7w-first:{id}", "g7w-first");
    cached!(second, SECOND, "g7w-second:{id}", "g7w-second");
    #[invalidates(first(id))]
    #[invalidates(second(id), when = id > 0)]
    fn two(id: u64) {}
    static BODIES: Calls = Calls::new();
    #[invalidates(first(id))]
    #[cache(ttl = 60)]
    fn above(id: u64) -> u64 {
        BODIES.add();
        id
    }
    #[cache(ttl = 60)]
    #[invalidates(first(id))]
    fn below(id: u64) -> u64 {
        BODIES.add();
        id
    }
    assert!(removes(first, &FIRST, || two(1)));
    assert!(removes(second, &SECOND, || two(1)));
    for write in [above, below] {
        let before = BODIES.get();
        for _ in 0..2 {
            assert!(removes(first, &FIRST, || assert_eq!(write(1), 1)), "each call invalidates");
        }
        assert_eq!(BODIES.get() - before, 1, "and the second is answered from the cache");
    }
    assert_eq!((above::cache().stats().hits, below::cache().stats().hits), (1, 1));
}

#[test]
fn a_body_that_panics_has_invalidated() {
    cached!(load, CALLS, "g7w-panic:{id}", "g7w-panic:{id}");
    #[invalidates(load(id))]
    fn write(id: u64) -> Result<u64, String> {
        panic!("on purpose, with {id}")
    }
    #[invalidates(load(id), when = id > 1)]
    fn conditional(id: u64) {
        panic!("on purpose, with {id}")
    }
    let caught = |write: &dyn Fn()| assert!(catch_unwind(AssertUnwindSafe(write)).is_err());
    assert!(removes(load, &CALLS, || caught(&|| drop(write(1)))), "nobody knows how far the write came");
    assert!(!removes(load, &CALLS, || caught(&|| conditional(1))));
}

#[tokio::test]
async fn a_body_that_is_cancelled_has_invalidated() {
    cached!(load, CALLS, "g7w-cancel:{id}", "g7w-cancel:{id}");
    static HELD: Held = Held::new();
    #[invalidates("g7w-cancel:{id}")]
    async fn write(id: u64) -> Result<u64, String> {
        HELD.here_async().await;
        Ok(id)
    }
    load(1);
    let mut call = Box::pin(write(1));
    assert!(is_pending(call.as_mut()));
    load(1);
    assert_eq!(CALLS.get(), 1, "not before the body has ended");
    drop(call);
    load(1);
    assert_eq!(CALLS.get(), 2);
    drop(write(1));
    load(1);
    assert_eq!(CALLS.get(), 2, "a future that was never polled has written nothing");
}

#[tokio::test]
async fn async_writes_invalidate_once_they_are_awaited() {
    cached!(load, CALLS, "g7w-async:{id}", "g7w-async:{id}");
    #[invalidates(load(id), tags = ["g7w-async:{result}"], before)]
    async fn write(id: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        load(id);
        if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
    }
    #[invalidates("g7w-async:*", when = result.is_some())]
    async fn all() -> Option<Option<u64>> {
        Some(Some(1))
    }
    load(1);
    assert_eq!(write(1).await, Ok(1));
    assert!(load::cache().is_empty());
    load(1);
    load(2);
    all().await;
    assert!(load::cache().is_empty());
    assert_eq!(write(0).await, Err("zero".to_owned()));
    assert_eq!(load::cache().len(), 1);
}

#[test]
fn methods_of_every_receiver_invalidate() {
    cached!(load, CALLS, "g7w-method:{id}", "g7w-method:{id}");
    struct Shop {
        id: u64,
    }
    impl Shop {
        #[invalidates("g7w-method:{self.id}")]
        fn by_reference(&self) {}
        #[invalidates("g7w-method:{self.id}")]
        fn by_mutable_reference(&mut self) -> &mut u64 {
            &mut self.id
        }
        #[invalidates(load(self.id))]
        fn by_value(self) -> u64 {
            self.id
        }
        #[invalidates(load(id))]
        fn associated(id: u64) -> Self {
            Self { id }
        }
        #[invalidates(tags = ["g7w-method:{id}"])]
        fn changing(&mut self, id: &mut u64) -> u64 {
            *id += 1;
            self.id += *id;
            self.id
        }
    }
    assert!(removes(load, &CALLS, || Shop { id: 1 }.by_reference()));
    assert!(removes(load, &CALLS, || *Shop { id: 1 }.by_mutable_reference() += 1));
    assert!(removes(load, &CALLS, || assert_eq!(Shop { id: 1 }.by_value(), 1)));
    assert!(removes(load, &CALLS, || assert_eq!(Shop::associated(1).id, 1)));
    let mut id = 1;
    assert!(removes(load, &CALLS, || assert_eq!(Shop { id: 1 }.changing(&mut id), 3)), "the value before the body");
}

#[test]
fn generic_functions_and_opaque_results_invalidate() {
    cached!(load, CALLS, "g7w-generic:{id}", "g7w-generic:{id}");
    #[invalidates("g7w-generic:{id.into()}")]
    fn generic<T: Into<u64> + Copy>(id: T, text: impl AsRef<str>) -> usize {
        let _ = id;
        text.as_ref().len()
    }
    #[invalidates(load(id))]
    fn opaque(id: u64) -> impl Iterator<Item = u64> {
        0..id
    }
    assert!(removes(load, &CALLS, || assert_eq!(generic(1_u32, "four"), 4)));
    assert!(removes(load, &CALLS, || assert_eq!(opaque(1).count(), 1)));
}
