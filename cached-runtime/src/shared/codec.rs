//! How a value becomes the payload of an entry, and back.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned};

use depth::Bounded;

mod depth;

/// How many levels a value may have, each `Option`, struct, sequence and the like counted. A thread's stack has to hold as many calls of a
/// type's `Deserialize`.
const DEPTH: usize = 192;

mod sealed {
    pub trait Sealed {}
}

/// A format for values. Sealed: entries name their codec by a number, which every process has to understand.
///
/// In all of them a decoded value must use up all the bytes and nest no deeper than 192 levels, and a panic in a type's own `Serialize` or `Deserialize` is an error like any other:
/// a cache that cannot be used never makes a function fail.
pub trait Codec: sealed::Sealed + Send + Sync + 'static {
    /// The number in the entry.
    const ID: u8;
    /// What it is called in attributes.
    const NAME: &'static str;

    /// The bytes of `value`.
    ///
    /// # Errors
    ///
    /// If the type cannot be written in this format, or its `Serialize` fails or panics.
    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError>;

    /// The value that `bytes` are of.
    ///
    /// # Errors
    ///
    /// If they are not exactly that, or the type's `Deserialize` fails or panics.
    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError>;
}

/// MessagePack with named fields, the default: compact, and open to change. A new field with `#[serde(default)]` decodes from older bytes; fields
/// that are no longer known are skipped.
///
/// `Option<Option<T>>` inside of a value loses the difference between `None` and `Some(None)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Msgpack;

/// JSON: to be read by people and other languages; open to change as [`Msgpack`] is.
///
/// It has no infinite numbers and no `NaN`, its maps have texts for keys, and it loses the same nested `Option`.
#[cfg(feature = "json")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json;

/// postcard: the smallest and fastest. It writes no names, so every change of a type needs a new `version`, and attributes such as
/// `flatten`, `untagged` and `skip_serializing_if` do not work.
#[cfg(feature = "postcard")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Postcard;

impl sealed::Sealed for Msgpack {}
impl Codec for Msgpack {
    const ID: u8 = 1;
    const NAME: &'static str = "msgpack";

    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
        guarded::<Self, _>(What::Encode, || rmp_serde::to_vec_named(value).map_err(|_| What::Encode))
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        guarded::<Self, _>(What::Decode, || {
            let mut decoder = rmp_serde::Deserializer::from_read_ref(bytes);
            let value = T::deserialize(Bounded::new(&mut decoder, DEPTH)).map_err(|_| What::Decode)?;
            // The decoder does not tell where it is. But a value without content cannot fail on its marker unless there are no more bytes.
            match <()>::deserialize(&mut decoder) {
                Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
                _ => Err(What::Trailing),
            }
        })
    }
}

#[cfg(feature = "json")]
impl sealed::Sealed for Json {}
#[cfg(feature = "json")]
impl Codec for Json {
    const ID: u8 = 2;
    const NAME: &'static str = "json";

    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
        guarded::<Self, _>(What::Encode, || serde_json::to_vec(value).map_err(|_| What::Encode))
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        guarded::<Self, _>(What::Decode, || {
            // Space after the value would pass, and is nothing that `encode` writes.
            if bytes.last().is_some_and(u8::is_ascii_whitespace) {
                return Err(What::Trailing);
            }
            let mut decoder = serde_json::Deserializer::from_slice(bytes);
            let value = T::deserialize(Bounded::new(&mut decoder, DEPTH)).map_err(|_| What::Decode)?;
            decoder.end().map_err(|_| What::Trailing)?;
            Ok(value)
        })
    }
}

#[cfg(feature = "postcard")]
impl sealed::Sealed for Postcard {}
#[cfg(feature = "postcard")]
impl Codec for Postcard {
    const ID: u8 = 3;
    const NAME: &'static str = "postcard";

    fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
        guarded::<Self, _>(What::Encode, || postcard::to_stdvec(value).map_err(|_| What::Encode))
    }

    fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
        guarded::<Self, _>(What::Decode, || {
            let mut decoder = postcard::Deserializer::from_bytes(bytes);
            let value = T::deserialize(Bounded::new(&mut decoder, DEPTH)).map_err(|_| What::Decode)?;
            match decoder.finalize() {
                Ok([]) => Ok(value),
                _ => Err(What::Trailing),
            }
        })
    }
}

/// Runs code that calls a user's `Serialize` or `Deserialize`. Were its panic to pass, a function would fail because it is cached, and
/// a leader would be lost between its load and its fill. What the panic left half done is dropped with the bytes or the value; the value that is
/// being encoded is only borrowed.
fn guarded<C: Codec, R>(doing: What, run: impl FnOnce() -> Result<R, What>) -> Result<R, CodecError> {
    let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        // Dropping what was thrown may panic in turn.
        std::mem::forget(panic);
        Err(if doing == What::Encode { What::EncodePanic } else { What::DecodePanic })
    });
    result.map_err(|what| CodecError { codec: C::NAME, what })
}

/// A value could not be encoded or decoded. Says in which format, and no more: serde's own messages quote values (G14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecError {
    codec: &'static str,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Encode,
    EncodePanic,
    Decode,
    DecodePanic,
    Trailing,
    Null,
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codec = self.codec;
        match self.what {
            What::Encode => write!(f, "the value cannot be encoded as {codec}"),
            What::EncodePanic => write!(f, "its `Serialize` panicked while the value was encoded as {codec}"),
            What::Decode => write!(f, "the bytes are not this type's {codec}"),
            What::DecodePanic => write!(f, "its `Deserialize` panicked while {codec} was decoded"),
            What::Trailing => write!(f, "there are bytes left after the value's {codec}"),
            What::Null => f.write_str("an entry for `None` cannot be a value of this type"),
        }
    }
}

impl Error for CodecError {}

/// How the values of one cache are written: the codec, and whether `None` is told apart outside of it.
pub struct Wire<S> {
    pub(crate) codec: u8,
    pub(crate) encode: fn(&S) -> Result<Encoded, CodecError>,
    /// Told whether the entry is a null, and its payload.
    pub(crate) decode: fn(bool, &[u8]) -> Result<S, CodecError>,
}

/// A value as it goes into an entry.
pub struct Encoded {
    pub(crate) null: bool,
    pub(crate) payload: Vec<u8>,
}

impl<T: Serialize + DeserializeOwned> Wire<T> {
    /// Values are payloads.
    #[must_use]
    pub const fn plain<C: Codec>() -> Self {
        Self {
            codec: C::ID,
            encode: |value| Ok(Encoded { null: false, payload: C::encode(value)? }),
            decode: |null, bytes| match null {
                true => Err(CodecError { codec: C::NAME, what: What::Null }),
                false => C::decode(bytes),
            },
        }
    }
}

impl<T: Serialize + DeserializeOwned> Wire<Option<T>> {
    /// `None` is a null entry and only what is in `Some` becomes a payload. So absence costs nothing to decode, and `Some(None)` stays what it is.
    #[must_use]
    pub const fn optional<C: Codec>() -> Self {
        Self {
            codec: C::ID,
            encode: |value| match value {
                None => Ok(Encoded { null: true, payload: Vec::new() }),
                Some(value) => Ok(Encoded { null: false, payload: C::encode(value)? }),
            },
            decode: |null, bytes| match null {
                true => Ok(None),
                false => C::decode(bytes).map(Some),
            },
        }
    }
}

impl<S> Clone for Wire<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Wire<S> {}

impl<S> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("codec", &self.codec).finish_non_exhaustive()
    }
}

/// Without the payload (G14).
impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded").field("null", &self.null).field("len", &self.payload.len()).finish()
    }
}

// Their derives come with `postcard`.
#[cfg(all(test, not(shuttle), feature = "json", feature = "postcard"))]
mod tests;
