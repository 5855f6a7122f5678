//! Where values are kept, and how they are written there.

use syn::{Expr, ExprLit, Lit};

use super::read_choice;
use crate::args::{CacheArgs, as_str, peel};
use crate::diagnostics::{Errors, did_you_mean};
use crate::features::{Features, how_to_enable};

/// Where values are kept.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Backend {
    Memory,
    Redis,
    /// Memory in front of Redis.
    Tiered,
    /// A store registered at set-up that keeps values as they are.
    Named,
    /// A store registered at set-up that keeps bytes, as a `codec` makes them.
    NamedShared,
}

impl Backend {
    /// What the attribute names, if it names something that there is.
    pub(crate) fn of(args: &CacheArgs) -> Option<Self> {
        let Some(backend) = &args.backend else { return Some(Self::Memory) };
        let name = as_str(&backend.value)?.value();
        match name.as_str() {
            "memory" => Some(Self::Memory),
            "redis" => Some(Self::Redis),
            "tiered" => Some(Self::Tiered),
            other if problem(other).is_some() => None,
            _ if args.codec.is_some() => Some(Self::NamedShared),
            _ => Some(Self::Named),
        }
    }

    /// Whether there is anything for settings of memory to be about.
    pub(super) fn has_memory(self) -> bool {
        !matches!(self, Self::Redis | Self::NamedShared)
    }

    /// Whether other processes see the values.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self, Self::Redis | Self::Tiered | Self::NamedShared)
    }
}

/// How a value becomes bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Codec {
    Msgpack,
    Json,
    Postcard,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::Msgpack => "msgpack",
            Self::Json => "json",
            Self::Postcard => "postcard",
        }
    }

    /// The feature that brings it.
    fn feature(self) -> &'static str {
        if self == Self::Msgpack { "shared" } else { self.name() }
    }
}

/// Who shares a load.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Lock {
    Process,
    Cluster,
    None,
}

/// Reads `backend`: the name by which the runtime knows it.
pub(super) fn backend(args: &CacheArgs, features: Features, errors: &Errors) -> Option<String> {
    let Some(backend) = &args.backend else { return Some("memory".to_owned()) };
    let Some(literal) = as_str(&backend.value) else {
        errors.at(&backend.value, format!("`backend` is a string literal: {BACKENDS}"));
        return None;
    };
    let name = literal.value();
    if let Some(problem) = problem(&name) {
        errors.at(literal, problem);
        return None;
    }
    if matches!(Backend::of(args), Some(Backend::Redis | Backend::Tiered)) && !features.contains(&"redis") {
        errors.at(literal, format!("`backend = \"{name}\"` needs {}", how_to_enable("redis")));
    }
    Some(name)
}

const BACKENDS: &str =
    "\"memory\", \"redis\", \"tiered\", or the name of a store registered with `configure().store(..)`";

/// What is wrong with the name of a backend. Any name may be that of a store, so only what can hardly be one is refused.
fn problem(name: &str) -> Option<String> {
    const BUILT_IN: [&str; 3] = ["memory", "redis", "tiered"];
    const TO_COME: [&str; 2] = ["memcached", "memcache"];
    const SYNONYMS: [(&str, &str); 6] = [
        ("in-memory", "memory"),
        ("in_memory", "memory"),
        ("mem", "memory"),
        ("ram", "memory"),
        ("local", "memory"),
        ("valkey", "redis"),
    ];
    if BUILT_IN.contains(&name) {
        return None;
    }
    if name.trim().is_empty() {
        return Some(format!("`backend` is empty; use {BACKENDS}"));
    }
    let lower = name.to_lowercase();
    if TO_COME.contains(&lower.as_str()) {
        return Some(format!("backend `{name}` is not in this version yet: use {BACKENDS}"));
    }
    SYNONYMS
        .iter()
        .find_map(|(synonym, meant)| (lower == *synonym).then_some(*meant))
        .or_else(|| did_you_mean(name, BUILT_IN))
        .map(|meant| format!("unknown backend `{name}`; did you mean `{meant}`? It is {BACKENDS}"))
}

/// Reads `codec`, or takes the default of backends that need one. Memory has its own message, which says that it needs none.
pub(super) fn codec(args: &CacheArgs, features: Features, errors: &Errors) -> Option<Codec> {
    let backend = Backend::of(args);
    if backend == Some(Backend::Memory) {
        return None;
    }
    let Some(codec) = &args.codec else { return backend.filter(|backend| backend.is_shared()).map(|_| Codec::Msgpack) };
    let choices = [Codec::Msgpack, Codec::Json, Codec::Postcard].map(|codec| (codec.name(), codec));
    let choice = read_choice(codec, &choices, errors)?;
    // What `redis` needs for msgpack, it brings, and that it is not there is said of the backend.
    let feature = choice.feature();
    if !features.contains(&feature) && (choice != Codec::Msgpack || backend == Some(Backend::NamedShared)) {
        errors.at(&codec.value, format!("`codec = \"{}\"` needs {}", choice.name(), how_to_enable(feature)));
    }
    Some(choice)
}

/// Reads `lock`.
pub(super) fn lock(args: &CacheArgs, errors: &Errors) -> Option<Lock> {
    let choices = [("process", Lock::Process), ("none", Lock::None), ("cluster", Lock::Cluster)];
    let lock = args.lock.as_ref()?;
    let choice = read_choice(lock, &choices, errors)?;
    if choice == Lock::Cluster {
        match Backend::of(args) {
            Some(Backend::Memory) => errors.at(
                &lock.value,
                "`lock = \"cluster\"` belongs to shared backends; in memory, `lock = \"process\"` is all there is to lock",
            ),
            Some(Backend::Named) => errors.at(
                &lock.value,
                "`lock = \"cluster\"` belongs to shared stores: if this store is one, add `codec = \"msgpack\"`; else use `lock = \"process\"`",
            ),
            _ => {}
        }
    }
    Some(choice)
}

/// The version is a number of 32 bits in the header of each stored value. Where there is no header, that is said instead.
pub(super) fn check_version(args: &CacheArgs, errors: &Errors) {
    let Some(version) = &args.version else { return };
    if matches!(Backend::of(args), Some(Backend::Memory | Backend::Named)) {
        return;
    }
    let problem = match peel(&version.value) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if !matches!(number.suffix(), "" | "u32") => {
            format!("`version` is a `u32`: write `version = {}`", number.base10_digits())
        }
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_parse::<u32>().is_err() => {
            "`version` is a number that fits into 32 bits; count up from 1".to_owned()
        }
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) => return,
        Expr::Lit(_) | Expr::Unary(_) => "`version` is a whole number: write `version = 2`".to_owned(),
        _ => return,
    };
    errors.at(&version.value, problem);
}
