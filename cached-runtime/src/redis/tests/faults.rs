//! Servers that die, hang, refuse, or turn into replicas.

use std::time::{Duration, Instant};

use super::server::{Server, eventually};
use super::{MINUTE, WITHIN, keys};
use crate::redis::{RedisConfig, RedisStore};
use crate::shared::{SharedStore, StoreErrorKind};

/// A call's share when something is broken, and what it may take with a slow test machine's delays.
const SHORT: Duration = Duration::from_millis(200);
const SLACK: Duration = Duration::from_millis(400);

async fn answers(store: &RedisStore) -> bool {
    store.set("k".into(), b"v".to_vec(), MINUTE, SHORT).await.is_ok()
}

async fn is_unavailable(store: &RedisStore) -> bool {
    let began = Instant::now();
    let refused = |kind| kind == StoreErrorKind::Unavailable;
    let get = store.get(keys(&["k"]), WITHIN).await.is_err_and(|error| refused(error.kind()));
    let set = answers_unavailable(store).await;
    get && set && began.elapsed() < SLACK
}

async fn answers_unavailable(store: &RedisStore) -> bool {
    let set = store.set("k".into(), b"v".to_vec(), MINUTE, WITHIN).await;
    set.is_err_and(|error| error.kind() == StoreErrorKind::Unavailable)
}

#[tokio::test]
async fn a_server_that_dies_is_unavailable_at_once_and_found_again() {
    let mut server = Server::start();
    let store = server.store();
    assert!(answers(&store).await);
    server.kill();
    eventually("unavailable without delay", async || is_unavailable(&store).await).await;
    server.restart();
    eventually("back", async || answers(&store).await).await;
    assert!(store.get(keys(&["k"]), WITHIN).await.is_ok());
}

#[tokio::test]
async fn a_server_that_was_never_there_is_found_when_it_comes() {
    let mut server = Server::start();
    server.kill();
    let store = server.store();
    let began = Instant::now();
    let error = store.get(keys(&["k"]), SHORT).await.unwrap_err();
    assert!(began.elapsed() < SLACK, "{error} after {:?}", began.elapsed());
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
    server.restart();
    eventually("found", async || answers(&store).await).await;
}

#[tokio::test]
async fn a_server_that_hangs_costs_the_limit_and_then_nothing() {
    let server = Server::start();
    let store = server.store();
    assert!(answers(&store).await);
    server.signal("STOP");
    let began = Instant::now();
    let (read, written) =
        tokio::join!(store.get(keys(&["k"]), SHORT), store.set("k".into(), b"v".to_vec(), MINUTE, SHORT),);
    assert_eq!(read.unwrap_err().kind(), StoreErrorKind::Timeout);
    assert_eq!(written.unwrap_err().kind(), StoreErrorKind::Timeout);
    assert!(began.elapsed() < SLACK, "{:?}", began.elapsed());
    eventually("unavailable without delay", async || is_unavailable(&store).await).await;
    server.signal("CONT");
    eventually("back", async || answers(&store).await).await;
}

#[tokio::test]
async fn reads_behind_a_stuck_batch_keep_to_their_own_limits() {
    let server = Server::start();
    let store = RedisStore::new(RedisConfig::new(server.url()).unwrap().batches(1).response_timeout(MINUTE));
    assert!(answers(&store).await);
    server.signal("STOP");
    let began = Instant::now();
    let long = store.get(keys(&["a"]), MINUTE);
    let shorter = store.get(keys(&["b"]), SHORT);
    let shortest = store.get(keys(&["c"]), SHORT / 4);
    assert_eq!(shortest.await.unwrap_err().kind(), StoreErrorKind::Timeout);
    assert!(began.elapsed() < SHORT, "{:?}", began.elapsed());
    assert_eq!(shorter.await.unwrap_err().kind(), StoreErrorKind::Timeout);
    assert!(began.elapsed() < SLACK, "{:?}", began.elapsed());
    server.signal("CONT");
    assert_eq!(long.await, Ok(vec![None]));
}

#[tokio::test]
async fn a_wrong_password_is_no_sentence_for_life() {
    let server = Server::with(&["--requirepass", "sardine"]);
    let url = format!("redis://:swordfish@127.0.0.1:{}", server.port);
    let store = RedisStore::new(RedisConfig::new(url).unwrap());
    let error = store.get(keys(&["k"]), WITHIN).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("password") && !error.to_string().contains("swordfish"), "{error}");
    server.say_as("sardine", "CONFIG SET requirepass swordfish");
    eventually("logged in", async || answers(&store).await).await;
}

#[tokio::test]
async fn a_missing_password_is_said() {
    let server = Server::with(&["--requirepass", "swordfish"]);
    let error = server.store().get(keys(&["k"]), WITHIN).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().contains("NOAUTH"), "{error}");
}

#[tokio::test]
async fn a_replica_is_not_used() {
    let (primary, server) = (Server::start(), Server::start());
    let store = server.store();
    assert!(answers(&store).await);
    server.say(&format!("REPLICAOF 127.0.0.1 {}", primary.port));
    eventually("unavailable without delay", async || is_unavailable(&store).await).await;
    let error = store.get(keys(&["k"]), WITHIN).await.unwrap_err();
    assert!(error.to_string().contains("replica") || error.to_string().contains("primary"), "{error}");
    server.say("REPLICAOF NO ONE");
    eventually("a primary again", async || answers(&store).await).await;
}

#[tokio::test]
async fn a_dropped_operation_disturbs_no_other() {
    let server = Server::start();
    let store = server.store();
    assert!(answers(&store).await);
    for _ in 0..100 {
        drop(store.get(keys(&["a", "b"]), WITHIN));
        drop(store.remove(keys(&["a"]), WITHIN));
    }
    assert_eq!(store.get(keys(&["k"]), WITHIN).await, Ok(vec![Some(b"v".to_vec())]));
}

/// The connection belongs to the background thread, and answers reach any runtime, or none.
#[test]
fn a_connection_outlives_the_runtime_that_first_used_it() {
    let server = Server::start();
    let store = server.store();
    let build = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(build().block_on(answers(&store)));
    assert!(build().block_on(answers(&store)));
    let waker = std::task::Waker::noop();
    let mut read = store.get(keys(&["k"]), WITHIN);
    let began = Instant::now();
    loop {
        match read.as_mut().poll(&mut std::task::Context::from_waker(waker)) {
            std::task::Poll::Ready(values) => break assert_eq!(values, Ok(vec![Some(b"v".to_vec())])),
            std::task::Poll::Pending => assert!(began.elapsed() < WITHIN),
        }
        std::thread::yield_now();
    }
}
