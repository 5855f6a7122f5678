//! What of the runtime is there.
//!
//! The features have the names of `cached-core`'s, which sets them. They are handed down instead of asked for where they are needed, so that tests
//! can be about any set of them.

/// The names of those that are there.
pub(crate) type Features = &'static [&'static str];

/// What this build has.
pub(crate) const ENABLED: Features = &[
    #[cfg(feature = "shared")]
    "shared",
    #[cfg(feature = "redis")]
    "redis",
    #[cfg(feature = "json")]
    "json",
    #[cfg(feature = "postcard")]
    "postcard",
];

/// A build that has everything.
#[cfg(test)]
pub(crate) const ALL: Features = &["shared", "redis", "json", "postcard"];

/// What to write to get one.
pub(crate) fn how_to_enable(feature: &str) -> String {
    format!(
        "the feature `{feature}` of cached-core; in Cargo.toml: cached-core = {{ version = \"..\", features = [\"{feature}\"] }}"
    )
}
