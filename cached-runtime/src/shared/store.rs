//! The trait that a store shared between processes implements, and what caller and implementer owe each other.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::key::Pattern;

/// What a store's operation returns: a future that owns all it needs.
pub type StoreFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Bytes under text keys, shared between processes: what the lease protocol, tags and invalidation need of a store, and no more.
///
/// # What the implementer owes
///
/// * **Atomicity**: each operation on one key is atomic, and all processes see the operations on one key in one order
///   (linearizable). Operations on several keys need not be atomic together.
/// * **Order**: [`remove`](Self::remove) takes the first key away before or together with the others; [`get_or_add`](Self::get_or_add) reads the
///   last key after or together with the others.
/// * **Time**: `within` is how long the operation may take. A future that is not ready by then is dropped, and its outcome unknown.
///   It may then still happen, at any later time.
/// * **Expiry**: a value stored with a time to live is gone when that has passed, give or take 10 ms, and may be gone at any moment before.
/// * **No surprises**: nothing panics or blocks the thread; a failure is an error.
///
/// The suite in [`contract`](crate::shared::contract) tests what can be tested of this.
///
/// # What the caller owes
///
/// Futures are polled on a thread of this crate's own, inside a `tokio` runtime with timers and I/O; they are dropped when `within` has
/// passed. Values are at most some megabytes; keys are valid UTF-8 without control characters, at most 64 KiB long.
pub trait SharedStore: Send + Sync + 'static {
    /// The values under these keys, in their order; `None` where there is none. One round trip for all of them.
    fn get(&self, keys: Vec<String>, within: Duration) -> StoreFuture<Vec<Option<Vec<u8>>>>;

    /// Stores `value` if there is nothing under `key`, or what is there is as `over` describes.
    fn add(
        &self,
        key: String,
        value: Vec<u8>,
        ttl: Duration,
        over: Option<Seen>,
        within: Duration,
    ) -> StoreFuture<Added>;

    /// Stores `value` if what is under `key` begins with `prefix`. True if it did.
    fn swap(&self, key: String, prefix: Vec<u8>, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<bool>;

    /// Removes what is under `key` if it begins with `prefix`. True if it did.
    fn remove_if(&self, key: String, prefix: Vec<u8>, within: Duration) -> StoreFuture<bool>;

    /// Stores `value`, whatever is there.
    fn set(&self, key: String, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<()>;

    /// The values under these keys; where there is none, `fresh` is stored and returned. Each lives for at least half of `ttl` from now. One round
    /// trip for all of them; the last key is read last.
    fn get_or_add(
        &self,
        keys: Vec<String>,
        fresh: Vec<u8>,
        ttl: Duration,
        within: Duration,
    ) -> StoreFuture<Vec<Vec<u8>>>;

    /// Removes these keys, whatever is under them, the first one first. Must work when the store is full.
    fn remove(&self, keys: Vec<String>, within: Duration) -> StoreFuture<()>;

    /// Removes every key that matches and that is there from the beginning of the call to its end; returns how many were removed. Works in
    /// steps, each of which takes at most `within`.
    fn remove_matching(&self, pattern: KeyPattern, within: Duration) -> StoreFuture<u64>;

    /// Whether the store can be used: it answers, knows the latest of every key, and would remove one. That it is full is no failure.
    fn ping(&self, within: Duration) -> StoreFuture<()>;

    /// Milliseconds since 1970 by the store's own clock, as well as it is known here. The default is this machine's clock.
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
    }

    /// Reports every change of a key that begins with one of `prefixes`, whoever makes it, to `watcher`, for as long as the store lives.
    /// False, and nothing else, if the store cannot do that; such a store cannot be the second tier behind memory.
    ///
    /// The implementer owes: [`up`](Watcher::up) is called when changes are being reported, `down` as soon as they may be missed,
    /// alternately; every change between an `up` and the next `down` is reported, once or more often.
    fn watch(&self, prefixes: Vec<String>, watcher: Arc<dyn Watcher>) -> bool {
        let _ = (prefixes, watcher);
        false
    }

    /// What to call it in messages: an address, never a password.
    fn describe(&self) -> String;
}

/// Who is told of changes in a store. Calls must return fast; they come one at a time.
pub trait Watcher: Send + Sync + 'static {
    /// From here on changes are reported. What was missed before is unknown.
    fn up(&self);
    /// The value under this key changed or is gone.
    fn changed(&self, key: &str);
    /// All values may have changed.
    fn all_changed(&self);
    /// From here on changes may be missed.
    fn down(&self);
}

/// What [`SharedStore::add`] did.
#[derive(Clone, PartialEq, Eq)]
pub enum Added {
    /// The value is stored.
    Stored,
    /// It is not: this is there.
    Present(Vec<u8>),
}

/// A value that was seen under a key, told by its length and its first bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its length in bytes.
    pub len: usize,
    /// Its first bytes, at most [`Seen::PREFIX`].
    pub prefix: Vec<u8>,
}

impl Seen {
    /// How many bytes tell values apart: those of the envelope's magic, version, kind and id.
    pub const PREFIX: usize = 24;

    /// Describes `value`.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        Self { len: value.len(), prefix: value[..value.len().min(Self::PREFIX)].to_vec() }
    }

    /// Whether `value` is what was seen.
    #[must_use]
    pub fn is(&self, value: &[u8]) -> bool {
        value.len() == self.len && value.starts_with(&self.prefix)
    }
}

/// Keys to remove: `*` stands for any text, every other character for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPattern(Pattern);

impl KeyPattern {
    /// A pattern.
    #[must_use]
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(Pattern::new(pattern.into()))
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it means this key.
    #[must_use]
    pub fn matches(&self, key: &str) -> bool {
        self.0.matches(key)
    }

    /// The same as a glob pattern of the kind that Redis understands: what is special there is escaped.
    #[must_use]
    pub fn to_glob(&self) -> String {
        let mut glob = String::with_capacity(self.as_str().len() + 8);
        for c in self.as_str().chars() {
            if matches!(c, '?' | '[' | ']' | '\\' | '^') {
                glob.push('\\');
            }
            glob.push(c);
        }
        glob
    }
}

// Keys and values are nobody's business (G14).
impl fmt::Debug for Added {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored => f.write_str("Stored"),
            Self::Present(value) => write!(f, "Present({} bytes)", value.len()),
        }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({} bytes)", self.len)
    }
}

/// Why a store's operation failed. Never holds a key or a value (G14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no connection; nothing was sent.
    Unavailable,
    /// It took longer than it might, or the connection broke: whether it happened is unknown.
    Timeout,
    /// The store answered that it will not: full, read-only, no permission.
    Refused,
    /// More operations are under way than may be.
    Overloaded,
}

impl StoreError {
    /// An error; `message` is for people and must not hold keys, values or passwords.
    #[must_use]
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// What kind of failure it was.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {}
