use std::fmt::{self, Display, Write};
use std::hash::{Hash, Hasher};

use super::hash::hash_text;
use super::text::KeyText;
use super::writer::KeyWriter;

/// A value that can be part of a cache key: compared without being copied, kept in an owned form, rendered as text.
///
/// A hit compares parts by reference ([`hash_part`](KeyPart::hash_part), [`eq_part`](KeyPart::eq_part)): nothing is copied and
/// no text is rendered. A miss keeps the [owned form](KeyPart::Owned). The text is the key's identity: what invalidates
/// it from elsewhere, and what a shared backend shows.
///
/// Implemented for integers, floats, `bool`, `char`, strings, paths, IP addresses, `Duration`, `SystemTime`, and for options, references, smart
/// pointers, slices, vectors, arrays, sets, maps and tuples of parts. For a type of your own, derive it:
///
/// ```
/// use cached_core::{KeyPart, cache};
///
/// #[derive(KeyPart, Clone, Copy)]
/// struct UserId(u64);
///
/// #[derive(KeyPart, Clone, Copy)]
/// enum Currency { Eur, Usd }
///
/// #[cache(ttl = 60)]
/// fn balance(user: UserId, currency: Currency) -> i64 { 7 }
///
/// assert_eq!(balance(UserId(1), Currency::Eur), 7);
/// assert!(balance::key(UserId(1), Currency::Eur).ends_with("balance:1:Eur"));
/// ```
///
/// A type that does not implement this but [`Display`] can stand in a key as it is; it is then compared by
/// its text, which is rendered (without allocating) on each call.
///
/// # Contract
///
/// Two parts of one type are equal exactly if their texts are; equal parts hash alike, and a part hashes as its owned form was made from
/// it. No method may panic or call a cached function: they may run under a shard's lock.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "neither `KeyPart` nor `Display` is implemented for `{Self}`",
    note = "put `#[derive(cached_core::KeyPart)]` on the type, or let a template name what tells its values apart: `{{arg.field}}`, or `{{arg:?}}` if equal values print the same by `Debug` (a `HashMap` does not)",
    note = "without a `key = \"..\"`, all arguments are in the key; one that makes no difference is left out by `skip(arg)`"
)]
pub trait KeyPart {
    /// What an entry keeps of the part.
    type Owned: Eq + Send + Sync + 'static;

    /// Feeds the part to a hasher.
    fn hash_part<H: Hasher>(&self, state: &mut H);

    /// Whether `owned` was made from an equal part.
    fn eq_part(&self, owned: &Self::Owned) -> bool;

    /// The owned form.
    fn to_owned_part(&self) -> Self::Owned;

    /// Renders the part.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result;

    /// Renders a part from its owned form; the same text as [`write_part`](KeyPart::write_part).
    ///
    /// # Errors
    ///
    /// Those of the writer.
    fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result;
}

/// A part that is known only by its text.
#[derive(Debug)]
pub struct Shown<T>(pub(crate) T);

impl<T: Display> KeyPart for Shown<T> {
    type Owned = Box<str>;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        hash_text(state, |sink| write!(sink, "{}", self.0));
    }

    fn eq_part(&self, owned: &Box<str>) -> bool {
        let mut rest = Remaining(owned);
        write!(rest, "{}", self.0).is_ok() && rest.0.is_empty()
    }

    fn to_owned_part(&self) -> Box<str> {
        let mut text = String::new();
        // A `Display` that reports an error leaves what it wrote so far; the text stays the identity.
        let _ = write!(text, "{}", self.0);
        text.into()
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }

    fn write_owned(owned: &Box<str>, out: &mut KeyWriter<'_>) -> fmt::Result {
        out.write_str(owned)
    }
}

/// A sink that fails at the first text that differs from what is expected.
struct Remaining<'a>(&'a str);

impl Write for Remaining<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// Parts that are copied whole and shown as `Display` shows them, by this method of the writer.
macro_rules! plain_parts {
    ($write:ident: $($type:ty),* $(,)?) => {$(
        impl KeyPart for $type {
            type Owned = $type;

            #[inline(always)]
            fn hash_part<H: Hasher>(&self, state: &mut H) {
                Hash::hash(self, state);
            }

            #[inline(always)]
            fn eq_part(&self, owned: &$type) -> bool {
                self == owned
            }

            fn to_owned_part(&self) -> $type {
                *self
            }

            fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
                out.$write(*self)
            }

            fn write_owned(owned: &$type, out: &mut KeyWriter<'_>) -> fmt::Result {
                owned.write_part(out)
            }
        }
    )*};
}

