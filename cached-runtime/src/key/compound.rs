//! Parts made of parts: options, sequences, sets, maps, tuples, and what is told by a few of its fields.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::part::KeyPart;
use super::writer::KeyWriter;

impl KeyPart for () {
    type Owned = ();

    fn hash_part<H: Hasher>(&self, _: &mut H) {}

    fn eq_part(&self, (): &()) -> bool {
        true
    }

    fn to_owned_part(&self) {}

    fn write_part(&self, _: &mut KeyWriter<'_>) -> fmt::Result {
        Ok(())
    }

    fn write_owned((): &(), _: &mut KeyWriter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl<T: KeyPart> KeyPart for Option<T> {
    type Owned = Option<T::Owned>;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.is_some().hash(state);
        if let Some(part) = self {
            part.hash_part(state);
        }
    }

    fn eq_part(&self, owned: &Self::Owned) -> bool {
        match (self, owned) {
            (Some(part), Some(owned)) => part.eq_part(owned),
            (None, None) => true,
            _ => false,
        }
    }

    fn to_owned_part(&self) -> Self::Owned {
        self.as_ref().map(KeyPart::to_owned_part)
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        match self {
            Some(part) => out.some(|out| part.write_part(out)),
            None => out.none(),
        }
    }

    fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
        match owned {
            Some(part) => out.some(|out| T::write_owned(part, out)),
            None => out.none(),
        }
    }
}

/// `[a,b,]`: every element ends with a comma, so that an empty list and a list of one empty text differ.
fn write_list<T>(
    items: impl IntoIterator<Item = T>,
    out: &mut KeyWriter<'_>,
    mut write: impl FnMut(T, &mut KeyWriter<'_>) -> fmt::Result,
) -> fmt::Result {
    out.raw("[")?;
    for item in items {
        write(item, out)?;
        out.raw(",")?;
    }
    out.raw("]")
}

macro_rules! sequences {
    ($($sequence:ty),*) => {$(
        impl<T: KeyPart> KeyPart for $sequence {
            type Owned = Box<[T::Owned]>;

            fn hash_part<H: Hasher>(&self, state: &mut H) {
                state.write_usize(self.len());
                self.iter().for_each(|part| part.hash_part(state));
            }

            fn eq_part(&self, owned: &Self::Owned) -> bool {
                self.len() == owned.len() && self.iter().zip(owned).all(|(part, owned)| part.eq_part(owned))
            }

            fn to_owned_part(&self) -> Self::Owned {
                self.iter().map(KeyPart::to_owned_part).collect()
            }

            fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
                write_list(self, out, |part, out| part.write_part(out))
            }

            fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
                write_list(owned, out, T::write_owned)
            }
        }
    )*};
}

sequences!([T], BTreeSet<T>);

impl<K: KeyPart, V: KeyPart> KeyPart for BTreeMap<K, V> {
    type Owned = Box<[(K::Owned, V::Owned)]>;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        for (key, value) in self {
            key.hash_part(state);
            value.hash_part(state);
        }
    }

    fn eq_part(&self, owned: &Self::Owned) -> bool {
        let same =
            |((key, value), owned): ((&K, &V), &(K::Owned, V::Owned))| key.eq_part(&owned.0) && value.eq_part(&owned.1);
        self.len() == owned.len() && self.iter().zip(owned).all(same)
    }

    fn to_owned_part(&self) -> Self::Owned {
        self.iter().map(|(key, value)| (key.to_owned_part(), value.to_owned_part())).collect()
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        write_list(self, out, |(key, value), out| {
            key.write_part(out)?;
            out.raw("=")?;
            value.write_part(out)
        })
    }

    fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
        write_list(owned, out, |(key, value), out| {
            K::write_owned(key, out)?;
            out.raw("=")?;
            V::write_owned(value, out)
        })
    }
}

/// Bytes that need not be UTF-8 are shown as UTF-8 where they are, and escaped byte by byte where they are not.
fn write_bytes(bytes: &[u8], out: &mut KeyWriter<'_>) -> fmt::Result {
    for chunk in bytes.utf8_chunks() {
        out.write_str(chunk.valid())?;
        for byte in chunk.invalid() {
            out.raw(&format!("%{byte:02X}"))?;
        }
    }
    Ok(())
}

