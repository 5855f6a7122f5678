//! What a user says about Redis.

use std::fmt;
use std::time::Duration;

use super::server::{Certificates, Server, wrong};
use crate::error::ConfigError;

/// Where Redis is, and how much a cached call may lose to it.
///
/// The defaults fit a cache: when the server is slow or gone, a call loses at most 200 ms, and after a few of those nothing.
///
/// ```
/// use cached_core::RedisConfig;
/// use std::time::Duration;
///
/// # fn main() -> Result<(), cached_core::ConfigError> {
/// let config = RedisConfig::new("redis://shop:secret@127.0.0.1:6379/2")?
///     .response_timeout(Duration::from_millis(100))
///     .lease(Duration::from_secs(10));
/// assert!(!format!("{config:?}").contains("secret"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "settings take effect when they are installed: configure().redis(config).install()"]
pub struct RedisConfig {
    pub(super) servers: Servers,
    certificates: Certificates,
    pub(super) response_timeout: Duration,
    pub(super) connect_timeout: Duration,
    lease: Duration,
    lease_wait: Option<Duration>,
    breaker_threshold: u32,
    probe_interval: Duration,
    pub(super) pending: usize,
    outage_log: usize,
    compress_from: usize,
    pub(super) batches: usize,
}

#[derive(Clone)]
pub(super) enum Servers {
    One(Server),
    #[cfg(feature = "redis-cluster")]
    Cluster(Vec<Server>),
    #[cfg(feature = "redis-sentinel")]
    Sentinel {
        service: String,
        sentinels: Vec<Server>,
    },
}

impl RedisConfig {
    /// One server: `redis://[user[:password]@]host[:port][/database]`, `rediss://...` with the feature `redis-tls`, or
    /// `unix:///path/of/socket[?db=database&user=user&pass=password]`.
    ///
    /// # Errors
    ///
    /// If the URL cannot be read. That nothing listens there is no error, now or later.
    pub fn new(url: impl AsRef<str>) -> Result<Self, ConfigError> {
        Ok(Self::with(Servers::One(Server::parse(url.as_ref())?)))
    }

    /// A Redis Cluster, by some of its nodes; the others are asked for. User, password and TLS are those of the first URL.
    ///
    /// # Errors
    ///
    /// If there is no URL, one cannot be read, or one names a database other than 0.
    #[cfg(feature = "redis-cluster")]
    pub fn cluster(urls: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        let servers = parse_all(urls, "a cluster needs the URL of at least one of its nodes")?;
        if servers.iter().any(|server| server.database() != 0) {
            return Err(wrong("a cluster has no database other than 0"));
        }
        Ok(Self::with(Servers::Cluster(servers)))
    }

    /// The primary of `service` as Sentinel names it, asked anew at every connect. User, password, database and TLS in the first URL are the
    /// Redis servers'; the sentinels are asked with the same user and password, or without if they want none.
    ///
    /// # Errors
    ///
    /// If `service` is empty, there is no URL, or one cannot be read.
    #[cfg(feature = "redis-sentinel")]
    pub fn sentinel(service: &str, urls: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        if service.is_empty() {
            return Err(wrong(
                "the name of Sentinel's service is empty: expected what `sentinel monitor <name> ...` says",
            ));
        }
        let sentinels = parse_all(urls, "Sentinel needs the URL of at least one sentinel")?;
        Ok(Self::with(Servers::Sentinel { service: service.to_owned(), sentinels }))
    }

    /// The URL in the environment variable `REDIS_URL`, or `redis://127.0.0.1:6379` if there is none, or an empty one.
    ///
    /// # Errors
    ///
    /// If the variable is set and cannot be read as a URL.
    pub fn from_env() -> Result<Self, ConfigError> {
        match std::env::var("REDIS_URL") {
            // What a deployment leaves empty, it leaves unset.
            Ok(url) if url.is_empty() => Self::new(LOCAL),
            Ok(url) => Self::new(url).map_err(|error| wrong(format!("REDIS_URL: {error}"))),
            Err(std::env::VarError::NotPresent) => Self::new(LOCAL),
            Err(std::env::VarError::NotUnicode(_)) => Err(wrong("REDIS_URL is not valid UTF-8")),
        }
    }

    fn with(servers: Servers) -> Self {
        Self {
            servers,
            certificates: Certificates::default(),
            response_timeout: Duration::from_millis(200),
            connect_timeout: Duration::from_millis(500),
            lease: Duration::from_secs(5),
            lease_wait: None,
            breaker_threshold: 5,
            probe_interval: Duration::from_millis(500),
            pending: 10_000,
            outage_log: 10_000,
            compress_from: 4096,
            batches: 2,
        }
    }

    /// The most that a cached call waits for the store in all, however many round trips it makes. Default: 200 ms.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// The most that an attempt to connect may take; calls do not wait for it, except the first ones of the process, within the response
    /// timeout. Default: 500 ms.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a process may hold up others that want the same value, should it die during its load. A load that takes longer keeps its
    /// lease. Default: 5 s.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long to wait for another process's load before running one's own, without storing. Default: twice the lease,
    /// so that who waits for a process that died outlasts its lease.
    pub fn lease_wait(mut self, wait: Duration) -> Self {
        self.lease_wait = Some(wait);
        self
    }

    /// After how many failures in a row the store is left alone until it answers again. Default: 5.
    pub fn breaker_threshold(mut self, failures: u32) -> Self {
        self.breaker_threshold = failures;
        self
    }

    /// How often a store that is left alone is asked, in the background, whether it answers again. Default: 500 ms.
    pub fn probe_interval(mut self, interval: Duration) -> Self {
        self.probe_interval = interval;
        self
    }