plain_parts!(number: u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize);
plain_parts!(
    shown:
    bool,
    char,
    std::num::NonZeroU8,
    std::num::NonZeroU16,
    std::num::NonZeroU32,
    std::num::NonZeroU64,
    std::num::NonZeroU128,
    std::num::NonZeroUsize,
    std::num::NonZeroI8,
    std::num::NonZeroI16,
    std::num::NonZeroI32,
    std::num::NonZeroI64,
    std::num::NonZeroI128,
    std::num::NonZeroIsize,
    std::net::IpAddr,
    std::net::Ipv4Addr,
    std::net::Ipv6Addr,
    std::net::SocketAddrV4,
);

/// Shown as `Display` shows them, and after that the flow label, which it leaves out, if there is one.
macro_rules! flow_parts {
    ($($type:ty: |$this:ident| $flow:expr;)*) => {$(
        impl KeyPart for $type {
            type Owned = $type;

            fn hash_part<H: Hasher>(&self, state: &mut H) {
                Hash::hash(self, state);
            }

            fn eq_part(&self, owned: &$type) -> bool {
                self == owned
            }

            fn to_owned_part(&self) -> $type {
                *self
            }

            fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
                let $this = self;
                match $flow {
                    0 => write!(out, "{self}"),
                    flow => write!(out, "{self}/{flow}"),
                }
            }

            fn write_owned(owned: &$type, out: &mut KeyWriter<'_>) -> fmt::Result {
                owned.write_part(out)
            }
        }
    )*};
}

flow_parts! {
    std::net::SocketAddrV6: |this| this.flowinfo();
    std::net::SocketAddr: |this| if let Self::V6(address) = this { address.flowinfo() } else { 0 };
}

/// Floats are compared by their bits: `-0.0` and `0.0` are two keys, and every NaN is one, as their texts say.
macro_rules! float_parts {
    ($($type:ty: $bits:ty),*) => {$(
        impl KeyPart for $type {
            type Owned = $bits;

            fn hash_part<H: Hasher>(&self, state: &mut H) {
                self.to_owned_part().hash(state);
            }

            fn eq_part(&self, owned: &$bits) -> bool {
                self.to_owned_part() == *owned
            }

            fn to_owned_part(&self) -> $bits {
                if self.is_nan() { <$type>::NAN.to_bits() } else { self.to_bits() }
            }

            fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
                write!(out, "{self}")
            }

            fn write_owned(owned: &$bits, out: &mut KeyWriter<'_>) -> fmt::Result {
                write!(out, "{}", <$type>::from_bits(*owned))
            }
        }
    )*};
}

float_parts!(f32: u32, f64: u64);

impl KeyPart for str {
    type Owned = KeyText;

    #[inline(always)]
    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    #[inline(always)]
    fn eq_part(&self, owned: &KeyText) -> bool {
        owned.is(self)
    }

    fn to_owned_part(&self) -> KeyText {
        self.into()
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        out.write_str(self)
    }

    fn write_owned(owned: &KeyText, out: &mut KeyWriter<'_>) -> fmt::Result {
        out.write_str(owned.as_str())
    }
}

/// Parts that are another part seen through a pointer or a view.
macro_rules! views {
    ($([$($generics:tt)*] $type:ty => $target:ty, |$this:ident| $view:expr;)*) => {$(
        impl<$($generics)*> KeyPart for $type {
            type Owned = <$target as KeyPart>::Owned;

            #[inline(always)]
            fn hash_part<H: Hasher>(&self, state: &mut H) {
                let $this = self;
                <$target as KeyPart>::hash_part($view, state);
            }

            #[inline(always)]
            fn eq_part(&self, owned: &<$target as KeyPart>::Owned) -> bool {
                let $this = self;
                <$target as KeyPart>::eq_part($view, owned)
            }

            fn to_owned_part(&self) -> <$target as KeyPart>::Owned {
                let $this = self;
                <$target as KeyPart>::to_owned_part($view)
            }

            fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
                let $this = self;
                <$target as KeyPart>::write_part($view, out)
            }

            fn write_owned(owned: &<$target as KeyPart>::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
                <$target as KeyPart>::write_owned(owned, out)
            }
        }
    )*};
}

views! {
    [] String => str, |this| this.as_str();
    [T: KeyPart + ?Sized] &T => T, |this| *this;
    [T: KeyPart + ?Sized] &mut T => T, |this| &**this;
    [T: KeyPart + ?Sized] Box<T> => T, |this| &**this;
    [T: KeyPart + ?Sized] std::rc::Rc<T> => T, |this| &**this;
    [T: KeyPart + ?Sized] std::sync::Arc<T> => T, |this| &**this;
    [T: KeyPart + ToOwned + ?Sized] std::borrow::Cow<'_, T> => T, |this| &**this;
    [T: KeyPart] Vec<T> => [T], |this| this.as_slice();
    [T: KeyPart, const N: usize] [T; N] => [T], |this| this.as_slice();
    [] std::path::PathBuf => std::path::Path, |this| this.as_path();
    [] std::ffi::OsString => std::ffi::OsStr, |this| this.as_os_str();
}
