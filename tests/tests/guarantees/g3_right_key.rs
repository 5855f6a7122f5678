//! G3: two calls share an entry only if their key texts are equal, different values give different texts, and no value acts as a
//! pattern.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::num::NonZeroI8;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cached_core::{Cache, Invalidation, KeyPart, cache, escape, invalidates};
use proptest::prelude::*;

/// A cached function whose result tells its arguments: an entry that is shared wrongly gives a wrong answer.
macro_rules! keyed {
    ($name:ident($($arg:ident: $ty:ty),+) = $key:literal) => {
        #[cache(capacity = 1_000_000, key = $key)]
        #[allow(clippy::ptr_arg, reason = "what is tested are keys of these very types")]
        fn $name($($arg: $ty),+) -> String {
            format!("{:?}", ($($arg,)+))
        }
    };
}

/// Texts that are made of what templates, patterns, escapes and composite parts give a meaning to.
fn troublesome(longest: usize) -> Vec<String> {
    let alphabet = ["", ":", "%", "2", "5", "-", "*", "~", "x", ","];
    let mut all = BTreeSet::from([String::new()]);
    let mut last = all.clone();
    for _ in 0..longest {
        last = last.iter().flat_map(|text| alphabet.map(|letter| format!("{text}{letter}"))).collect();
        all.extend(last.iter().cloned());
    }
    all.into_iter().collect()
}

/// Fails where two different values have one text.
fn all_differ<V: Debug + PartialEq>(cases: impl IntoIterator<Item = (V, String)>) {
    let mut seen: HashMap<String, V> = HashMap::new();
    for (value, text) in cases {
        if let Some(other) = seen.get(&text) {
            assert!(*other == value, "{other:?} and {value:?} have one text: {text}");
        }
        seen.insert(text, value);
    }
}

/// Pairs of which one is short: together they reach every way to cut a text of a few letters in two.
fn pairs() -> Vec<(String, String)> {
    let (long, short) = (troublesome(3), troublesome(1));
    let one = long.iter().flat_map(|a| short.iter().map(move |b| (a.clone(), b.clone())));
    let other = long.iter().flat_map(|a| short.iter().map(move |b| (b.clone(), a.clone())));
    one.chain(other).collect()
}

macro_rules! templates {
    ($($name:ident = $key:literal;)+) => {$(
        #[test]
        fn $name() {
            keyed!(two(a: &str, b: &str) = $key);
            all_differ(pairs().into_iter().map(|(a, b)| {
                let text = two::key(&a, &b);
                ((a, b), text)
            }));
        }
    )+};
}

templates! {
    different_texts_differ_around_a_colon = "g3:{a}:{b}";
    different_texts_differ_around_a_dash_and_a_slash = "g3-{a}-/{b}";
    different_texts_differ_around_a_letter_and_a_bar = "{a}x|{b}";
    different_texts_differ_around_a_word = "{a}%2Dab:{b}";
    different_texts_differ_around_two_marks = "{a}~;{b}";
    different_texts_differ_around_an_escape = "{a}%:25{b}";
    different_texts_differ_around_a_space = "{a} {b}";
    different_texts_differ_around_a_comma = "{a},{b}";
    different_texts_differ_around_braces = "{{{a}}}{{{b}}}";
    different_texts_differ_around_an_equals_sign = "{a}={b}!";
    different_texts_differ_in_another_order = "{b}/{a}/{b}";
}

#[test]
fn different_options_differ() {
    let options = || {
        let some = troublesome(1).into_iter().map(Some);
        std::iter::once(None).chain(some).collect::<Vec<Option<String>>>()
    };
    keyed!(two(a: Option<&str>, b: &Option<String>) = "g3:{a}:{b}");
    keyed!(nested(a: Option<Option<&str>>) = "g3:{a}");
    keyed!(dashed(a: Option<&str>, b: Option<&str>) = "g3:{a}#{b}");
    all_differ(options().into_iter().flat_map(|a| {
        let text = move |b: Option<String>| ((a.clone(), b.clone()), two::key(a.as_deref(), &b));
        options().into_iter().map(text)
    }));
    all_differ(options().into_iter().flat_map(|a| {
        let text = move |b: Option<String>| ((a.clone(), b.clone()), dashed::key(a.as_deref(), b.as_deref()));
        options().into_iter().map(text)
    }));
    let nestings = options().into_iter().map(Some).chain([None]).collect::<Vec<_>>();
    all_differ(nestings.iter().map(|a| (a, nested::key(a.as_ref().map(|a| a.as_deref())))));
}

