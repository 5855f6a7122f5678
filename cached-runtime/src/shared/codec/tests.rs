use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Deserializer, Serializer};

use super::*;

/// Runs a generic check with each codec.
macro_rules! with_each {
    ($check:ident $args:tt) => {
        $check::<Msgpack> $args;
        $check::<Json> $args;
        $check::<Postcard> $args;
    };
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Old {
    name: String,
    dropped: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct New {
    name: String,
    #[serde(default)]
    age: Option<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line((i32, i32), Vec<u8>),
    Named { of: Box<Shape>, id: u128 },
}

fn comes_back<C: Codec, T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let bytes = C::encode(&value).unwrap();
    assert_eq!(C::decode::<T>(&bytes).as_ref(), Ok(&value), "{}", C::NAME);
}

fn everything_comes_back<C: Codec>() {
    comes_back::<C, _>(());
    comes_back::<C, _>((i64::MIN, u64::MAX, -1_i8, 1.5_f32, true, '\u{1f980}'));
    comes_back::<C, _>((i128::MIN, u128::MAX));
    comes_back::<C, _>(String::from("\0 \" \\ \u{fffd}"));
    comes_back::<C, _>((0..=255).collect::<Vec<u8>>());
    comes_back::<C, _>(BTreeMap::from([(String::from("a"), vec![Some(1), None])]));
    comes_back::<C, _>(vec![Shape::Point, Shape::Circle(-0.25), Shape::Line((1, -1), vec![0, 255])]);
    comes_back::<C, _>(Shape::Named { of: Box::new(Shape::Circle(1e300)), id: 7 });
    comes_back::<C, Result<u8, String>>(Err(String::from("no")));
    comes_back::<C, _>(Old { name: String::from("Ann"), dropped: 1 });
    comes_back::<C, _>(std::time::Duration::new(1, 999_999_999));
}

#[test]
fn values_come_back() {
    with_each!(everything_comes_back());
}

#[test]
fn a_type_may_gain_a_default_and_lose_a_field_in_the_formats_with_names() {
    fn check<C: Codec>() {
        let old = C::encode(&Old { name: String::from("Ann"), dropped: 1 }).unwrap();
        assert_eq!(C::decode::<New>(&old), Ok(New { name: String::from("Ann"), age: None }), "{}", C::NAME);
        let new = C::encode(&New { name: String::from("Ann"), age: None }).unwrap();
        assert!(C::decode::<Old>(&new).is_err(), "{}: a field without a default is missing", C::NAME);
    }
    check::<Msgpack>();
    check::<Json>();
}

#[test]
fn foreign_truncated_and_longer_bytes_are_errors() {
    fn check<C: Codec>() {
        let value = (String::from("Ann"), vec![1_u16, 2, 300], Some(7_u64));
        let bytes = C::encode(&value).unwrap();
        for len in 0..bytes.len() {
            assert!(C::decode::<(String, Vec<u16>, Option<u64>)>(&bytes[..len]).is_err(), "{} cut at {len}", C::NAME);
        }
        // Every byte: as markers some would begin another value, some would be the head of a container without content.
        for more in 0..=255 {
            let longer = [&bytes[..], &[more]].concat();
            assert!(C::decode::<(String, Vec<u16>, Option<u64>)>(&longer).is_err(), "{} and {more:#x}", C::NAME);
        }
        assert!(C::decode::<Shape>(&[0xff; 9]).is_err());
        assert!(C::decode::<Vec<u64>>(&[0xff; 9]).is_err());
        assert!(C::decode::<u8>(b"").is_err());
    }
    with_each!(check());
}

#[test]
fn random_bytes_do_no_harm() {
    fn check<C: Codec>() {
        let mut random = fastrand::Rng::with_seed(4);
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..random.usize(0..60)).map(|_| random.u8(..)).collect();
            let _ = C::decode::<Vec<Shape>>(&bytes);
            let _ = C::decode::<(New, BTreeMap<String, Vec<Option<String>>>)>(&bytes);
        }
    }
    with_each!(check());
}

/// A panic in user code, of which a message on standard error is all that is left.
struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }
}

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        std::panic::resume_unwind(Box::new("on purpose"))
    }
}

#[test]
fn a_panic_in_a_types_own_code_is_an_error() {
    fn check<C: Codec>() {
        assert!(C::encode(&Panics).unwrap_err().to_string().contains("panicked"));
        assert!(C::decode::<Panics>(b"0").map(|_| ()).unwrap_err().to_string().contains("panicked"));
    }
    with_each!(check());
}

