//! G10: what was invalidated while the store was away is gone when it is back.

use tests::servers::{Fault, Proxy, Redis, eventually};
use tests::workers::{Ledger, Settings, Worker};

use crate::trial::{TIMEOUT, WORKER, alone};

const FAMILIES: [&str; 4] = ["redis-async", "redis-sync", "tiered-async", "tiered-sync"];
const WAYS: [&str; 6] = ["key", "tag", "result-tag", "pattern", "function", "functions"];

/// Everything is cached by two processes; one writes during the fault.
fn written_during(fault: Fault) {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ledger");
    let _ = Ledger::create(&file);
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let settings = Settings::new(&redis.url_at(proxy.port()), &file).response_timeout(TIMEOUT);
    let workers = Worker::several(2, WORKER, &settings);
    let cases = || FAMILIES.iter().flat_map(|family| WAYS.map(|by| (*family, by))).zip(0..);
    // Of the six ways two empty all of a function, so each way has its turn.
    for way in WAYS {
        let cases: Vec<_> = cases().filter(|((_, by), _)| *by == way).collect();
        let before: Vec<u64> = cases.iter().map(|((family, _), id)| workers[0].get(family, *id)).collect();
        for (((family, _), id), version) in cases.iter().zip(&before) {
            assert_eq!(workers[1].get(family, *id), *version);
        }
        proxy.set(fault);
        for (((family, by), id), version) in cases.iter().zip(&before) {
            assert_eq!(workers[0].write(family, by, *id), version + 1);
            assert_eq!(workers[0].get(family, *id), version + 1, "{family} by {by}: in the process that wrote");
        }
        proxy.set(Fault::Pass);
        eventually("the store is in use again", || workers.iter().all(Worker::is_usable));
        for (((family, by), id), version) in cases.iter().zip(&before) {
            for worker in &workers {
                assert_eq!(worker.get(family, *id), version + 1, "{family} by {by}: after the outage");
            }
        }
    }
}

#[test]
fn g10_invalidations_survive_a_server_that_refuses() {
    written_during(Fault::Refuse);
}

#[test]
fn g10_invalidations_survive_a_network_that_swallows() {
    written_during(Fault::BlackHole);
}