#[test]
fn different_sequences_tuples_sets_and_maps_differ() {
    keyed!(lists(a: &[String], b: &Vec<Option<String>>) = "g3:{a},{b}");
    keyed!(tuples(a: (&str, Option<(u8,)>), b: &[(i8, String); 1]) = "g3:{a}:{b}");
    keyed!(maps(a: &BTreeMap<String, Option<u8>>, b: &BTreeSet<String>) = "g3:{a}={b}");
    let few: Vec<String> = ["", ",", "]", "[", "a", "~", "a,", "=", ")", "("].map(str::to_owned).to_vec();
    let upto_two = || {
        let one = few.iter().map(|a| vec![a.clone()]);
        let two = few.iter().flat_map(|a| few.iter().map(move |b| vec![a.clone(), b.clone()]));
        std::iter::once(Vec::new()).chain(one).chain(two).collect::<Vec<_>>()
    };
    all_differ(upto_two().into_iter().flat_map(|a| {
        upto_two().into_iter().map(move |b| {
            let b: Vec<_> = b.into_iter().map(|text| (text != "a").then_some(text)).collect();
            ((a.clone(), b.clone()), lists::key(&a, &b))
        })
    }));
    all_differ(few.iter().flat_map(|a| {
        few.iter().flat_map(move |b| {
            [None, Some((0,)), Some((1,))]
                .into_iter()
                .flat_map(move |n| [-1, 1].map(|i| ((a, b, n, i), tuples::key((a, n), &[(i, b.clone())]))))
        })
    }));
    all_differ(upto_two().into_iter().flat_map(|keys| {
        upto_two().into_iter().map(move |set| {
            let map: BTreeMap<_, _> = keys.iter().cloned().zip([None, Some(1)]).collect();
            let set: BTreeSet<_> = set.into_iter().collect();
            ((map.clone(), set.clone()), maps::key(&map, &set))
        })
    }));
}