    /// How many operations may be under way; what comes on top runs without the store. Default: 10 000.
    pub fn pending(mut self, operations: usize) -> Self {
        self.pending = operations;
        self
    }

    /// How many invalidations are remembered while the store is down; if there are more, everything is invalidated when it is back.
    /// Default: 10 000.
    pub fn outage_log(mut self, invalidations: usize) -> Self {
        self.outage_log = invalidations;
        self
    }

    /// From which size in bytes on values are compressed, if that makes them at least a tenth smaller; `usize::MAX` is never. Default: 4096.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.compress_from = bytes;
        self
    }

    /// How many batches of reads are on their way at a time. What is asked for meanwhile goes with the next one, as one command: few
    /// batches make large ones, which costs both sides least. Default: 2.
    pub fn batches(mut self, batches: usize) -> Self {
        self.batches = batches;
        self
    }

    /// Trusts these certificates (PEM) instead of the system's. For `rediss://` only.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.roots = Some(pem.into());
        self
    }

    /// Shows this certificate with its private key (both PEM) to the server. For `rediss://` only.
    pub fn client_certificate(mut self, certificate: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.certificates.client = Some((certificate.into(), key.into()));
        self
    }

    /// Says what cannot work, and makes the certificates known to the servers.
    pub(crate) fn check(&mut self) -> Result<(), ConfigError> {
        let more_than_nothing = [
            ("response_timeout", self.response_timeout >= MILLISECOND, "at least 1 ms"),
            ("connect_timeout", self.connect_timeout >= MILLISECOND, "at least 1 ms"),
            ("lease", self.lease >= MILLISECOND, "at least 1 ms"),
            ("response_timeout", self.response_timeout <= LONGEST, "at most an hour"),
            ("connect_timeout", self.connect_timeout <= LONGEST, "at most an hour"),
            ("lease", self.lease <= LONGEST, "at most an hour"),
            ("lease_wait", self.get_lease_wait() <= 2 * LONGEST, "at most two hours"),
            ("probe_interval", self.probe_interval <= LONGEST, "at most an hour"),
            ("breaker_threshold", self.breaker_threshold > 0, "at least 1"),
            ("probe_interval", self.probe_interval >= MILLISECOND, "at least 1 ms"),
            ("pending", self.pending > 0, "at least 1"),
            ("outage_log", self.outage_log > 0, "at least 1"),
            ("batches", self.batches > 0, "at least 1"),
        ];
        if let Some((name, _, bound)) = more_than_nothing.iter().find(|(_, holds, _)| !holds) {
            return Err(wrong(format!("RedisConfig::{name} must be {bound}")));
        }
        let certificates = self.certificates.clone();
        let given = certificates.roots.is_some() || certificates.client.is_some();
        for server in self.servers_mut() {
            if !server.set_certificates(&certificates) && given {
                return Err(wrong("certificates are of no use to `redis://`: expected `rediss://`"));
            }
            if given && !server.has_readable_certificates() {
                return Err(wrong("a certificate or key cannot be read: expected PEM"));
            }
        }
        Ok(())
    }

    fn servers_mut(&mut self) -> &mut [Server] {
        match &mut self.servers {
            Servers::One(server) => std::slice::from_mut(server),
            #[cfg(feature = "redis-cluster")]
            Servers::Cluster(servers) => servers,
            #[cfg(feature = "redis-sentinel")]
            Servers::Sentinel { sentinels, .. } => sentinels,
        }
    }

    pub(crate) fn get_response_timeout(&self) -> Duration {
        self.response_timeout
    }

    pub(crate) fn get_lease(&self) -> Duration {
        self.lease
    }

    pub(crate) fn get_lease_wait(&self) -> Duration {
        self.lease_wait.unwrap_or_else(|| self.lease.saturating_mul(2))
    }

    pub(crate) fn get_breaker_threshold(&self) -> u32 {
        self.breaker_threshold
    }

    pub(crate) fn get_probe_interval(&self) -> Duration {
        self.probe_interval
    }

    pub(crate) fn get_outage_log(&self) -> usize {
        self.outage_log
    }

    pub(crate) fn get_compress_from(&self) -> usize {
        self.compress_from
    }

    /// How long a server may take to answer a sign of life. Never so short that a hiccup costs the connection.
    pub(super) fn patience(&self) -> Duration {
        self.response_timeout.max(Duration::from_millis(100))
    }
}

/// Where Redis is unless somebody says otherwise.
const LOCAL: &str = "redis://127.0.0.1:6379";
const MILLISECOND: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(3600);

#[cfg(any(feature = "redis-cluster", feature = "redis-sentinel"))]
fn parse_all(urls: impl IntoIterator<Item = impl AsRef<str>>, none: &str) -> Result<Vec<Server>, ConfigError> {
    let servers = urls.into_iter().map(|url| Server::parse(url.as_ref())).collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() {
        return Err(wrong(none));
    }
    Ok(servers)
}

impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(server) => write!(f, "redis at {server}"),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(servers) => write!(f, "redis cluster at {servers:?}"),
            #[cfg(feature = "redis-sentinel")]
            Self::Sentinel { service, sentinels } => write!(f, "redis {service:?} of sentinels at {sentinels:?}"),
        }
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConfig")
            .field("servers", &format_args!("{}", self.servers))
            .field("response_timeout", &self.response_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("lease", &self.lease)
            .field("lease_wait", &self.get_lease_wait())
            .field("breaker_threshold", &self.breaker_threshold)
            .field("probe_interval", &self.probe_interval)
            .field("pending", &self.pending)
            .field("outage_log", &self.outage_log)
            .field("compress_from", &self.compress_from)
            .field("batches", &self.batches)
            .finish_non_exhaustive()
    }
}
