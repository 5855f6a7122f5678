//! The servers that a process can be told to use: with password, users, TLS, a socket, a sentinel; and clusters of them.

use std::path::Path;

use tests::servers::{Cluster, Program, Redis, Sentinel, eventually};
use tests::workers::{Ledger, Settings, Worker};

use crate::fleet::{WORKER, alone};

const FAMILIES: [&str; 4] = ["redis-async", "redis-sync", "tiered-async", "tiered-sync"];
const WAYS: [&str; 6] = ["key", "tag", "result-tag", "pattern", "function", "functions"];

/// Two processes share what one of them loads, and what one of them invalidates.
fn shared(settings: impl FnOnce(&Path) -> Settings) {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger");
    let ledger = Ledger::create(&file);
    let settings = settings(&file);
    let workers = Worker::several(2, WORKER, &settings);
    let [one, other] = &workers[..] else { panic!("two of them") };
    for (at, (family, by)) in FAMILIES.iter().flat_map(|family| WAYS.map(|by| (family, by))).enumerate() {
        let id = at as u64;
        assert_eq!(one.get(family, id), 0);
        // Nobody is told: the old version is what both of them have.
        ledger.write(id);
        assert_eq!((one.get(family, id), other.get(family, id)), (0, 0), "{family}: shared");
        assert_eq!(one.write(family, by, id), 2);
        assert_eq!(one.get(family, id), 2, "{family} by {by}");
        eventually(&format!("{family} by {by} reaches the other process"), || other.get(family, id) == 2);
    }
    assert!(one.is_usable() && other.is_usable());
}

#[test]
fn a_password() {
    let redis = Redis::builder().password("s3cret").start();
    shared(|file| Settings::new(&redis.url(), file));
}

#[test]
fn a_user_who_may_do_what_the_guide_says() {
    let redis = Redis::builder().password("admin").user("app on >s3cret ~workers* &* +@all -@admin").start();
    shared(|file| Settings::new(&format!("redis://app:s3cret@{}", redis.address()), file));
}

#[test]
fn another_database() {
    let redis = Redis::start();
    shared(|file| Settings::new(&format!("{}/3", redis.url()), file));
    assert_eq!(redis.command(&["DBSIZE"]), "0", "the first one is empty");
}

#[test]
fn a_socket() {
    let redis = Redis::builder().password("s3cret").start();
    shared(|file| Settings::new(&redis.unix_url(), file));
}

#[test]
fn tls() {
    let redis = Redis::builder().password("s3cret").tls().start();
    let authority = redis.certificates().expect("it was started with TLS").authority();
    shared(|file| Settings::new(&redis.tls_url(), file).trusting(authority));
}

#[test]
fn a_sentinel() {
    let primary = Redis::start();
    let _replica = Redis::builder().replica_of(&primary).start();
    let sentinel = Sentinel::start("shop", &primary, 1);
    shared(|file| Settings::sentinel("shop", &sentinel.url(), file));
}

#[test]
fn a_cluster() {
    let cluster = Cluster::start(3, 0);
    shared(|file| Settings::cluster(&cluster.urls(), file));
    for node in cluster.primaries() {
        assert_ne!(node.command(&["DBSIZE"]), "0", "every primary has its share");
    }
}

#[test]
fn valkey() {
    if Program::Valkey.find().is_none() {
        println!("valkey-server is not installed: not run against Valkey");
        return;
    }
    let valkey = Redis::builder().program(Program::Valkey).start();
    shared(|file| Settings::new(&valkey.url(), file));
}