#[test]
fn errors_tell_the_format_and_nothing_of_the_value() {
    fn check<C: Codec>() {
        let bytes = C::encode(&"secret").unwrap();
        let error = C::decode::<Shape>(&bytes).unwrap_err();
        assert!(error.to_string().contains(C::NAME) && !format!("{error} {error:?}").contains("secret"));
    }
    with_each!(check());
}

fn through<S>(wire: Wire<S>, value: S) -> Result<S, CodecError> {
    let encoded = (wire.encode)(&value)?;
    assert!(!encoded.null || encoded.payload.is_empty());
    (wire.decode)(encoded.null, &encoded.payload)
}

#[test]
fn absence_is_told_outside_of_the_payload() {
    fn check<C: Codec>() {
        for value in [None, Some(None), Some(Some(7))] {
            assert_eq!(through(Wire::<Option<Option<u8>>>::optional::<C>(), value), Ok(value), "{}", C::NAME);
        }
        for value in [None, Some(())] {
            assert_eq!(through(Wire::<Option<()>>::optional::<C>(), value), Ok(value), "{}", C::NAME);
        }
        assert_eq!(through(Wire::<Option<u8>>::plain::<C>(), None), Ok(None));
        let plain = Wire::<u8>::plain::<C>();
        assert_eq!(plain.codec, C::ID);
        assert!((plain.decode)(true, b"").is_err(), "a null where there is none");
        assert!(
            (Wire::<Option<u8>>::optional::<C>().decode)(false, b"").is_err(),
            "no payload where there should be one"
        );
    }
    with_each!(check());
}

/// As many levels as a value's bytes care to open.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Nested(Option<Box<Nested>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Chain {
    Link(Box<Chain>),
    End,
}

#[test]
fn bytes_that_nest_without_end_are_an_error() {
    let deep = |level: &[u8]| level.repeat(1 << 20);
    assert!(Msgpack::decode::<Tree>(&deep(b"\x81\xa8children\x91")).is_err());
    assert!(Msgpack::decode::<Tree>(&deep(b"\x91\x91")).is_err());
    assert!(Msgpack::decode::<Chain>(&deep(b"\x81\xa4Link")).is_err());
    assert!(Msgpack::decode::<serde_json::Value>(&deep(b"\x91")).is_err());
    assert!(Json::decode::<Tree>(&deep(b"{\"children\":[")).is_err());
    assert!(Json::decode::<Chain>(&deep(b"{\"Link\":")).is_err());
    assert!(Postcard::decode::<Nested>(&deep(b"\x01")).is_err());
    assert!(Postcard::decode::<Tree>(&deep(b"\x01")).is_err());
    assert!(Postcard::decode::<Chain>(&deep(b"\x00")).is_err());
}

#[test]
fn a_type_that_contains_itself_and_nothing_else_is_an_error_or_a_value() {
    fn check<C: Codec>() {
        let _ = C::decode::<Nested>(&C::encode(&1).unwrap());
        comes_back::<C, _>(Nested(None));
    }
    with_each!(check());
}

#[test]
fn values_may_be_sixty_levels_deep() {
    fn check<C: Codec>() {
        let mut tree = Tree { children: Vec::new() };
        let mut chain = Chain::End;
        for _ in 0..60 {
            tree = Tree { children: vec![tree] };
            chain = Chain::Link(Box::new(chain));
        }
        comes_back::<C, _>((tree, chain));
    }
    with_each!(check());
}

#[test]
fn ids_and_bytes_are_for_ever() {
    assert_eq!([Msgpack::ID, Json::ID, Postcard::ID], [1, 2, 3]);
    let value = New { name: String::from("Ann"), age: Some(7) };
    assert_eq!(Msgpack::encode(&value).unwrap(), b"\x82\xa4name\xa3Ann\xa3age\x07");
    assert_eq!(Json::encode(&value).unwrap(), br#"{"name":"Ann","age":7}"#);
    assert_eq!(Postcard::encode(&value).unwrap(), b"\x03Ann\x01\x07");
}

#[test]
fn every_finite_number_comes_back_as_it_was() {
    fn check<C: Codec>() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..20_000 {
            let number = f64::from_bits(random.u64(..));
            if number.is_finite() {
                let back = C::decode::<f64>(&C::encode(&number).unwrap()).unwrap();
                assert_eq!(back.to_bits(), number.to_bits(), "{number:e} as {}", C::NAME);
            }
        }
    }
    with_each!(check());
}
