//! Being told of changes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sync::Mutex;

use super::server::{Server, eventually};
use super::{MINUTE, WITHIN, keys};
use crate::redis::RedisStore;
use crate::shared::{SharedStore, Watcher};

#[derive(Default)]
pub(super) struct Log(Mutex<Vec<String>>);

impl Log {
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock())
    }

    fn add(&self, event: &str) {
        self.0.lock().push(event.to_owned());
    }

    pub(super) async fn wait_for(&self, event: &str) {
        eventually(event, async || self.0.lock().iter().any(|logged| logged == event)).await;
    }
}

impl Watcher for Log {
    fn up(&self) {
        self.add("up");
    }
    fn changed(&self, key: &str) {
        self.add(key);
    }
    fn all_changed(&self) {
        self.add("all");
    }
    fn down(&self) {
        self.add("down");
    }
}

pub(super) async fn watching(store: &RedisStore) -> Arc<Log> {
    let log = Arc::new(Log::default());
    assert!(store.watch(keys(&["app:", "app#", "app:longer"]), log.clone()));
    log.wait_for("up").await;
    assert_eq!(log.take(), ["up"]);
    log
}

#[tokio::test]
async fn changes_are_reported_whoever_makes_them() {
    let server = Server::start();
    let store = server.store();
    let log = watching(&store).await;
    server.say("SET app:a 1");
    server.say("SET other:a 1");
    server.say("DEL app:a");
    server.say("SET app:brief 1 PX 20");
    store.set("app#t".into(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    log.wait_for("app#t").await;
    let seen = log.take();
    assert_eq!(seen.iter().filter(|key| *key == "app:a").count(), 2, "{seen:?}");
    assert!(!seen.contains(&"other:a".to_owned()) && !seen.contains(&"down".to_owned()), "{seen:?}");
    log.wait_for("app:brief").await;
    server.say("FLUSHALL");
    log.wait_for("all").await;
}

#[tokio::test]
async fn a_cut_connection_is_down_at_once_and_comes_back() {
    let server = Server::start();
    let store = server.store();
    let log = watching(&store).await;
    server.say("CLIENT KILL TYPE normal");
    log.wait_for("down").await;
    log.wait_for("up").await;
    server.say("SET app:a 1");
    log.wait_for("app:a").await;
    let seen = log.take();
    assert_eq!(seen, ["down", "up", "app:a"]);
}

#[tokio::test]
async fn a_silent_connection_is_noticed() {
    let server = Server::start();
    let store = server.store();
    let log = watching(&store).await;
    server.signal("STOP");
    let began = Instant::now();
    log.wait_for("down").await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    server.signal("CONT");
    log.wait_for("up").await;
}

#[tokio::test]
async fn another_server_at_the_same_address_is_noticed() {
    let mut server = Server::start();
    let store = server.store();
    let log = watching(&store).await;
    server.kill();
    log.wait_for("down").await;
    server.restart();
    log.wait_for("up").await;
    store.set("app:a".into(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap_or_default();
    server.say("SET app:b 1");
    log.wait_for("app:b").await;
}

#[tokio::test]
async fn a_replica_reports_nothing_that_counts() {
    let (primary, server) = (Server::start(), Server::start());
    let store = server.store();
    let log = watching(&store).await;
    server.say(&format!("REPLICAOF 127.0.0.1 {}", primary.port));
    log.wait_for("down").await;
}

#[tokio::test]
async fn nobody_is_up_who_may_not_track() {
    let server = Server::start();
    server.say("ACL SETUSER default on nopass ~* &* +@all -client|tracking");
    let store = server.store();
    let log = Arc::new(Log::default());
    assert!(store.watch(keys(&["app:"]), log.clone()));
    store.ping(WITHIN).await.unwrap();
    assert!(log.take().is_empty());
    server.say("ACL SETUSER default +@all");
    log.wait_for("up").await;
}
