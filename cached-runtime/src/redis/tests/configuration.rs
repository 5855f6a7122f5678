//! What a configuration says and does not say.

use std::time::Duration;

use crate::error::ConfigErrorKind;
use crate::redis::RedisConfig;

#[test]
fn urls_are_read() {
    for url in [
        "redis://localhost",
        "redis://127.0.0.1:6380/2",
        "redis://user:p%40ss@host:6380",
        "redis://:password@host",
        "redis://[::1]:6379",
        "unix:///tmp/redis.sock?db=1&user=u&pass=p",
        "redis+unix:///tmp/redis.sock",
    ] {
        assert!(RedisConfig::new(url).and_then(|mut config| config.check()).is_ok(), "{url}");
    }
}

#[test]
fn wrong_urls_are_explained_without_passwords() {
    for url in [
        "",
        "localhost:6379",
        "http://:swordfish@host",
        "redis://",
        "redis://:swordfish@",
        "redis://:sword/swordfish@host",
        "redis://:swordfish@host:port",
        "redis://:swordfish@host/database",
        "redis://:swordfish@host:99999",
    ] {
        let error = RedisConfig::new(url).expect_err(url);
        assert_eq!(error.kind(), ConfigErrorKind::Redis);
        let message = error.to_string();
        assert!(
            message.contains("redis://[user[:password]@]host") && !message.contains("swordfish"),
            "{url}: {message}"
        );
    }
}

#[cfg(not(feature = "redis-tls"))]
#[test]
fn tls_names_its_feature() {
    let error = RedisConfig::new("rediss://host").unwrap_err();
    assert!(error.to_string().contains("redis-tls"), "{error}");
}

#[cfg(feature = "redis-tls")]
#[test]
fn certificates_are_read_before_they_are_needed() {
    let config = || RedisConfig::new("rediss://host").unwrap();
    assert!(config().check().is_ok());
    assert!(config().root_certificates("no certificate").check().is_err());
    assert!(RedisConfig::new("rediss://host/#insecure").is_err());
}

#[test]
fn certificates_need_tls() {
    let error = RedisConfig::new("redis://host").unwrap().root_certificates("x").check().unwrap_err();
    assert!(error.to_string().contains("rediss://"), "{error}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let config = || RedisConfig::new("redis://host").unwrap();
    let cases = [
        ("response_timeout", config().response_timeout(Duration::ZERO)),
        ("connect_timeout", config().connect_timeout(Duration::ZERO)),
        ("lease", config().lease(Duration::ZERO)),
        ("lease", config().lease(Duration::MAX)),
        ("breaker_threshold", config().breaker_threshold(0)),
        ("probe_interval", config().probe_interval(Duration::ZERO)),
        ("pending", config().pending(0)),
        ("outage_log", config().outage_log(0)),
        ("batches", config().batches(0)),
    ];
    for (name, mut config) in cases {
        let error = config.check().unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert_eq!(config().check(), Ok(()));
}

/// G14
#[test]
fn passwords_are_shown_nowhere() {
    let config = RedisConfig::new("redis://user:swordfish@host:6380/2").unwrap();
    let shown = format!("{config:?}");
    assert!(shown.contains("host:6380") && !shown.contains("swordfish"), "{shown}");
    let config =
        RedisConfig::new("unix:///tmp/x.sock?pass=swordfish").unwrap().client_certificate("swordfish", "swordfish");
    assert!(!format!("{config:?}").contains("swordfish"));
}

#[cfg(feature = "redis-cluster")]
#[test]
fn a_cluster_needs_nodes_and_no_database() {
    assert!(RedisConfig::cluster(["redis://a", "redis://b"]).is_ok());
    assert!(RedisConfig::cluster([""; 0]).is_err());
    assert!(RedisConfig::cluster(["redis://a/1"]).is_err());
}

#[cfg(feature = "redis-sentinel")]
#[test]
fn sentinel_needs_a_service_and_sentinels() {
    assert!(RedisConfig::sentinel("main", ["redis://a:26379"]).is_ok());
    assert!(RedisConfig::sentinel("", ["redis://a:26379"]).is_err());
    assert!(RedisConfig::sentinel("main", [""; 0]).is_err());
}
