//! Shapes whose values can leave the process.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::shape::{Base, Fallible, FallibleOptional, Optional, Outcome, Plain, Shape, SharesErrors, Uncacheable};
use crate::shared::{Codec, Wire};

/// A value that can be written to a store and read again.
#[diagnostic::on_unimplemented(
    message = "what this function returns cannot be kept in a shared store",
    label = "`{Self}` is not both `Serialize` and `DeserializeOwned`",
    note = "a shared store keeps bytes: put `#[derive(serde::Serialize, serde::Deserialize)]` on the type (for `Arc<..>`, turn on serde's feature `rc`), or use `backend = \"memory\"`",
    note = "of a type parameter or an associated type that has to be said: `T: serde::Serialize + serde::de::DeserializeOwned`"
)]
pub trait Storable: Serialize + DeserializeOwned {}

// The message above is about both at once; without this, each would have one of its own.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Storable for T {}

/// A shape whose values can be encoded.
pub trait Portable: Shape {
    /// How.
    fn encoded_as<C: Codec>() -> Option<Wire<Self::Stored>>;
}

impl<T: Clone + Send + Sync + Storable + 'static> Portable for Plain<T> {
    fn encoded_as<C: Codec>() -> Option<Wire<T>> {
        Some(Wire::plain::<C>())
    }
}

impl<T: Clone + Send + Sync + Storable + 'static> Portable for Optional<T> {
    fn encoded_as<C: Codec>() -> Option<Wire<Option<T>>> {
        Some(Wire::optional::<C>())
    }
}

impl<T: Clone + Send + Sync + Storable + 'static, E> Portable for Fallible<T, E> {
    fn encoded_as<C: Codec>() -> Option<Wire<T>> {
        Some(Wire::plain::<C>())
    }
}

impl<T: Clone + Send + Sync + Storable + 'static, E> Portable for FallibleOptional<T, E> {
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

impl<C: Codec, S: Portable> Shared<C, S> {
    /// Of this shape.
    #[inline]
    #[must_use]
    pub fn new(shape: S) -> Self {
        Self { shape, wire: S::encoded_as::<C>, codec: PhantomData }
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

// Without `Portable`: only `new` asks for it, so that a value that cannot be encoded gives one message and no more.
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
