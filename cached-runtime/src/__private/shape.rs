//! What a function returns, told by its type: a value, an `Option`, a `Result`, or a `Result` of an `Option`.
//!
//! Chosen by autoref specialisation, like the parts of a key: generated code calls `(&&&&&&Returns::<R>::NEW).shape()`, and the
//! first implementation that fits wins, from the most special to the plain one. The type decides, so aliases work (G1).

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::flight::SharedError;
use crate::remote::Wire;

/// A return type to be classified.
pub struct Returns<R>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    /// The one value of this type.
    pub const NEW: Self = Self(PhantomData);
}

impl<R> fmt::Debug for Returns<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Returns")
    }
}

/// How a function's output is taken apart.
pub trait Outcome: Copy {
    /// What the function returns.
    type Output;
    /// The value inside `Ok` and `Some`.
    type Value;

    /// Whether the output is no error.
    fn is_ok(self, output: &Self::Output) -> bool;
    /// The value inside, if there is one.
    fn value(self, output: &Self::Output) -> Option<&Self::Value>;
}

/// How the part of an output that is no error is carried across an await: an error that is not `Send` stays behind (G1).
pub trait Split: Outcome {
    /// The output without its error.
    type Kept;

    /// The part to carry, or the output as it is if it is an error.
    ///
    /// # Errors
    ///
    /// The output, if it is an error.
    fn split(self, output: Self::Output) -> Result<Self::Kept, Self::Output>;
    /// The output again.
    fn join(self, kept: Self::Kept) -> Self::Output;
}

macro_rules! splits {
    ($($name:ident<$($param:ident),+>: $kept:ty, |$output:ident| $split:expr, |$value:ident| $join:expr;)*) => {$(
        impl<$($param),+> Split for $name<$($param),+> {
            type Kept = $kept;

            fn split(self, $output: Self::Output) -> Result<$kept, Self::Output> {
                $split
            }

            fn join(self, $value: $kept) -> Self::Output {
                $join
            }
        }
    )*};
}

splits! {
    Plain<T>: T, |output| Ok(output), |kept| kept;
    Optional<T>: Option<T>, |output| Ok(output), |kept| kept;
    Fallible<T, E>: T, |output| output.map_err(Err), |kept| Ok(kept);
    FallibleOptional<T, E>: Option<T>, |output| output.map_err(Err), |kept| Ok(kept);
}

/// How a function's output is stored and made again.
pub trait Shape: Outcome + Send + Sync {
    /// What an entry holds.
    type Stored: Clone + Send + Sync + 'static;

    /// What to store; `None` for an error.
    fn to_stored(self, output: &Self::Output) -> Option<Self::Stored>;
    /// The output that a hit gives.
    fn to_output(self, stored: Self::Stored) -> Self::Output;
    /// Whether "not found" is what is stored.
    fn is_null(self, stored: &Self::Stored) -> bool;
    /// What says how to write in a shared store what is stored, if it is to be there.
    fn wire(self) -> fn() -> Option<Wire<Self::Stored>> {
        || None
    }
    /// An error as those who wait receive it.
    fn share_error(self, _output: &Self::Output) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }
    /// An error that was waited for.
    fn receive_error(self, _error: &Arc<dyn Any + Send + Sync>) -> Option<Self::Output> {
        None
    }
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident<$($param:ident),+>;)*) => {$(
        $(#[$doc])*
        pub struct $name<$($param),+>(PhantomData<fn() -> ($($param,)+)>);

        impl<$($param),+> Clone for $name<$($param),+> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<$($param),+> Copy for $name<$($param),+> {}

        impl<$($param),+> fmt::Debug for $name<$($param),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

shapes! {
    /// A value.
    Plain<T>;
    /// A value or nothing.
    Optional<T>;
    /// A value or an error.
    Fallible<T, E>;
    /// A value, nothing, or an error.
    FallibleOptional<T, E>;
    /// A shape whose errors are given to those who wait.
    SharesErrors<S, E>;
    /// What cannot be cached.
    Uncacheable<R, T>;
}

impl<T> Outcome for Plain<T> {
    type Output = T;
    type Value = T;

    fn is_ok(self, _: &T) -> bool {
        true
    }

    fn value(self, output: &T) -> Option<&T> {
        Some(output)
    }
}

impl<T: Clone + Send + Sync + 'static> Shape for Plain<T> {
    type Stored = T;

    fn to_stored(self, output: &T) -> Option<T> {
        Some(output.clone())
    }

    fn to_output(self, stored: T) -> T {
        stored
    }

    fn is_null(self, _: &T) -> bool {
        false
    }
}

impl<T> Outcome for Optional<T> {
    type Output = Option<T>;
    type Value = T;

    fn is_ok(self, _: &Option<T>) -> bool {
        true
    }

    fn value(self, output: &Option<T>) -> Option<&T> {
        output.as_ref()
    }
}

impl<T: Clone + Send + Sync + 'static> Shape for Optional<T> {
    type Stored = Option<T>;

    fn to_stored(self, output: &Option<T>) -> Option<Option<T>> {
        Some(output.clone())
    }

    fn to_output(self, stored: Option<T>) -> Option<T> {
        stored
    }

    fn is_null(self, stored: &Option<T>) -> bool {
        stored.is_none()
    }
}

impl<T, E> Outcome for Fallible<T, E> {
    type Output = Result<T, E>;
    type Value = T;

    fn is_ok(self, output: &Result<T, E>) -> bool {
        output.is_ok()
    }

    fn value(self, output: &Result<T, E>) -> Option<&T> {
        output.as_ref().ok()
    }
}

impl<T: Clone + Send + Sync + 'static, E> Shape for Fallible<T, E> {
    type Stored = T;

    fn to_stored(self, output: &Result<T, E>) -> Option<T> {
        output.as_ref().ok().cloned()
    }

    fn to_output(self, stored: T) -> Result<T, E> {
        Ok(stored)
    }

    fn is_null(self, _: &T) -> bool {
        false
    }
}