#[test]
fn different_numbers_differ_even_where_their_signs_stand_beside_the_separator() {
    keyed!(signed(a: i64, b: i8) = "g3:{a}-:-{b}");
    keyed!(floats(a: f64, b: f32) = "g3:{a}.,.{b}");
    keyed!(hexadecimal(a: u8, b: i16) = "g3:{a}e/+{b}");
    let numbers = [i8::MIN, -11, -1, 0, 1, 11, i8::MAX];
    all_differ(numbers.iter().flat_map(|&a| numbers.map(|b| ((a, b), signed::key(a.into(), b)))));
    let floats_ =
        [0.0, -0.0, 1.0, -1.0, 0.1, 1.1, 11.0, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
    all_differ(
        floats_.iter().flat_map(|&a| floats_.map(|b| ((a.to_bits(), b.to_bits()), floats::key(f64::from(a), b)))),
    );
    all_differ((0..=u8::MAX).flat_map(|a| (-20..20).map(move |b| ((a, b), hexadecimal::key(a, b)))));
}

#[derive(KeyPart, Clone, Copy, Debug, PartialEq)]
enum Kind {
    A,
    #[allow(non_camel_case_types, reason = "what is tested is a separator in a name")]
    A_A,
    B(u8),
    C {
        of: Option<u8>,
    },
}

#[derive(KeyPart, Clone, Copy, Debug, PartialEq)]
struct Wrapped(Option<u8>);

#[test]
fn different_variants_differ() {
    let kinds = [Kind::A, Kind::A_A, Kind::B(0), Kind::B(1), Kind::C { of: None }, Kind::C { of: Some(0) }];
    keyed!(scored(a: Kind, b: Kind) = "g3:{a}_/_{b}");
    keyed!(optional(a: Option<Kind>, b: Option<Wrapped>) = "g3:{a}({b}");
    all_differ(kinds.iter().flat_map(|&a| kinds.map(|b| ((a, b), scored::key(a, b)))));
    let wrapped = [None, Some(Wrapped(None)), Some(Wrapped(Some(1)))];
    let options = kinds.map(Some).into_iter().chain([None]);
    all_differ(options.flat_map(|a| wrapped.map(|b| ((a, b), optional::key(a, b)))));
}

/// Calls with each value, twice, and compares the texts with which the entries say they are kept.
macro_rules! agree {
    ($ty:ty: $values:expr) => {{
        #[cache(capacity = 1_000_000)]
        #[allow(clippy::ptr_arg, reason = "what is tested are keys of these very types")]
        fn of(value: &$ty) -> String {
            format!("{value:?}")
        }
        let values: Vec<$ty> = $values.into_iter().collect();
        for _ in 0..2 {
            for value in &values {
                assert_eq!(of(value), format!("{value:?}"));
            }
        }
        let borrowed: BTreeSet<String> = values.iter().map(of::key).collect();
        let owned: BTreeSet<String> = of::cache().keys().into_iter().map(|info| info.key).collect();
        assert_eq!((borrowed.len(), of::cache().stats().loads), (values.len(), values.len() as u64));
        assert_eq!(borrowed, owned);
        for value in &values {
            of::invalidate(value);
            assert_eq!(of::cache().stats().invalidations.key, of::cache().stats().evictions.invalidated);
        }
    }};
}

#[test]
fn typed_look_up_and_text_agree_for_every_kind_of_part() {
    agree!(String: troublesome(2));
    agree!(Cow<'static, str>: troublesome(1).into_iter().map(Cow::Owned));
    agree!(Arc<[String]>: troublesome(1).into_iter().map(|text| Arc::from([text])));
    agree!(char: ['a', ':', '*', '%', 'é', '\0', '😀']);
    agree!(bool: [true, false]);
    agree!(i128: [i128::MIN, -1, 0, 1, i128::MAX]);
    agree!(NonZeroI8: [-1, 1].map(|n| NonZeroI8::new(n).unwrap()));
    agree!(f64: [0.0, -0.0, 1.5, f64::NAN, f64::INFINITY, 1e300, 5e-324]);
    agree!(Option<Option<u8>>: [None, Some(None), Some(Some(0))]);
    agree!(Vec<(String, Option<i8>)>: [vec![], vec![(String::new(), None)], vec![("a".into(), Some(-1)), ("b".into(), None)]]);
    agree!(BTreeMap<u8, String>: [BTreeMap::new(), BTreeMap::from([(1, ",".into())])]);
    agree!(PathBuf: ["", "/", "a/b", "a//b", "a%2Fb"].map(PathBuf::from));
    agree!(OsString: ["", "é", "%FF"].map(OsString::from));
    agree!(IpAddr: ["1.2.3.4", "::ffff:1.2.3.4", "::1"].map(|ip| ip.parse().unwrap()));
    agree!(Duration: [Duration::ZERO, Duration::new(1, 1), Duration::new(1, 10), Duration::MAX]);
    agree!(SystemTime: [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH - Duration::new(1, 5), SystemTime::UNIX_EPOCH + Duration::new(1, 5)]);
    agree!(Kind: [Kind::A, Kind::A_A, Kind::B(0), Kind::C { of: None }, Kind::C { of: Some(1) }]);
    agree!((): [()]);
}

#[test]
fn addresses_that_differ_in_what_display_leaves_out_differ() {
    let ip = "fe80::1".parse().unwrap();
    let addresses = || [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(flow, scope)| SocketAddrV6::new(ip, 80, flow, scope));
    agree!(SocketAddrV6: addresses());
    agree!(SocketAddr: addresses().map(SocketAddr::V6).into_iter().chain(["1.2.3.4:80".parse().unwrap()]));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_differ() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = [&b"\xff"[..], b"\xfe", b"\xff\xfe", b"%FF", b"a\xffb", b"\xc3", b"\xc3\xa9", b"\xa9"];
    agree!(OsString: bytes.map(|bytes| OsString::from_vec(bytes.to_vec())));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c:%*{}\\[\\](),~=_ 2-]{0,6}",
        "\\PC{0,12}",
        any::<String>(),
        Just("%2A".to_owned()),
        Just("*".to_owned()),
    ]
}

/// Two values that are often equal, or nearly so.
fn twins<S: Strategy<Value: Clone + Debug>>(of: impl Fn() -> S) -> impl Strategy<Value = (S::Value, S::Value)> {
    prop_oneof![of().prop_map(|value| (value.clone(), value)), (of(), of())]
}

