//! Process-wide set-up: namespace, clock, and the stores that annotations name.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::clock::Clock;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::memory::Policy;
#[cfg(feature = "redis")]
use crate::redis::{RedisConfig, RedisStore};
use crate::remote::Backend;
#[cfg(feature = "shared")]
use crate::shared::{BackendStatus, Isolated, SharedSettings, SharedStore};

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
    /// What `redis` and `tiered` mean, unless it is what the environment says.
    shared: Option<Store>,
    stores: HashMap<String, Store>,
}

impl Configuration {
    /// What this service's keys begin with in a shared backend, so that services never collide: the entry `user:42` is `shop:user:42` there.
    /// Default: `cached`. Memory has no use for it.
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
    pub fn store(mut self, name: impl Into<String>, store: impl Into<Store>) -> Self {
        self.stores.insert(name.into(), store.into());
        self
    }

    /// Which Redis `backend = "redis"` and `backend = "tiered"` mean. Default: what the environment variable `REDIS_URL` says, and without it
    /// `redis://127.0.0.1:6379`.
    ///
    /// A server that is not there is no error: it is looked for in the background, and functions run uncached until it is found.
    #[cfg(feature = "redis")]
    pub fn redis(mut self, config: RedisConfig) -> Self {
        self.shared = Some(config.into());
        self
    }

    /// Puts another store where `backend = "redis"` and `backend = "tiered"` mean Redis: one's own, or in tests a
    /// [`LocalStore`](crate::shared::LocalStore).
    #[cfg(feature = "shared")]
    pub fn shared_store(mut self, store: impl SharedStore, settings: SharedSettings) -> Self {
        self.shared = Some(Store::shared(store, settings));
        self
    }

    /// Puts the settings in force, for as long as the process lives.
    ///
    /// # Errors
    ///
    /// If a configuration is installed already, if an annotated function was called before, or if a name or a setting cannot be used.
    /// Nothing is changed then.
    pub fn install(self) -> Result<(), ConfigError> {
        let installed = self.checked()?;
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
        let _ = INSTALLED.set(installed);
        Ok(())
    }

    fn checked(self) -> Result<Installed, ConfigError> {
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
        let namespace = self.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        let shared = self.shared.map(|store| store.placed("redis", namespace)).transpose()?;
        #[cfg(feature = "redis")]
        if shared.is_none() && is_named() {
            let _ = RedisConfig::from_env()?;
        }
        let place = |(name, store): (String, Store)| {
            let place = store.placed(&name, namespace)?;
            Ok((name, place))
        };
        let stores = self.stores.into_iter().map(place).collect::<Result<_, ConfigError>>()?;
        Ok(Installed { clock: self.clock, shared, stores, namespace: namespace.to_owned() })
    }
}

/// What keys begin with in a shared backend unless somebody says otherwise.
const DEFAULT_NAMESPACE: &str = "cached";

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

/// Where functions keep their values: in memory, in Redis, or in a store of one's own.
#[derive(Clone)]
pub struct Store(Kind);

#[derive(Clone)]
enum Kind {
    Memory(MemoryStore),
    #[cfg(feature = "redis")]
    Redis(Box<RedisConfig>),
    #[cfg(feature = "shared")]
    Shared(Arc<dyn SharedStore>, SharedSettings),
}

impl Store {
    /// A store of one's own. Functions that use it need a `codec` in their annotation.
    #[cfg(feature = "shared")]
    pub fn shared(store: impl SharedStore, settings: SharedSettings) -> Self {
        Self(Kind::Shared(Arc::new(store), settings))
    }

    #[cfg_attr(not(feature = "shared"), allow(clippy::unnecessary_wraps, unused_variables))]
    fn placed(self, name: &str, namespace: &str) -> Result<Place, ConfigError> {
        match self.0 {
            Kind::Memory(store) => Ok(Place::Memory(store)),
            #[cfg(feature = "redis")]
            Kind::Redis(mut config) => {
                config.check()?;
                let settings = settings_of(&config);
                Ok(Place::Shared(Backend::new(name, namespace, Arc::new(RedisStore::new(*config)), settings)))
            }
            #[cfg(feature = "shared")]
            Kind::Shared(store, settings) => {
                if let Some(problem) = settings.problem() {
                    return Err(ConfigError::new(ConfigErrorKind::Shared, problem));
                }
                Ok(Place::Shared(Backend::new(name, namespace, Arc::new(Isolated(store)), settings)))
            }
        }
    }
}

#[cfg(feature = "redis")]
fn settings_of(config: &RedisConfig) -> SharedSettings {
    SharedSettings::new()
        .response_timeout(config.get_response_timeout())
        .lease(config.get_lease())
        .lease_wait(config.get_lease_wait())
        .breaker_threshold(config.get_breaker_threshold())
        .probe_interval(config.get_probe_interval())
        .outage_log(config.get_outage_log())
        .compress_from(config.get_compress_from())
}

impl From<MemoryStore> for Store {
    fn from(store: MemoryStore) -> Self {
        Self(Kind::Memory(store))
    }
}

