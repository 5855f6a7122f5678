//! Faults of a Redis Cluster: 3 primaries, 3 replicas.

use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tests::servers::Cluster;
use tests::workers::{Ledger, Settings, Worker};

use crate::trial::{TIMEOUT, alone, load, measure};

struct Clustered {
    workers: Vec<Worker>,
    cluster: Cluster,
    _folder: TempDir,
}

fn clustered() -> Clustered {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger");
    let _ = Ledger::create(&file);
    let cluster = Cluster::start(3, 1);
    let workers = load(&Settings::cluster(&cluster.urls(), &file).response_timeout(TIMEOUT));
    Clustered { workers, cluster, _folder: folder }
}

/// Keys of the load, of different slots.
fn keys() -> impl Iterator<Item = String> {
    // Each kind's things begin 500 apart, in the order of `Kind`.
    let of = |family: &'static str, first: u64| (first..first + 60).map(move |id| format!("workers:{family}:{id}"));
    of("redis-async", 0).chain(of("redis-sync", 500)).chain(of("tiered-async", 1000)).chain(of("tiered-sync", 1500))
}

#[test]
fn g9_a_primary_is_killed_and_its_replica_takes_over() {
    let _alone = alone();
    let Clustered { workers, cluster, _folder } = clustered();
    let key = keys().next().expect("a key");
    let fault = || {
        let killed = cluster.kill_primary_of(&key);
        cluster.wait_for_takeover(&key, killed);
        thread::sleep(Duration::from_millis(500));
        killed.restart();
    };
    // What the killed primary had acknowledged and not copied yet is lost with it, invalidations included: the guarantees say so.
    measure("cluster: primary killed", &workers, fault, || cluster.wait_until_ok())
        .judge_calls("cluster: primary killed");
}

#[test]
fn g9_replicas_take_over_in_good_order() {
    let _alone = alone();
    let Clustered { workers, cluster, _folder } = clustered();
    let fault = || {
        for key in keys().take(2) {
            cluster.failover(&key);
            thread::sleep(Duration::from_millis(300));
        }
    };
    measure("cluster: failover", &workers, fault, || cluster.wait_until_ok()).judge("cluster: failover");
}

#[test]
fn g9_slots_move_from_primary_to_primary() {
    let _alone = alone();
    let Clustered { workers, cluster, _folder } = clustered();
    let fault = || {
        for key in keys().step_by(20) {
            let from = cluster.primary_of(&key).port();
            let primaries = cluster.primaries();
            let to = primaries.iter().find(|node| node.port() != from).expect("another primary");
            let migration = cluster.migrate(&key, to);
            thread::sleep(Duration::from_millis(50));
            migration.move_keys();
            thread::sleep(Duration::from_millis(50));
            migration.finish();
        }
    };
    measure("cluster: slots move", &workers, fault, || cluster.wait_until_ok()).judge("cluster: slots move");
}
