//! A key part told by a digest: the placeholder `{x:hash}`.

use super::part::Shown;

#[cfg(feature = "digest")]
mod with {
    use std::fmt;
    use std::hash::Hasher;

    use serde::Serialize;
    use siphasher::sip128::{Hasher128, SipHasher13};

    /// 128 bits, shown as 32 hexadecimal digits.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Digest(u128);

    impl Digest {
        /// SipHash-1-3 (128 bits, zero key) of the value's MessagePack form with named fields: the same in every process and
        /// version of this crate. A value that cannot be serialised has no digest; it gets a random one, which
        /// meets no other: the call is a miss, not a wrong answer.
        pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Self {
            let Ok(bytes) = rmp_serde::to_vec_named(value) else { return Self(fastrand::u128(..)) };
            let mut hasher = SipHasher13::new();
            hasher.write(&bytes);
            Self(hasher.finish128().as_u128())
        }
    }

    impl fmt::Display for Digest {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:032x}", self.0)
        }
    }
}

#[cfg(feature = "digest")]
pub use with::Digest;

/// A part told by a digest of what the value serialises to.
#[cfg(feature = "digest")]
#[allow(non_snake_case, reason = "reads like a constructor in generated code")]
pub fn HashPart<T: serde::Serialize + ?Sized>(value: &T) -> Shown<Digest> {
    Shown(Digest::of(value))
}

/// Met by no type, so that its message is what a person reads.
#[cfg(not(feature = "digest"))]
#[diagnostic::on_unimplemented(
    message = "a `{{..:hash}}` placeholder needs the feature `digest` of cached-core",
    label = "cannot be digested without it",
    note = "in Cargo.toml: cached-core = {{ version = \"..\", features = [\"digest\"] }}"
)]
pub trait NeedsDigestFeature {}

/// Stands in for the real one, to explain what is missing.
#[cfg(not(feature = "digest"))]
#[allow(non_snake_case, reason = "reads like a constructor in generated code")]
pub fn HashPart<T: NeedsDigestFeature + ?Sized>(_: &T) -> Shown<&'static str> {
    Shown("")
}

#[cfg(all(test, feature = "digest", not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_same_in_every_process_and_different_for_different_values() {
        let digest = |value: &(u32, &str)| Digest::of(value).to_string();
        assert_eq!(digest(&(7, "a")), digest(&(7, "a")));
        assert_ne!(digest(&(7, "a")), digest(&(7, "b")));
        // A digest is part of keys that outlive the process: this one must never change.
        assert_eq!(digest(&(7, "a")), "9121cd2fdb9bd55bb872fbbecda40270");
    }
}