#[cfg(feature = "redis")]
impl From<RedisConfig> for Store {
    fn from(config: RedisConfig) -> Self {
        Self(Kind::Redis(Box::new(config)))
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Memory(store) => store.fmt(f),
            #[cfg(feature = "redis")]
            Kind::Redis(config) => config.fmt(f),
            #[cfg(feature = "shared")]
            Kind::Shared(store, _) => f.debug_tuple("Store").field(&store.describe()).finish(),
        }
    }
}

/// A configuration in force.
struct Installed {
    clock: Clock,
    #[cfg_attr(not(feature = "redis"), allow(dead_code))]
    namespace: String,
    shared: Option<Place>,
    stores: HashMap<String, Place>,
}

/// Where values go.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Memory(MemoryStore),
    #[cfg_attr(not(feature = "shared"), allow(dead_code))]
    Shared(Arc<Backend>),
}

static INSTALLED: OnceLock<Installed> = OnceLock::new();
static IN_USE: AtomicBool = AtomicBool::new(false);

/// The clock of annotated functions' caches. From here on no configuration can be installed.
pub(crate) fn clock() -> Clock {
    IN_USE.store(true, Ordering::Release);
    INSTALLED.get().map_or_else(Clock::system, |installed| installed.clock.clone())
}

/// The store that an annotation names, or why there is none.
pub(crate) fn place(name: &str) -> Result<Place, String> {
    match name {
        "memory" => return Ok(Place::Memory(MemoryStore::default())),
        "redis" | "tiered" => return shared(),
        _ => {}
    }
    let stores = INSTALLED.get().map(|installed| &installed.stores);
    if let Some(place) = stores.and_then(|stores| stores.get(name)) {
        return Ok(place.clone());
    }
    let mut known: Vec<&str> = stores.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    known.sort_unstable();
    known.insert(0, "memory");
    Err(format!(
        "no store is registered as `{name}` (there is: {}); register it with cached_core::configure().store(\"{name}\", ..).install()",
        known.join(", ")
    ))
}

/// What `redis` and `tiered` mean.
fn shared() -> Result<Place, String> {
    IN_USE.store(true, Ordering::Release);
    match INSTALLED.get().and_then(|installed| installed.shared.clone()) {
        Some(place) => Ok(place),
        None => from_environment().clone().map(Place::Shared),
    }
}

#[cfg(feature = "redis")]
static ENVIRONMENT: OnceLock<Result<Arc<Backend>, String>> = OnceLock::new();

/// Redis as the environment says; made once for the process.
#[cfg(feature = "redis")]
fn from_environment() -> &'static Result<Arc<Backend>, String> {
    ENVIRONMENT.get_or_init(|| {
        let namespace = INSTALLED.get().map_or(DEFAULT_NAMESPACE, |installed| installed.namespace.as_str());
        let place = RedisConfig::from_env().and_then(|config| Store::from(config).placed("redis", namespace));
        match place {
            Ok(Place::Shared(backend)) => Ok(backend),
            Ok(Place::Memory(_)) => Err("REDIS_URL names no Redis".to_owned()),
            Err(error) => {
                // Once: a program that only invalidates would never find out otherwise.
                eprintln!("cached-core: {error}; nothing is shared, and no invalidation leaves this process");
                Err(error.to_string())
            }
        }
    })
}

/// Whether the environment says where Redis is.
#[cfg(feature = "redis")]
fn is_named() -> bool {
    static NAMED: OnceLock<bool> = OnceLock::new();
    *NAMED.get_or_init(|| std::env::var_os("REDIS_URL").is_some_and(|url| !url.is_empty()))
}

#[cfg(not(feature = "redis"))]
fn from_environment() -> &'static Result<Arc<Backend>, String> {
    static NONE: OnceLock<Result<Arc<Backend>, String>> = OnceLock::new();
    NONE.get_or_init(|| {
        Err("no shared store is set up; use cached_core::configure().shared_store(..).install(), or the feature `redis`".to_owned())
    })
}

/// How the shared stores of this process are: those that are configured, and the default one once it is in use.
///
/// ```
/// for backend in cached_core::backends() {
///     println!("{} at {}: usable {}, {} invalidations waiting", backend.name, backend.store, backend.usable, backend.lost);
/// }
/// ```
#[cfg(feature = "shared")]
#[must_use]
pub fn backends() -> Vec<BackendStatus> {
    in_use().iter().map(|backend| backend.status()).collect()
}

/// The shared stores that invalidations have to reach: those that are installed, the one that `REDIS_URL` names, and the default one
/// once it is in use. A process that never configured any and only invalidates by text does not go looking for a server.
pub(crate) fn in_use() -> Vec<Arc<Backend>> {
    let mut backends = Vec::new();
    if let Some(installed) = INSTALLED.get() {
        let places = installed.shared.iter().chain(installed.stores.values());
        backends.extend(places.filter_map(|place| match place {
            Place::Shared(backend) => Some(Arc::clone(backend)),
            Place::Memory(_) => None,
        }));
        if installed.shared.is_some() {
            return backends;
        }
    }
    #[cfg(feature = "redis")]
    {
        let known = if is_named() { Some(from_environment()) } else { ENVIRONMENT.get() };
        backends.extend(known.and_then(|known| known.as_ref().ok()).cloned());
    }
    backends
}