impl KeyPart for OsStr {
    type Owned = Box<OsStr>;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    fn eq_part(&self, owned: &Self::Owned) -> bool {
        *self == **owned
    }

    fn to_owned_part(&self) -> Self::Owned {
        self.into()
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        write_bytes(self.as_encoded_bytes(), out)
    }

    fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
        owned.write_part(out)
    }
}

/// Compared as it is spelt: `a/b` and `a//b` are two keys.
impl KeyPart for Path {
    type Owned = Box<OsStr>;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.as_os_str().hash_part(state);
    }

    fn eq_part(&self, owned: &Self::Owned) -> bool {
        self.as_os_str().eq_part(owned)
    }

    fn to_owned_part(&self) -> Self::Owned {
        self.as_os_str().into()
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        self.as_os_str().write_part(out)
    }

    fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
        owned.write_part(out)
    }
}

/// Shown in seconds: `1.000000001`.
impl KeyPart for Duration {
    type Owned = Duration;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    fn eq_part(&self, owned: &Duration) -> bool {
        self == owned
    }

    fn to_owned_part(&self) -> Duration {
        *self
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        write!(out, "{}.{:09}", self.as_secs(), self.subsec_nanos())
    }

    fn write_owned(owned: &Duration, out: &mut KeyWriter<'_>) -> fmt::Result {
        owned.write_part(out)
    }
}

/// Shown in seconds since the Unix epoch, with `-` in front where it lies before it.
impl KeyPart for SystemTime {
    type Owned = SystemTime;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.hash(state);
    }

    fn eq_part(&self, owned: &SystemTime) -> bool {
        self == owned
    }

    fn to_owned_part(&self) -> SystemTime {
        *self
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        match self.duration_since(UNIX_EPOCH) {
            Ok(after) => after.write_part(out),
            Err(before) => {
                out.write_str("-")?;
                before.duration().write_part(out)
            }
        }
    }

    fn write_owned(owned: &SystemTime, out: &mut KeyWriter<'_>) -> fmt::Result {
        owned.write_part(out)
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {$(
        impl<$($name: KeyPart),+> KeyPart for ($($name,)+) {
            type Owned = ($($name::Owned,)+);

            #[inline(always)]
            fn hash_part<__H: Hasher>(&self, state: &mut __H) {
                $(self.$index.hash_part(state);)+
            }

            #[inline(always)]
            fn eq_part(&self, owned: &Self::Owned) -> bool {
                $(self.$index.eq_part(&owned.$index))&&+
            }

            fn to_owned_part(&self) -> Self::Owned {
                ($(self.$index.to_owned_part(),)+)
            }

            fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
                $(
                    out.raw(if $index == 0 { "(" } else { "," })?;
                    self.$index.write_part(out)?;
                )+
                out.raw(")")
            }

            fn write_owned(owned: &Self::Owned, out: &mut KeyWriter<'_>) -> fmt::Result {
                $(
                    out.raw(if $index == 0 { "(" } else { "," })?;
                    $name::write_owned(&owned.$index, out)?;
                )+
                out.raw(")")
            }
        }

        impl<$($name: KeyPart),+> super::Parts for ($($name,)+) {
            fn write_with(&self, pieces: &[&str], out: &mut KeyWriter<'_>) -> fmt::Result {
                $(
                    out.raw(pieces.get($index).copied().unwrap_or(""))?;
                    self.$index.write_part(out)?;
                )+
                out.raw(pieces.last().copied().unwrap_or(""))
            }

            fn write_owned_with(owned: &Self::Owned, pieces: &[&str], out: &mut KeyWriter<'_>) -> fmt::Result {
                $(
                    out.raw(pieces.get($index).copied().unwrap_or(""))?;
                    $name::write_owned(&owned.$index, out)?;
                )+
                out.raw(pieces.last().copied().unwrap_or(""))
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
