//! G1: an annotated function keeps its signature, whatever stands in it.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::Arc;

use cached_core::{KeyPart, cache};
use tests::Calls;

#[test]
fn arguments_may_be_moved_into_the_body() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn joined(mut words: Vec<String>, last: String) -> String {
        CALLS.add();
        words.push(last);
        words.join(" ")
    }
    let words = || vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(joined(words(), "c".to_owned()), "a b c");
    assert_eq!(joined(words(), "c".to_owned()), "a b c");
    assert_eq!(joined(words(), "d".to_owned()), "a b d");
    assert_eq!(CALLS.get(), 2);
}

#[tokio::test]
async fn arguments_may_be_moved_into_an_async_body_and_into_its_tasks() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, key = "g1-moved:{text}")]
    async fn length(text: String, extra: Box<dyn Fn() -> usize + Send>) -> usize {
        CALLS.add();
        let in_task = tokio::spawn(async move { text.len() }).await.unwrap();
        in_task + extra()
    }
    for _ in 0..2 {
        assert_eq!(length("four".to_owned(), Box::new(|| 2)).await, 6);
    }
    assert_eq!(CALLS.get(), 1);
}

#[test]
fn patterns_in_argument_position_bind_what_they_say() {
    static CALLS: Calls = Calls::new();
    struct Point {
        x: i32,
        y: i32,
    }
    #[cache(ttl = 60)]
    fn sum((a, b): (i32, i32), [c, d]: [i32; 2], Point { x, y: why }: Point, _: &str) -> i32 {
        CALLS.add();
        a + b + c + d + x + why
    }
    assert_eq!(sum((1, 2), [3, 4], Point { x: 5, y: 6 }, "one"), 21);
    assert_eq!(sum((1, 2), [3, 4], Point { x: 5, y: 6 }, "other"), 21, "what has no name makes no difference");
    assert_eq!(sum((1, 2), [3, 4], Point { x: 5, y: 7 }, "one"), 22);
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn mutable_bindings_are_changed_by_the_body_and_not_in_the_key() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn countdown(mut n: u32) -> u32 {
        CALLS.add();
        let mut steps = 0;
        while n > 0 {
            n -= 1;
            steps += 1;
        }
        steps
    }
    assert_eq!((countdown(5), countdown(5), countdown(0)), (5, 5, 0));
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn instances_of_a_generic_function_never_meet() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn parsed<T>(text: &str) -> Option<T>
    where
        T: FromStr + Clone + Send + Sync + 'static,
    {
        CALLS.add();
        text.parse().ok()
    }
    for _ in 0..2 {
        assert_eq!(parsed::<u8>("7"), Some(7u8));
        assert_eq!(parsed::<i64>("7"), Some(7i64));
        assert_eq!(parsed::<String>("7"), Some("7".to_owned()));
        assert_eq!(parsed::<u8>("300"), None);
        assert_eq!(parsed::<i64>("300"), Some(300));
    }
    assert_eq!(CALLS.get(), 5);
}

#[test]
fn instances_that_differ_in_a_type_which_shows_nowhere_never_meet() {
    struct Euro;
    struct Yen;
    trait Currency {
        const DIGITS: u32;
    }
    impl Currency for Euro {
        const DIGITS: u32 = 2;
    }
    impl Currency for Yen {
        const DIGITS: u32 = 0;
    }
    #[cache(ttl = 60, key = "g1-digits:{amount}")]
    fn digits<C: Currency + 'static, const PLUS: u32>(amount: u32) -> u32 {
        amount + C::DIGITS + PLUS
    }
    for _ in 0..2 {
        assert_eq!(digits::<Euro, 0>(10), 12);
        assert_eq!(digits::<Yen, 0>(10), 10);
        assert_eq!(digits::<Yen, 5>(10), 15);
    }
}

#[test]
fn generic_arguments_and_impl_trait_arguments_are_parts_of_the_key() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn shown<T: KeyPart + Debug>(value: T) -> String {
        CALLS.add();
        format!("{value:?}")
    }
    #[cache(ttl = 60)]
    fn displayed(value: impl Display + Copy, suffix: &str) -> String {
        CALLS.add();
        format!("{value}{suffix}")
    }
    #[cache(ttl = 60, key = "g1-text:{text.as_ref()}")]
    fn length(text: impl AsRef<str>) -> usize {
        CALLS.add();
        text.as_ref().len()
    }
    for _ in 0..2 {
        assert_eq!((shown(7u8), shown("7"), shown(vec![7u8])), ("7".into(), "\"7\"".into(), "[7]".into()));
        assert_eq!((displayed(1.5, "!"), displayed('x', "!")), ("1.5!".into(), "x!".into()));
        assert_eq!((length("four"), length(String::from("four"))), (4, 4));
    }
    // `&str` and `String` make two instances of `length`: the body may tell them apart, so their entries must not meet.
    assert_eq!(CALLS.get(), 3 + 2 + 2);
}

