//! How a value becomes a part: chosen by its type, at compile time, without naming the type.
//!
//! This is autoref specialisation: generated code calls `(&&Part(&value)).part()`, and method look-up tries the receiver as it is,
//! then with one reference less, then with none. The first of these that has an implementation wins: [`KeyPart`], then
//! `Display`, then one that exists only to explain what is missing. Before all of them comes a method of [`Part`] itself, for what is
//! better copied than referred to.

use std::fmt::{self, Debug, Display};

use super::part::{KeyPart, Shown};

/// A value on its way to becoming a part.
#[derive(Debug)]
pub struct Part<'a, T: ?Sized>(pub &'a T);

/// What takes part as a copy of itself: no larger than a reference to it, or hardly. Where a part refers to an argument, the argument has to be in memory, and in an
/// `async fn` in the future: there a hit waits for it to arrive, 20 ns for a text.
pub trait Small: KeyPart + Copy {}

macro_rules! small {
    ($($type:ty),*) => { $(impl Small for $type {})* };
}

small!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char);

impl<T: KeyPart + ?Sized> Small for &T {}

impl<T: Small> Part<'_, T> {
    /// The part: a copy. Found before the traits' methods of that name, since it is the type's own.
    #[inline(always)]
    pub fn part(self: &&Self) -> T {
        *self.0
    }
}

/// First choice: the type is a [`KeyPart`].
pub trait ViaKeyPart<'a, T: ?Sized> {
    /// The part.
    fn part(self) -> &'a T;
}

impl<'a, T: KeyPart + ?Sized> ViaKeyPart<'a, T> for &&Part<'a, T> {
    #[inline]
    fn part(self) -> &'a T {
        self.0
    }
}

/// Second choice: the type has a text.
pub trait ViaDisplay<'a, T: ?Sized> {
    /// The part.
    fn part(self) -> Shown<&'a T>;
}

impl<'a, T: Display + ?Sized> ViaDisplay<'a, T> for &Part<'a, T> {
    fn part(self) -> Shown<&'a T> {
        Shown(self.0)
    }
}

/// Last resort: an error that says what to write instead.
pub trait ViaNothing<T: ?Sized> {
    /// Never to be had: no type that comes this far meets the bound on which it depends. That it would return a part keeps the
    /// compiler from complaining a second time about the same mistake.
    fn part(self) -> Shown<&'static str>
    where
        T: KeyPart;
}

impl<T: ?Sized> ViaNothing<T> for Part<'_, T> {
    fn part(self) -> Shown<&'static str>
    where
        T: KeyPart,
    {
        Shown("")
    }
}

/// A part told by what `Debug` shows: the placeholder `{x:?}`.
#[allow(non_snake_case, reason = "reads like a constructor in generated code")]
pub fn DebugPart<T: Debug + ?Sized>(value: &T) -> Shown<Debugged<'_, T>> {
    Shown(Debugged { value, show: T::fmt })
}

/// Shows through `Display` what `Debug` shows. It keeps the function and asks for no bound, so that it is a part whatever `T` is: a
/// missing `Debug` is then one mistake that gives one message.
pub struct Debugged<'a, T: ?Sized> {
    value: &'a T,
    show: fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
}

impl<T: ?Sized> Display for Debugged<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.show)(self.value, f)
    }
}

impl<T: ?Sized> Debug for Debugged<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}