impl<T, E> Outcome for FallibleOptional<T, E> {
    type Output = Result<Option<T>, E>;
    type Value = T;

    fn is_ok(self, output: &Self::Output) -> bool {
        output.is_ok()
    }

    fn value(self, output: &Self::Output) -> Option<&T> {
        output.as_ref().ok()?.as_ref()
    }
}

impl<T: Clone + Send + Sync + 'static, E> Shape for FallibleOptional<T, E> {
    type Stored = Option<T>;

    fn to_stored(self, output: &Self::Output) -> Option<Option<T>> {
        output.as_ref().ok().cloned()
    }

    fn to_output(self, stored: Option<T>) -> Self::Output {
        Ok(stored)
    }

    fn is_null(self, stored: &Option<T>) -> bool {
        stored.is_none()
    }
}

/// The base of a shape that shares errors.
pub(super) trait Base: Copy {
    const NEW: Self;
}

impl<T, E> Base for Fallible<T, E> {
    const NEW: Self = Self(PhantomData);
}

impl<T, E> Base for FallibleOptional<T, E> {
    const NEW: Self = Self(PhantomData);
}

#[allow(private_bounds, reason = "the bases are the two shapes above")]
impl<S, T, E> Outcome for SharesErrors<S, E>
where
    S: Base + Outcome<Output = Result<T, E>>,
{
    type Output = Result<T, E>;
    type Value = S::Value;

    fn is_ok(self, output: &Self::Output) -> bool {
        output.is_ok()
    }

    fn value(self, output: &Self::Output) -> Option<&S::Value> {
        S::NEW.value(output)
    }
}

#[allow(private_bounds, reason = "the bases are the two shapes above")]
impl<S, T, E> Shape for SharesErrors<S, E>
where
    S: Base + Shape<Output = Result<T, E>>,
    E: Clone + Send + Sync + 'static,
{
    type Stored = S::Stored;

    fn to_stored(self, output: &Self::Output) -> Option<S::Stored> {
        S::NEW.to_stored(output)
    }

    fn to_output(self, stored: S::Stored) -> Self::Output {
        S::NEW.to_output(stored)
    }

    fn is_null(self, stored: &S::Stored) -> bool {
        S::NEW.is_null(stored)
    }

    fn share_error(self, output: &Self::Output) -> Option<SharedError> {
        output.as_ref().err().map(|error| Arc::new(error.clone()) as SharedError)
    }

    fn receive_error(self, error: &SharedError) -> Option<Self::Output> {
        (**error).downcast_ref::<E>().cloned().map(Err)
    }
}