#[test]
fn lifetimes_and_where_clauses_stay() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, skip(arena))]
    fn longest<'a, 'b: 'a, T>(arena: &'b [T], left: &'a str, right: &'b str) -> String
    where
        T: Clone + 'static,
    {
        CALLS.add();
        let _ = arena;
        if left.len() > right.len() { left.to_owned() } else { right.to_owned() }
    }
    let arena = [1u8];
    for _ in 0..2 {
        let right = String::from("bb");
        assert_eq!(longest(&arena, "a", &right), "bb");
    }
    assert_eq!(CALLS.get(), 1);
}

#[test]
#[allow(unsafe_code, reason = "what is tested is the keyword")]
fn an_unsafe_function_stays_unsafe() {
    static CALLS: Calls = Calls::new();
    /// # Safety
    ///
    /// Any `x` will do.
    #[cache(ttl = 60)]
    unsafe fn careful(x: u64) -> u64 {
        CALLS.add();
        x + 1
    }
    // SAFETY: any argument will do.
    let answers = unsafe { (careful(1), careful(1)) };
    assert_eq!((answers, CALLS.get()), ((2, 2), 1));
}

mod elsewhere {
    use cached_core::cache;

    /// Documented, visible in the crate, and under other attributes.
    #[cfg(not(any()))]
    #[cache(ttl = 60)]
    #[tracing::instrument(skip(_secret))]
    #[must_use]
    #[inline]
    pub(crate) fn visible(id: u64, _secret: &str) -> u64 {
        id
    }

    #[tracing::instrument]
    #[cache(ttl = 60)]
    pub(super) async fn traced(id: u64) -> Result<u64, std::io::Error> {
        Ok(id)
    }
}

#[tokio::test]
async fn visibility_documentation_and_other_attributes_stay() {
    use elsewhere::{traced, visible};
    assert_eq!(visible(7, "a"), 7);
    assert_eq!(elsewhere::visible::cache().len(), 1);
    assert_eq!(visible::cache().len(), 1, "a `use` imports function and companion");
    assert_eq!(traced(7).await.unwrap(), 7);
    traced::invalidate(7).await;
    assert!(traced::cache().is_empty());
}

#[test]
fn a_function_inside_a_function_has_its_own_cache() {
    fn outer(x: u64) -> u64 {
        #[cache(ttl = 60)]
        fn inner(x: u64) -> u64 {
            x + 1
        }
        let answer = inner(x);
        assert_eq!(inner::cache().len(), 1);
        answer
    }
    fn other(x: u64) -> u64 {
        #[cache(ttl = 60)]
        fn inner(x: u64) -> u64 {
            x + 2
        }
        inner(x)
    }
    assert_eq!((outer(1), other(1), outer(1)), (2, 3, 2));
}