type Nested = (String, Option<String>, Vec<(i32, Option<String>)>, Result<u64, bool>);

fn nested() -> impl Strategy<Value = Nested> {
    let list = prop::collection::vec((-2..2_i32, prop::option::of(text())), 0..3);
    (text(), prop::option::of(text()), list, prop_oneof![any::<bool>().prop_map(Err), (0..3_u64).prop_map(Ok)])
}

keyed!(typed(a: &str, b: &Option<String>, c: &[(i32, Option<String>)], d: &Either) = "g3-typed:{a}|{b}:{c}/{d}");

#[derive(KeyPart, Clone, Debug, PartialEq)]
enum Either {
    Left(u64),
    Right(bool),
}

proptest! {
    #[test]
    fn texts_are_equal_exactly_if_values_are_and_look_up_agrees((one, two) in twins(nested)) {
        let either = |value: &Nested| match value.3 {
            Ok(number) => Either::Left(number),
            Err(flag) => Either::Right(flag),
        };
        let text = |value: &Nested| typed::key(&value.0, &value.1, &value.2, &either(value));
        let call = |value: &Nested| typed(&value.0, &value.1, &value.2, &either(value));
        prop_assert_eq!(text(&one) == text(&two), one == two);
        let expected = |value: &Nested| format!("{:?}", (&value.0, &value.1, &value.2, &either(value)));
        prop_assert_eq!((call(&one), call(&two)), (expected(&one), expected(&two)));
    }

    #[test]
    fn a_value_never_acts_as_a_pattern(values in prop::collection::btree_set(text(), 2..6), chosen in any::<prop::sample::Index>()) {
        let cache: Cache<(String, String), String> = Cache::builder().name("g3-pattern").tags(|(a, _), _| [format!("g3:{}", escape(a))]).build();
        let values: Vec<String> = values.into_iter().collect();
        let chosen = chosen.get(&values);
        let fill = || for value in &values {
            cache.insert((value.clone(), value.clone()), value.clone());
        };
        let all_but_chosen = || values.iter().all(|value| cache.contains(&(value.clone(), value.clone())) != (value == chosen));
        fill();
        cached_core::invalidate(&format!("g3-pattern:({0},{0})", escape(chosen)));
        prop_assert!(all_but_chosen(), "as a key");
        fill();
        Invalidation::new().matching(format!("g3-pattern:({},*", escape(chosen))).run().wait();
        prop_assert!(all_but_chosen(), "inside a pattern");
        fill();
        cache.invalidate_matching(&format!("*,{})", escape(chosen)));
        prop_assert!(all_but_chosen(), "at the end of a pattern");
        fill();
        cache.invalidate_tag(&format!("g3:{}", escape(chosen)));
        prop_assert!(all_but_chosen(), "as a tag");
    }

    #[test]
    fn an_escaped_value_has_no_character_with_a_meaning(value in text()) {
        let escaped = escape(&value);
        prop_assert!(!escaped.contains(|c: char| c.is_ascii_control() || " *:/|,;#?=&<>()[]{}\"'\\~^`".contains(c)), "{}", escaped);
        let digits = escaped.split('%').skip(1).all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
        prop_assert!(digits, "each percent sign is an escape's");
    }
}

#[test]
fn a_text_that_two_templates_make_of_one_value_is_one_text() {
    #[cache(ttl = 60, key = "g3-two:{a}/{b}", tags = ["g3-two:{a}/{b}"])]
    fn load(a: &str, b: &str) -> String {
        format!("{a} {b}")
    }
    #[invalidates("g3-two:{a}/all")]
    fn by_key(a: &str) {}
    #[invalidates(tags = ["g3-two:{a}/all"])]
    fn by_tag(a: &str) {}
    for write in [by_key, by_tag] {
        load("north-east/1", "all");
        write("north-east/1");
        load::cache().run_pending();
        assert!(load::cache().is_empty());
    }
}

#[test]
fn a_star_in_a_key_text_is_no_wildcard() {
    let cache: Cache<u64, u64> = Cache::builder().name("g3-star").build();
    cache.insert(1, 1);
    assert_eq!(cached_core::invalidate("g3-star:*").removed(), 0, "keys are not patterns");
    assert_eq!(cache.handle().invalidate("g3-star:*").removed(), 0);
    assert_eq!(cached_core::invalidate_matching("g3-star:*").removed(), 1);
}

