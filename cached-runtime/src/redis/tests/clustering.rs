//! A cluster of three primaries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::server::{LIMIT, Server, eventually, free_port};
use super::watching::watching;
use super::{MINUTE, WITHIN, keys};
use crate::redis::slots::slot;
use crate::redis::{RedisConfig, RedisStore};
use crate::shared::{KeyPattern, SharedStore, StoreErrorKind, contract};

/// The slots of three primaries, as `redis-cli --cluster create` deals them out.
const SHARES: [(usize, usize); 3] = [(0, 5460), (5461, 10922), (10923, 16383)];

struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// Three primaries with slots, and `spare` nodes without.
    async fn start(spare: usize) -> Self {
        let node = || {
            let bus = free_port().to_string();
            Server::with(&["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus])
        };
        let nodes: Vec<_> = (0..3 + spare).map(|_| node()).collect();
        for (node, (first, last)) in nodes.iter().zip(SHARES) {
            node.say(&format!("CLUSTER ADDSLOTSRANGE {first} {last}"));
        }
        for (i, node) in nodes.iter().enumerate() {
            node.say(&format!("CLUSTER SET-CONFIG-EPOCH {}", i + 1));
        }
        for node in &nodes[1..] {
            let bus = node.text("CONFIG GET cluster-port");
            let bus = bus.split('\n').next_back().unwrap();
            nodes[0].say(&format!("CLUSTER MEET 127.0.0.1 {} {bus}", node.port));
        }
        let count = nodes.len();
        for node in &nodes {
            eventually("one cluster", async || {
                let info = node.text("CLUSTER INFO");
                info.contains("cluster_state:ok") && info.contains(&format!("cluster_known_nodes:{count}\r"))
            })
            .await;
        }
        Self { nodes }
    }

    fn store(&self) -> RedisStore {
        RedisStore::new(RedisConfig::cluster([self.nodes[0].url(), self.nodes[1].url()]).unwrap())
    }

    fn owner(&self, key: &str) -> &Server {
        let slot = slot(key);
        &self.nodes[SHARES.iter().position(|(first, last)| (*first..=*last).contains(&slot)).unwrap()]
    }
}

/// A key that lives on this node.
fn key_on(cluster: &Cluster, node: usize, prefix: &str) -> String {
    let here = |key: &String| std::ptr::eq(cluster.owner(key), &raw const cluster.nodes[node]);
    (0..).map(|i| format!("{prefix}{i}")).find(here).unwrap()
}

#[tokio::test]
async fn keeps_the_contract() {
    let cluster = Cluster::start(0).await;
    contract::verify(Arc::new(cluster.store()), "contract:").await.unwrap();
}

#[tokio::test]
async fn a_node_that_hangs_or_dies_holds_up_no_other() {
    let mut cluster = Cluster::start(0).await;
    let store = cluster.store();
    let (here, there) = (key_on(&cluster, 0, "k"), key_on(&cluster, 1, "k"));
    store.set(here.clone(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    store.set(there.clone(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    cluster.nodes[1].signal("STOP");
    let stuck: Vec<_> = (0..50).map(|_| store.get(vec![there.clone()], Duration::from_millis(300))).collect();
    let began = Instant::now();
    for _ in 0..20 {
        assert_eq!(store.get(vec![here.clone()], WITHIN).await, Ok(vec![Some(b"v".to_vec())]));
    }
    assert!(began.elapsed() < Duration::from_millis(250), "{:?}", began.elapsed());
    for read in stuck {
        assert_eq!(read.await.unwrap_err().kind(), StoreErrorKind::Timeout);
    }
    cluster.nodes[1].signal("CONT");
    eventually("back", async || store.get(vec![there.clone()], WITHIN).await.is_ok()).await;
    cluster.nodes[2].kill();
    let gone = key_on(&cluster, 2, "k");
    eventually("unavailable without delay", async || {
        let began = Instant::now();
        let error = store.get(vec![gone.clone()], WITHIN).await.err();
        error.is_some_and(|error| error.kind() == StoreErrorKind::Unavailable)
            && began.elapsed() < Duration::from_millis(100)
    })
    .await;
}

#[tokio::test]
async fn keys_are_followed_while_their_slot_moves_and_after() {
    let cluster = Cluster::start(1).await;
    let store = cluster.store();
    let key = key_on(&cluster, 0, "app:");
    let slot = slot(&key);
    store.set(key.clone(), b"old".to_vec(), MINUTE, WITHIN).await.unwrap();
    let log = watching(&store).await;
    let (from, to) = (&cluster.nodes[0], &cluster.nodes[3]);
    let (from_id, to_id) = (from.text("CLUSTER MYID"), to.text("CLUSTER MYID"));
    to.say(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}"));
    from.say(&format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}"));
    assert_eq!(store.get(vec![key.clone()], WITHIN).await, Ok(vec![Some(b"old".to_vec())]));
    from.say(&format!("MIGRATE 127.0.0.1 {} {key} 0 5000", to.port));
    log.wait_for(&key).await;
    assert_eq!(store.get(vec![key.clone()], WITHIN).await, Ok(vec![Some(b"old".to_vec())]));
    // The value came from a node that nobody had listened to.
    log.wait_for("down").await;
    log.wait_for("up").await;
    assert_eq!(store.swap(key.clone(), b"old".to_vec(), b"new".to_vec(), MINUTE, WITHIN).await, Ok(true));
    assert_eq!(store.get_or_add(vec![key.clone()], b"x".to_vec(), MINUTE, WITHIN).await, Ok(vec![b"new".to_vec()]));
    for node in &cluster.nodes {
        node.say(&format!("CLUSTER SETSLOT {slot} NODE {to_id}"));
    }
    assert_eq!(store.get(vec![key.clone()], WITHIN).await, Ok(vec![Some(b"new".to_vec())]));
    log.take();
    eventually("a change at the new place is reported", async || {
        store.set(key.clone(), b"newer".to_vec(), MINUTE, WITHIN).await.unwrap();
        log.take().contains(&key)
    })
    .await;
    assert_eq!(store.remove_matching(KeyPattern::new("app:*"), WITHIN).await, Ok(1));
    assert_eq!(store.get(vec![key.clone()], WITHIN).await, Ok(vec![None]));
}

#[tokio::test]
async fn a_replica_that_takes_over_is_found() {
    let mut cluster = Cluster::start(1).await;
    let primary = cluster.nodes[0].text("CLUSTER MYID");
    let key = key_on(&cluster, 0, "app:");
    cluster.nodes[3].say(&format!("CLUSTER REPLICATE {primary}"));
    eventually("a replica", async || cluster.nodes[3].text("INFO replication").contains("master_link_status:up")).await;
    let store = cluster.store();
    let log = watching(&store).await;
    store.set(key.clone(), b"old".to_vec(), MINUTE, WITHIN).await.unwrap();
    cluster.nodes[0].kill();
    log.wait_for("down").await;
    let began = Instant::now();
    eventually("a new primary", async || {
        store.set(key.clone(), b"new".to_vec(), MINUTE, Duration::from_millis(200)).await.is_ok()
    })
    .await;
    log.wait_for("up").await;
    assert!(began.elapsed() < LIMIT);
    assert_eq!(store.get(vec![key], WITHIN).await, Ok(vec![Some(b"new".to_vec())]));
}

#[tokio::test]
async fn removal_works_across_slots() {
    let cluster = Cluster::start(0).await;
    let store = cluster.store();
    let all: Vec<String> = (0..300).map(|i| format!("k{i}")).collect();
    for key in &all {
        store.set(key.clone(), b"v".to_vec(), MINUTE, WITHIN).await.unwrap();
    }
    store.remove(all[..200].to_vec(), WITHIN).await.unwrap();
    assert_eq!(store.remove_matching(KeyPattern::new("k*"), WITHIN).await, Ok(100));
    assert_eq!(store.get(all, WITHIN).await, Ok(vec![None; 300]));
    assert_eq!(store.ping(WITHIN).await, Ok(()));
    assert_eq!(store.get(keys(&[]), WITHIN).await, Ok(vec![]));
}

#[tokio::test]
async fn a_server_that_is_no_cluster_is_said() {
    let server = Server::start();
    let store = RedisStore::new(RedisConfig::cluster([server.url()]).unwrap());
    let error = store.get(keys(&["k"]), WITHIN).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
}
