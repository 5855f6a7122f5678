//! What the operations do on a server in good health.

use std::sync::Arc;

use super::server::Server;
use super::{MINUTE, WITHIN, keys};
use crate::redis::{RedisConfig, RedisStore};
use crate::shared::{Added, Seen, SharedStore, StoreErrorKind, contract};

#[tokio::test]
async fn keeps_the_contract() {
    let server = Server::start();
    contract::verify(Arc::new(server.store()), "contract:").await.unwrap();
}

#[tokio::test]
async fn a_foreign_type_counts_as_absent() {
    let server = Server::start();
    let store = server.store();
    for key in ["a", "b", "c", "d"] {
        server.say(&format!("LPUSH {key} x"));
    }
    assert_eq!(store.get(keys(&["a"]), WITHIN).await, Ok(vec![None]));
    assert_eq!(store.get(keys(&["a", "b"]), WITHIN).await, Ok(vec![None, None]));
    assert_eq!(store.swap("a".into(), vec![], b"v".to_vec(), MINUTE, WITHIN).await, Ok(false));
    assert_eq!(store.remove_if("a".into(), vec![], WITHIN).await, Ok(false));
    assert_eq!(store.add("a".into(), b"v".to_vec(), MINUTE, None, WITHIN).await, Ok(Added::Stored));
    let over = Some(Seen::of(b"something"));
    assert_eq!(store.add("b".into(), b"v".to_vec(), MINUTE, over, WITHIN).await, Ok(Added::Stored));
    assert_eq!(store.set("c".into(), b"v".to_vec(), MINUTE, WITHIN).await, Ok(()));
    assert_eq!(store.get_or_add(keys(&["d"]), b"v".to_vec(), MINUTE, WITHIN).await, Ok(vec![b"v".to_vec()]));
    assert_eq!(store.get(keys(&["a", "b", "c", "d"]), WITHIN).await, Ok(vec![Some(b"v".to_vec()); 4]));
}

#[tokio::test]
async fn scripts_that_the_server_forgot_are_sent_again() {
    let server = Server::start();
    let store = server.store();
    store.set("k".into(), b"one".to_vec(), MINUTE, WITHIN).await.unwrap();
    for (from, to) in [("one", "two"), ("two", "three")] {
        server.say("SCRIPT FLUSH");
        assert_eq!(store.swap("k".into(), from.into(), to.into(), MINUTE, WITHIN).await, Ok(true));
    }
    assert_eq!(store.get(keys(&["k"]), WITHIN).await, Ok(vec![Some(b"three".to_vec())]));
}

#[tokio::test]
async fn concurrent_reads_share_commands() {
    let server = Server::start();
    let store = Arc::new(server.store());
    store.set("k7".into(), b"seven".to_vec(), MINUTE, WITHIN).await.unwrap();
    let reads: Vec<_> = (0..1000).map(|i| store.get(vec![format!("k{i}")], WITHIN)).collect();
    for (i, read) in reads.into_iter().enumerate() {
        let expected = (i == 7).then(|| b"seven".to_vec());
        assert_eq!(read.await, Ok(vec![expected]));
    }
    let stats = format!("{:?}", server.say("INFO commandstats"));
    let calls = |name: &str| {
        let rest = stats.split(&format!("cmdstat_{name}:calls=")).nth(1);
        rest.map_or(0, |rest| rest.split(',').next().unwrap().parse::<u32>().unwrap())
    };
    assert!(calls("get") + calls("mget") < 500, "{stats}");
}

#[tokio::test]
async fn operations_under_way_are_bounded() {
    let server = Server::start();
    let store = RedisStore::new(RedisConfig::new(server.url()).unwrap().pending(2));
    store.ping(WITHIN).await.unwrap();
    server.signal("STOP");
    let first = store.get(keys(&["a"]), WITHIN);
    let second = store.set("a".into(), b"v".to_vec(), MINUTE, WITHIN);
    let removal = store.remove(keys(&["b"]), WITHIN);
    let third = store.get(keys(&["a"]), WITHIN).await.unwrap_err();
    assert_eq!(third.kind(), StoreErrorKind::Overloaded);
    server.signal("CONT");
    assert!(first.await.is_ok() && second.await.is_ok());
    assert_eq!(removal.await, Ok(()), "what takes something away gets through");
    assert!(store.get(keys(&["a"]), WITHIN).await.is_ok(), "the bound is on what is under way");
}

#[tokio::test]
async fn the_clock_is_the_servers() {
    let server = Server::start();
    let store = server.store();
    store.ping(WITHIN).await.unwrap();
    let time = server.say("TIME");
    let (seconds, _): (u64, u64) = redis::from_redis_value(time).unwrap();
    assert!(store.now().abs_diff(seconds * 1000) < 2_000);
}

#[tokio::test]
async fn a_full_server_refuses_and_still_removes() {
    let server = Server::start();
    let store = server.store();
    store.set("k".into(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    server.say("CONFIG SET maxmemory 1");
    let refused = [
        store.set("secret-key".into(), b"secret-value".to_vec(), MINUTE, WITHIN).await.unwrap_err(),
        store.add("secret-key".into(), b"secret-value".to_vec(), MINUTE, None, WITHIN).await.unwrap_err(),
        store.swap("k".into(), b"v".to_vec(), b"secret-value".to_vec(), MINUTE, WITHIN).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
        assert!(error.to_string().contains("OOM") && !error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(store.get(keys(&["k"]), WITHIN).await, Ok(vec![Some(b"v".to_vec())]));
    assert_eq!(store.remove(keys(&["k"]), WITHIN).await, Ok(()));
    assert_eq!(store.get(keys(&["k"]), WITHIN).await, Ok(vec![None]));
    assert_eq!(store.ping(WITHIN).await, Ok(()), "full is no reason not to read it");
}

#[tokio::test]
async fn a_user_with_few_rights_is_enough() {
    let server = Server::with(&["--user", "shop", "on", ">secret", "~cached*", "+get", "+mget", "+set", "+unlink"]);
    let config = RedisConfig::new(format!("redis://shop:secret@127.0.0.1:{}", server.port)).unwrap();
    let store = RedisStore::new(config);
    store.set("cached:k".into(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    assert_eq!(store.get(keys(&["cached:k"]), WITHIN).await, Ok(vec![Some(b"v".to_vec())]));
    assert_eq!(store.ping(WITHIN).await, Ok(()));
    let error = store.set("other:k".into(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert_eq!(error.to_string(), "the server refused: NOPERM");
}

#[tokio::test]
async fn a_unix_socket_is_as_good() {
    let path = std::env::temp_dir().join(format!("cached-redis-{}.sock", std::process::id()));
    let path = path.to_str().unwrap();
    let server = Server::with(&["--unixsocket", path]);
    let store = RedisStore::new(RedisConfig::new(format!("unix://{path}?db=3")).unwrap());
    store.set("k".into(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    assert_eq!(store.get(keys(&["k"]), WITHIN).await, Ok(vec![Some(b"v".to_vec())]));
    // A server that is killed leaves it behind.
    drop(server);
    std::fs::remove_file(path).unwrap();
}