#[test]
fn a_text_reaches_the_entry_whatever_type_stands_behind_it() {
    #[derive(KeyPart, Clone, Copy)]
    struct Id(u32);
    #[cache(ttl = 60, key = "g3-any:{id}")]
    fn number(id: i64) -> i64 {
        id
    }
    #[cache(ttl = 60, key = "g3-any:{id}")]
    fn newtype(id: Id) -> u32 {
        id.0
    }
    #[cache(ttl = 60, key = "g3-any:{text}")]
    fn string(text: &str) -> String {
        text.to_owned()
    }
    let named: Cache<u8, u8> = Cache::builder().name("g3-any").build();
    number(42);
    newtype(Id(42));
    string("42");
    named.insert(42, 42);
    assert_eq!(
        (number(42), newtype(Id(42)), string("42")),
        (42, 42, "42".to_owned()),
        "one text, and still their own values"
    );
    assert_eq!(cached_core::invalidate("g3-any:42").removed(), 4);
    assert!(
        number::cache().is_empty() && newtype::cache().is_empty() && string::cache().is_empty() && named.is_empty()
    );
}

#[test]
fn an_empty_key_is_a_key() {
    let cache: Cache<String, u64> = Cache::builder().name("g3-empty").build();
    cache.insert(String::new(), 7);
    assert_eq!((cache.get(""), cache.get_or_load("", || 8), cache.get(" ")), (Some(7), 7, None));
    assert_eq!(cache.handle().keys()[0].key, "g3-empty:");
    assert_eq!(cached_core::invalidate("g3-empty:").removed(), 1);
    keyed!(one(a: &str) = "g3-empty-template:{a}");
    assert_eq!((one(""), one("")), ("(\"\",)".to_owned(), "(\"\",)".to_owned()));
    assert_eq!((one::cache().stats().hits, one::key("")), (1, "g3-empty-template:".to_owned()));
    #[cache(ttl = 60)]
    fn no_arguments() -> u64 {
        7
    }
    assert_eq!((no_arguments(), no_arguments(), no_arguments::cache().len()), (7, 7, 1));
    assert!(no_arguments::key().ends_with("no_arguments"), "{}", no_arguments::key());
    no_arguments::invalidate();
    assert!(no_arguments::cache().is_empty());
}

#[test]
fn a_key_of_100_kilobytes_is_a_key() {
    keyed!(one(a: &str) = "g3-large:{a}");
    let large = ":é*".repeat(25_000);
    let other = format!("{}x", &large[..large.len() - 1]);
    assert_eq!(large.len(), 100_000);
    for _ in 0..2 {
        assert_eq!(one(&large), format!("{:?}", (&large,)));
        assert_eq!(one(&other), format!("{:?}", (&other,)));
    }
    assert_eq!(one::cache().stats().hits, 2);
    assert_eq!(cached_core::invalidate(&one::key(&large)).removed(), 1);
    assert_eq!(cached_core::invalidate_matching(&format!("{}*", &one::key(&other)[..1_000])).removed(), 1);
}

#[cfg(feature = "digest")]
#[test]
fn a_digest_stands_for_anything_that_can_be_serialised() {
    #[derive(serde::Serialize)]
    struct Filter {
        name: String,
        limits: Vec<Option<u32>>,
    }
    #[cache(ttl = 60, key = "g3-digest:{filter:hash}:{page}")]
    fn search(filter: &Filter, page: u32) -> String {
        format!("{} {:?} {page}", filter.name, filter.limits)
    }
    let filter = |name: &str, limit| Filter { name: name.to_owned(), limits: vec![limit] };
    let filters = [filter("a", None), filter("a", Some(1)), filter("b", None)];
    for _ in 0..2 {
        for filter in &filters {
            assert_eq!(search(filter, 1), format!("{} {:?} 1", filter.name, filter.limits));
        }
    }
    assert_eq!(search::cache().stats().hits, 3);
    all_differ(filters.iter().map(|filter| (format!("{} {:?}", filter.name, filter.limits), search::key(filter, 1))));
}
