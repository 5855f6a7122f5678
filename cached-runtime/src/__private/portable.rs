//! Shapes whose values can leave the process.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::shape::{Base, Fallible, FallibleOptional, Optional, Outcome, Plain, Shape, SharesErrors, Uncacheable};
use crate::shared::{Codec, Wire};

/// A shape whose values can be encoded.
pub trait Portable: Shape {
    /// How.
    fn encoded_as<C: Codec>() -> Option<Wire<Self::Stored>>;
}

impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> Portable for Plain<T> {
    fn encoded_as<C: Codec>() -> Option<Wire<T>> {
        Some(Wire::plain::<C>())
    }
}

impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> Portable for Optional<T> {
    fn encoded_as<C: Codec>() -> Option<Wire<Option<T>>> {
        Some(Wire::optional::<C>())
    }
}

impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static, E> Portable for Fallible<T, E> {
    fn encoded_as<C: Codec>() -> Option<Wire<T>> {
        Some(Wire::plain::<C>())
    }
}

impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static, E> Portable for FallibleOptional<T, E> {
    fn encoded_as<C: Codec>() -> Option<Wire<Option<T>>> {
        Some(Wire::optional::<C>())
    }
}

#[allow(private_bounds, reason = "the bases are the two shapes with errors")]
impl<S, T, E> Portable for SharesErrors<S, E>
where
    S: Base + Portable<Output = Result<T, E>>,
    E: Clone + Send + Sync + 'static,
{
    fn encoded_as<C: Codec>() -> Option<Wire<S::Stored>> {
        S::encoded_as::<C>()
    }
}

/// What cannot be cached has its message already.
impl<R, T> Portable for Uncacheable<R, T> {
    fn encoded_as<C: Codec>() -> Option<Wire<Self::Stored>> {
        None
    }
}

/// A shape for a shared backend: the same, and encoded by `C`.
pub struct Shared<C, S: Shape> {
    shape: S,
    wire: fn() -> Option<Wire<S::Stored>>,
    codec: PhantomData<fn() -> C>,
}

/// A shape on its way to a shared backend: generated code calls `(&ToShared::<Json, _>::of(shape)).__encoded()`, and of the traits below the
/// first that fits is found.
pub struct ToShared<C, S>(S, PhantomData<fn() -> C>);

impl<C, S: Shape> ToShared<C, S> {
    /// Of this shape.
    #[inline]
    #[must_use]
    pub fn of(shape: S) -> Self {
        Self(shape, PhantomData)
    }
}

/// First choice: the values can be written and read again.
pub trait ViaPortable<C, S: Shape> {
    /// The shape.
    fn __encoded(self) -> Shared<C, S>;
}

impl<C: Codec, S: Portable> ViaPortable<C, S> for &ToShared<C, S> {
    #[inline]
    fn __encoded(self) -> Shared<C, S> {
        Shared { shape: self.0, wire: S::encoded_as::<C>, codec: PhantomData }
    }
}

/// What bytes do: they hold a value, which can be written to them and read again. Implemented by nothing that gets as far as being asked for
/// it; see [`HandOut`](super::shape::HandOut) for why it is asked for in this way.
#[diagnostic::on_unimplemented(
    message = "what this function returns cannot be kept in a shared store",
    label = "`{T}` is not both `Serialize` and `DeserializeOwned`",
    note = "a shared store keeps bytes: put `#[derive(serde::Serialize, serde::Deserialize)]` on the type (for `Arc<..>`, turn on serde's feature `rc`), or use `backend = \"memory\"`",
    note = "of a type parameter or an associated type that has to be said: `T: serde::Serialize + serde::de::DeserializeOwned`"
)]
pub trait Hold<T> {
    /// Never known, so that the mistake gives no second message.
    type Shape;
}

/// What a shared store keeps.
#[derive(Debug)]
pub struct Bytes;

/// Nothing fitted.
pub trait ViaNotPortable<S: Shape> {
    /// An error that says what to write instead.
    fn __encoded(self) -> <Bytes as Hold<S::Value>>::Shape
    where
        Bytes: Hold<S::Value>;
}

impl<C, S: Shape> ViaNotPortable<S> for ToShared<C, S> {
    fn __encoded(self) -> <Bytes as Hold<S::Value>>::Shape
    where
        Bytes: Hold<S::Value>,
    {
        unreachable!("nothing holds what cannot be written")
    }
}

impl<C, S: Shape> Clone for Shared<C, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, S: Shape> Copy for Shared<C, S> {}

impl<C, S: Shape> fmt::Debug for Shared<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl<C, S: Shape> Outcome for Shared<C, S> {
    type Output = S::Output;
    type Value = S::Value;

    fn is_ok(self, output: &S::Output) -> bool {
        self.shape.is_ok(output)
    }

    fn value(self, output: &S::Output) -> Option<&S::Value> {
        self.shape.value(output)
    }
}

impl<C, S: Shape> Shape for Shared<C, S> {
    type Stored = S::Stored;

    fn to_stored(self, output: &S::Output) -> Option<S::Stored> {
        self.shape.to_stored(output)
    }

    fn to_output(self, stored: S::Stored) -> S::Output {
        self.shape.to_output(stored)
    }

    fn is_null(self, stored: &S::Stored) -> bool {
        self.shape.is_null(stored)
    }

    fn wire(self) -> fn() -> Option<Wire<S::Stored>> {
        self.wire
    }

    fn share_error(self, output: &S::Output) -> Option<Arc<dyn Any + Send + Sync>> {
        self.shape.share_error(output)
    }

    fn receive_error(self, error: &Arc<dyn Any + Send + Sync>) -> Option<S::Output> {
        self.shape.receive_error(error)
    }
}
