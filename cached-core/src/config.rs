//! Process-wide set-up: namespace, clock, and the stores that annotations name.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::clock::Clock;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::memory::Policy;

/// Begins the process-wide set-up. Optional: without it, functions with `backend = "memory"` work as they are.
///
/// ```
/// use cached_core::{MemoryStore, Policy, cache};
///
/// #[cache(ttl = 60, backend = "sessions")]
/// fn session(token: &str) -> u64 { 7 }
///
/// # fn main() -> Result<(), cached_core::ConfigError> {
/// cached_core::configure()
///     .namespace("shop")
///     .store("sessions", MemoryStore::new().capacity(500).policy(Policy::Lru))
///     .install()?;
///
/// session("t1");
/// assert_eq!(session::cache().capacity(), 500);
/// # Ok(())
/// # }
/// ```
pub fn configure() -> Configuration {
    Configuration::default()
}

/// Settings for the whole process, made by [`configure`].
#[derive(Clone, Debug, Default)]
#[must_use = "settings take effect when they are installed: call .install()"]
pub struct Configuration {
    namespace: Option<String>,
    clock: Clock,
    stores: HashMap<String, MemoryStore>,
}

impl Configuration {
    /// What this service's keys begin with in a shared backend, so that services never collide. Memory has no use for it.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// The clock of annotated functions' caches; a [`ManualClock`](crate::ManualClock)'s in tests.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Registers a store under a name that annotations may use: `backend = "name"`. A later one of the same name replaces the earlier.
    pub fn store(mut self, name: impl Into<String>, store: MemoryStore) -> Self {
        self.stores.insert(name.into(), store);
        self
    }

    /// Puts the settings in force, for as long as the process lives.
    ///
    /// # Errors
    ///
    /// If a configuration is installed already, if an annotated function was called before, or if a name cannot be used. Nothing is
    /// changed then.
    pub fn install(self) -> Result<(), ConfigError> {
        self.check()?;
        // One installer at a time, so that "nothing is changed" holds for both of two that race.
        static INSTALLING: Mutex<()> = Mutex::new(());
        let _installing = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        if INSTALLED.get().is_some() {
            let message =
                "a configuration is installed already: call configure()..install() once, at the start of main";
            return Err(ConfigError::new(ConfigErrorKind::AlreadyInstalled, message));
        }
        if IN_USE.load(Ordering::Acquire) {
            let message = "an annotated function was called before the configuration was installed: call configure()..install() first, at the start of main";
            return Err(ConfigError::new(ConfigErrorKind::TooLate, message));
        }
        let _ = INSTALLED.set(self);
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        if let Some(namespace) = &self.namespace {
            check_name("namespace", namespace)?;
        }
        for name in self.stores.keys() {
            check_name("store", name)?;
            if RESERVED.contains(&name.as_str()) {
                let message = format!("`{name}` is a built-in backend: give the store another name");
                return Err(ConfigError::new(ConfigErrorKind::Name, message));
            }
        }
        Ok(())
    }
}

const RESERVED: [&str; 4] = ["memory", "redis", "tiered", "memcached"];

fn check_name(what: &str, name: &str) -> Result<(), ConfigError> {
    let usable = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name.chars().all(usable) {
        return Ok(());
    }
    let message = format!("{what} name {name:?}: use letters, digits, `-`, `_` and `.`, at least one");
    Err(ConfigError::new(ConfigErrorKind::Name, message))
}

/// Defaults for the functions whose annotation names it; what the annotation says itself wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    pub(crate) capacity: Option<u64>,
    pub(crate) policy: Option<Policy>,
}

impl MemoryStore {
    /// A store with the usual defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The most entries, or the most weight, of each function's cache.
    #[must_use]
    pub fn capacity(mut self, capacity: u64) -> Self {
        self.capacity = Some(capacity);
        self
    }

    /// Which entries a full cache keeps.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = Some(policy);
        self
    }
}

static INSTALLED: OnceLock<Configuration> = OnceLock::new();
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The clock of annotated functions' caches. From here on no configuration can be installed.
pub(crate) fn clock() -> Clock {
    IN_USE.store(true, Ordering::Release);
    INSTALLED.get().map_or_else(Clock::system, |installed| installed.clock.clone())
}

/// The store that an annotation names, or why there is none.
pub(crate) fn store(name: &str) -> Result<MemoryStore, String> {
    if name == "memory" {
        return Ok(MemoryStore::default());
    }
    let stores = INSTALLED.get().map(|installed| &installed.stores);
    if let Some(store) = stores.and_then(|stores| stores.get(name)) {
        return Ok(store.clone());
    }
    let mut known: Vec<&str> = stores.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    known.sort_unstable();
    known.insert(0, "memory");
    Err(format!(
        "no store is registered as `{name}` (there is: {}); register it with cached_core::configure().store(\"{name}\", ..).install()",
        known.join(", ")
    ))
}
