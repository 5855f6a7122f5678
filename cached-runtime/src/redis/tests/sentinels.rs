//! A primary that Sentinel names.

use super::server::{Server, eventually};
use super::watching::watching;
use super::{MINUTE, WITHIN, keys};
use crate::redis::{RedisConfig, RedisStore};
use crate::shared::SharedStore;

#[tokio::test]
async fn the_primary_is_followed_through_a_failover() {
    let (mut primary, replica) = (Server::start(), Server::start());
    replica.say(&format!("REPLICAOF 127.0.0.1 {}", primary.port));
    eventually("a replica", async || replica.text("INFO replication").contains("master_link_status:up")).await;
    let sentinel = Server::sentinel(primary.port);
    // A failover needs a replica that the sentinel knows of.
    eventually("the sentinel knows", async || sentinel.text("INFO sentinel").contains("slaves=1")).await;
    let urls = ["redis://127.0.0.1:1".to_owned(), sentinel.url()];
    let store = RedisStore::new(RedisConfig::sentinel("main", urls).unwrap());
    store.set("app:k".into(), b"old".to_vec(), MINUTE, WITHIN).await.unwrap();
    let log = watching(&store).await;
    primary.kill();
    log.wait_for("down").await;
    eventually("the new primary", async || store.set("app:k".into(), b"new".to_vec(), MINUTE, WITHIN).await.is_ok())
        .await;
    log.wait_for("up").await;
    assert_eq!(store.get(keys(&["app:k"]), WITHIN).await, Ok(vec![Some(b"new".to_vec())]));
    assert_eq!(replica.text("GET app:k"), "new");
}

#[tokio::test]
async fn an_unknown_service_is_said() {
    let primary = Server::start();
    let sentinel = Server::sentinel(primary.port);
    let store = RedisStore::new(RedisConfig::sentinel("other", [sentinel.url()]).unwrap());
    let error = store.get(keys(&["k"]), WITHIN).await.unwrap_err();
    assert!(error.to_string().contains("other"), "{error}");
}
