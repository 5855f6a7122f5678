//! One server's address, and how to log in there.

use std::fmt;
use std::time::Duration;

use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisResult};

use crate::error::{ConfigError, ConfigErrorKind};

/// An address with user, password and database. Shows the address alone.
#[derive(Clone)]
pub(super) struct Server {
    info: Box<ConnectionInfo>,
    tls: Option<Certificates>,
}

/// PEM texts for TLS.
#[derive(Clone, Default)]
pub(super) struct Certificates {
    pub(super) roots: Option<Vec<u8>>,
    /// Certificate and private key.
    pub(super) client: Option<(Vec<u8>, Vec<u8>)>,
}

impl Server {
    /// Reads a URL. What is wrong with it is said without quoting it, for it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, ConfigError> {
        let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
        match scheme {
            "redis" | "valkey" | "unix" | "redis+unix" | "valkey+unix" => {}
            "rediss" | "valkeys" if cfg!(feature = "redis-tls") => {
                if url.ends_with("#insecure") {
                    return Err(wrong(
                        "`#insecure` is not supported: give the server's certificate by root_certificates()",
                    ));
                }
            }
            "rediss" | "valkeys" => {
                return Err(wrong("`rediss://` needs the feature `redis-tls` of cached-core"));
            }
            _ => return Err(wrong(EXPECTED)),
        }
        let info = url.into_connection_info().map_err(|_| wrong(EXPECTED))?;
        if matches!(info.addr(), ConnectionAddr::Tcp(host, _) if host.is_empty()) {
            return Err(wrong(EXPECTED));
        }
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(10)).with_interval(Duration::from_secs(3));
        let tcp = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
        #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
        let tcp = tcp.set_user_timeout(Duration::from_secs(10));
        let tls = matches!(info.addr(), ConnectionAddr::TcpTls { .. }).then(Certificates::default);
        Ok(Self { info: Box::new(info.set_redis_settings(redis).set_tcp_settings(tcp)), tls })
    }

    /// The same user, password and TLS settings at another address.
    #[cfg(any(feature = "redis-cluster", feature = "redis-sentinel"))]
    pub(super) fn at(&self, host: &str, port: u16) -> Self {
        let host = host.to_owned();
        let address = match self.tls {
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            None => ConnectionAddr::Tcp(host, port),
        };
        Self { info: Box::new(ConnectionInfo::clone(&self.info).set_addr(address)), tls: self.tls.clone() }
    }

    /// The same address without a login or a database.
    #[cfg(feature = "redis-sentinel")]
    pub(super) fn anonymous(&self) -> Self {
        let redis = redis::RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        self.with_login(redis)
    }

    #[cfg(feature = "redis-sentinel")]
    pub(super) fn first_database(&self) -> Self {
        let redis = self.info.redis_settings().clone().set_db(0);
        self.with_login(redis)
    }

    #[cfg(feature = "redis-sentinel")]
    fn with_login(&self, redis: redis::RedisConnectionInfo) -> Self {
        Self { info: Box::new(ConnectionInfo::clone(&self.info).set_redis_settings(redis)), tls: self.tls.clone() }
    }

    #[cfg(feature = "redis-cluster")]
    pub(super) fn database(&self) -> i64 {
        self.info.redis_settings().db()
    }

    #[cfg(feature = "redis-sentinel")]
    pub(super) fn has_password(&self) -> bool {
        self.info.redis_settings().password().is_some()
    }

    #[cfg(feature = "redis-cluster")]
    pub(super) fn host(&self) -> Option<&str> {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host),
            _ => None,
        }
    }

    /// True if there was a use for it.
    pub(super) fn set_certificates(&mut self, certificates: &Certificates) -> bool {
        self.tls.as_mut().map(|tls| tls.clone_from(certificates)).is_some()
    }

    /// Text that holds no certificate at all is no error to the client: it would trust nobody.
    pub(super) fn has_readable_certificates(&self) -> bool {
        let given = self
            .tls
            .iter()
            .flat_map(|tls| tls.roots.iter().chain(tls.client.iter().map(|(certificate, _)| certificate)));
        let begins = b"-----BEGIN CERTIFICATE-----";
        let holds_one = |pem: &Vec<u8>| pem.windows(begins.len()).any(|window| window == begins);
        given.into_iter().all(holds_one) && self.client().is_ok()
    }

    /// A client for this server: no connection yet.
    pub(super) fn client(&self) -> RedisResult<Client> {
        #[cfg(feature = "redis-tls")]
        if let Some(tls) = &self.tls {
            install_provider();
            let client_tls =
                tls.client.clone().map(|(client_cert, client_key)| redis::ClientTlsConfig { client_cert, client_key });
            let certificates = redis::TlsCertificates { client_tls, root_cert: tls.roots.clone() };
            return Client::build_with_tls(ConnectionInfo::clone(&self.info), certificates);
        }
        Client::open(ConnectionInfo::clone(&self.info))
    }
}

/// `rustls` needs to be told once per process which cryptography to use. What the application has chosen stands.
#[cfg(feature = "redis-tls")]
fn install_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.addr().fmt(f)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub(super) fn wrong(message: impl Into<String>) -> ConfigError {
    ConfigError::new(ConfigErrorKind::Redis, message)
}

const EXPECTED: &str = "the Redis URL cannot be read: expected `redis://[user[:password]@]host[:port][/database]`, `rediss://...` for TLS, \
     or `unix:///path/of/socket[?db=database&user=user&pass=password]`, with the characters @ : / ? # % of a user or password percent-encoded";