#[test]
fn unusual_names_work() {
    #[cache(ttl = 60)]
    fn r#match(r#type: u64, __flight: u64, __output: u64, key: u64, cache: u64, tags: u64, result: u64) -> u64 {
        r#type + __flight + __output + key + cache + tags + result
    }
    #[cache(ttl = 60, key = "g1-raw:{type}:{länge}")]
    fn größe(r#type: &str, länge: u64) -> String {
        format!("{}{}", r#type, länge)
    }
    assert_eq!(r#match(1, 2, 3, 4, 5, 6, 7), 28);
    assert_eq!(r#match(1, 2, 3, 4, 5, 6, 7), 28);
    assert_eq!((größe("a", 1), größe("a", 1)), ("a1".to_owned(), "a1".to_owned()));
    assert_eq!(größe::key("a", 1), "g1-raw:a:1");
    assert_eq!(r#match::cache().stats().hits, 1);
}

#[test]
fn a_parameter_may_have_the_name_of_its_function() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn price(price: u64) -> u64 {
        CALLS.add();
        price * 2
    }
    assert_eq!((price(4), price(4)), (8, 8));
    assert_eq!(CALLS.get(), 1);
    price::invalidate(4);
    assert_eq!((price(4), price::refresh(4), price::uncached(4)), (8, 8, 8));
    assert_eq!(CALLS.get(), 4);
}

#[test]
fn shadowed_names_of_the_standard_library_do_no_harm() {
    #[allow(dead_code, reason = "they are there to be in the way")]
    mod shadowed {
        use tests::Calls;

        pub static CALLS: Calls = Calls::new();
        pub struct Option;
        pub struct Result;
        pub struct Some;
        pub struct None;
        pub struct Box;
        pub struct String;
        pub mod core {}
        pub mod std {}

        #[::cached_core::cache(ttl = 60, tags = ["g1-shadowed"], unless = |v: &u64| *v == 0)]
        pub fn plain(x: u64) -> u64 {
            CALLS.add();
            x
        }
        #[::cached_core::invalidates(plain(x), "g1-shadowed:{x}", tags = ["g1-shadowed"])]
        pub fn write(x: u64) -> u64 {
            x
        }
    }
    assert_eq!((shadowed::plain(1), shadowed::plain(1)), (1, 1));
    shadowed::write(1);
    assert_eq!(shadowed::plain(1), 1);
    assert_eq!(shadowed::CALLS.get(), 2);
}

#[test]
fn more_parts_than_fingers_fit_into_a_key() {
    static CALLS: Calls = Calls::new();
    #[allow(clippy::too_many_arguments, reason = "what is tested is their number")]
    #[cache(ttl = 60)]
    fn many(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: u8) -> u32 {
        CALLS.add();
        [a, b, c, d, e, f, g, h, i, j, k, l].into_iter().map(u32::from).sum()
    }
    for _ in 0..2 {
        assert_eq!(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 78);
        assert_eq!(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13), 79);
    }
    assert_eq!(CALLS.get(), 2);
}

#[test]
fn derived_and_displayed_types_stand_in_keys() {
    #[derive(KeyPart, Clone, Copy, Debug, PartialEq)]
    struct Id(u64);
    #[derive(KeyPart)]
    enum Filter<'a> {
        All,
        Named(&'a str),
        Range { from: Option<Id>, to: Option<Id> },
    }
    struct Shown(u8);
    impl Display for Shown {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "shown {}", self.0)
        }
    }
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, key = "g1-derived:{filter}:{by}:{map}")]
    fn search(filter: Filter<'_>, by: &Shown, map: &BTreeMap<String, Vec<Id>>) -> u64 {
        let _ = (filter, by, map);
        CALLS.add()
    }
    let map = BTreeMap::from([("a".to_owned(), vec![Id(1), Id(2)])]);
    let filters =
        || [Filter::All, Filter::Named("All"), Filter::Named(""), Filter::Range { from: Some(Id(1)), to: None }];
    let first: Vec<u64> = filters().into_iter().map(|filter| search(filter, &Shown(1), &map)).collect();
    let again: Vec<u64> = filters().into_iter().map(|filter| search(filter, &Shown(1), &map)).collect();
    assert_eq!(first, again);
    assert_eq!(CALLS.get(), 4);
    assert_eq!(search::key(Filter::All, &Shown(1), &map), "g1-derived:All:shown%201:[a=[1,2,],]");
    assert_eq!(
        search::key(Filter::Range { from: Some(Id(1)), to: None }, &Shown(2), &BTreeMap::new()),
        "g1-derived:Range(1,~):shown%202:[]"
    );
}

#[test]
fn field_and_method_paths_and_debug_stand_in_keys() {
    #[derive(Debug)]
    enum Kind {
        Big,
    }
    struct Request {
        user: User,
        kind: Kind,
        words: Vec<String>,
    }
    struct User {
        id: u64,
    }
    impl Request {
        fn lang(&self) -> &str {
            "en"
        }
    }
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, key = "g1-path:{req.user.id}:{req.lang()}:{req.kind:?}:{req.words[0]}:{*extra}:{{}}")]
    fn answer(req: &Request, extra: &u64) -> u64 {
        CALLS.add();
        req.user.id + extra
    }
    let request = |id| Request { user: User { id }, kind: Kind::Big, words: vec!["a b".to_owned()] };
    assert_eq!((answer(&request(1), &1), answer(&request(1), &1), answer(&request(2), &1)), (2, 2, 3));
    assert_eq!(CALLS.get(), 2);
    assert_eq!(answer::key(&request(1), &1), "g1-path:1:en:Big:a%20b:1:{}");
}

#[test]
fn functions_made_by_a_macro_rule_are_cached_too() {
    macro_rules! doubled {
        ($name:ident, $argument:ident: $type:ty) => {
            #[cache(ttl = 60, key = "g1-rule:{n}:{twice}")]
            fn $name($argument: $type, twice: $type) -> ($type, $type) {
                ($argument * 2, twice)
            }
        };
    }
    doubled!(double, n: u64);
    assert_eq!((double(2, 3), double(2, 3)), ((4, 3), (4, 3)));
    assert_eq!(double::cache().stats().hits, 1);
    assert_eq!(double::key(2, 3), "g1-rule:2:3");
}

#[test]
fn values_that_are_shared_slices_or_functions_can_be_cached() {
    #[cache(ttl = 60)]
    fn handler(name: &str) -> fn(u64) -> u64 {
        if name == "double" { |x| x * 2 } else { |x| x }
    }
    #[cache(ttl = 60)]
    fn page(id: u64) -> Arc<dyn Fn() -> u64 + Send + Sync> {
        Arc::new(move || id)
    }
    #[cache(ttl = 60)]
    fn word(id: usize) -> &'static str {
        ["zero", "one"][id]
    }
    assert_eq!((handler("double")(2), handler("double")(3)), (4, 6));
    assert_eq!((page(7)(), page(7)()), (7, 7));
    assert_eq!((word(1), word(1)), ("one", "one"));
}