macro_rules! choices {
    ($method:ident: $($(#[$doc:meta])* $name:ident [$($generics:tt)*] $receiver:ty => $shape:ty;)*) => {$(
        $(#[$doc])*
        pub trait $name {
            /// What fits.
            type Chosen;
            /// The shape.
            fn $method(self) -> Self::Chosen;
        }

        impl<$($generics)*> $name for $receiver {
            type Chosen = $shape;

            #[inline]
            fn $method(self) -> $shape {
                <$shape>::chosen()
            }
        }
    )*};
}

macro_rules! chosen {
    ($($name:ident<$($param:ident),+>;)*) => {$(
        impl<$($param),+> $name<$($param),+> {
            const fn chosen() -> Self {
                Self(PhantomData)
            }
        }
    )*};
}

chosen! {
    Plain<T>;
    Optional<T>;
    Fallible<T, E>;
    FallibleOptional<T, E>;
    SharesErrors<S, E>;
    Uncacheable<R, T>;
}

// For `#[cache]`: what is stored must be handed out again.
choices! { shape:
    /// First choice.
    ViaSharedResultOption[T: Clone + Send + Sync + 'static, E: Clone + Send + Sync + 'static] &&&&&&Returns<Result<Option<T>, E>> => SharesErrors<FallibleOptional<T, E>, E>;
    /// Second choice.
    ViaResultOption[T: Clone + Send + Sync + 'static, E] &&&&&Returns<Result<Option<T>, E>> => FallibleOptional<T, E>;
    /// Third choice.
    ViaSharedResult[T: Clone + Send + Sync + 'static, E: Clone + Send + Sync + 'static] &&&&Returns<Result<T, E>> => SharesErrors<Fallible<T, E>, E>;
    /// Fourth choice.
    ViaResult[T: Clone + Send + Sync + 'static, E] &&&Returns<Result<T, E>> => Fallible<T, E>;
    /// Fifth choice.
    ViaOption[T: Clone + Send + Sync + 'static] &&Returns<Option<T>> => Optional<T>;
    /// Last choice.
    ViaPlain[R: Clone + Send + Sync + 'static] &Returns<R> => Plain<R>;
}

// For `#[invalidates]`: any type will do.
choices! { outcome:
    /// First choice.
    OutcomeViaResultOption[T, E] &&&&Returns<Result<Option<T>, E>> => FallibleOptional<T, E>;
    /// Second choice.
    OutcomeViaResult[T, E] &&&Returns<Result<T, E>> => Fallible<T, E>;
    /// Third choice.
    OutcomeViaOption[T] &&Returns<Option<T>> => Optional<T>;
    /// Last choice.
    OutcomeViaPlain[R] &Returns<R> => Plain<R>;
}

/// What hits do: they hand out `T`, of a function that returns `T`, `Option<T>`, `Result<T, E>` or `Result<Option<T>, E>`, as clones that any
/// thread may hold. Implemented by nothing that gets as far as being asked for it.
///
/// Asked for is not that the type is something, but that [`Hits`] do something with it: of a type parameter, the compiler would advise to bound it
/// by what is asked for.
#[diagnostic::on_unimplemented(
    message = "what this function returns cannot be cached",
    label = "the value inside `{R}` is not `Clone + Send + Sync + 'static`",
    note = "a hit hands out a clone of the stored value, on any thread: put `#[derive(Clone)]` on its type, or return `Arc<..>` of it; own what it borrows",
    note = "of a type parameter or an associated type that has to be said: `T: Clone + Send + Sync + 'static`"
)]
pub trait HandOut<R> {
    /// Never known. What is of a type that cannot be known is not looked at any more, so that the mistake gives no second message.
    type Value;
}

/// Calls that find a value.
#[derive(Debug)]
pub struct Hits;

/// Nothing fitted.
pub trait ViaNothing<R> {
    /// An error that says what to write instead.
    fn shape(self) -> Uncacheable<R, <Hits as HandOut<R>>::Value>
    where
        Hits: HandOut<R>;
}

impl<R> ViaNothing<R> for Returns<R> {
    fn shape(self) -> Uncacheable<R, <Hits as HandOut<R>>::Value>
    where
        Hits: HandOut<R>,
    {
        Uncacheable::chosen()
    }
}

/// Lets the compiler go on as if the type could be cached, so that one mistake gives one message.
impl<R, T> Outcome for Uncacheable<R, T> {
    type Output = R;
    type Value = T;

    fn is_ok(self, _: &R) -> bool {
        true
    }

    fn value(self, _: &R) -> Option<&T> {
        None
    }
}

impl<R, T> Shape for Uncacheable<R, T> {
    type Stored = Infallible;

    fn to_stored(self, _: &R) -> Option<Infallible> {
        None
    }

    fn to_output(self, stored: Infallible) -> R {
        match stored {}
    }

    fn is_null(self, _: &Infallible) -> bool {
        false
    }
}
