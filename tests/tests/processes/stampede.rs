//! G5 and G6: one load, however many processes ask.

use std::time::Duration;

use tests::workers::Worker;

use crate::fleet::{Fleet, load_of};

#[test]
fn g6_eight_processes_of_two_hundred_tasks_load_a_cold_key_once() {
    let fleet = Fleet::start(8, |settings| settings);
    for (id, family) in (1..).zip(["redis-async", "tiered-async"]) {
        let load = load_of(family, id);
        fleet.ledger.write(id);
        fleet.gate.hold(&load, 1);
        let bursts: Vec<_> =
            fleet.workers.iter().map(|worker| worker.begin(&format!("burst {family} {id} 200"))).collect();
        fleet.gate.wait(&load, 1);
        // Long enough for everybody to have come.
        std::thread::sleep(Duration::from_millis(300));
        assert!(bursts.iter().all(|burst| !burst.is_there()), "nobody has an answer before the load is done");
        fleet.gate.release(&load);
        for burst in bursts {
            assert_eq!(burst.answer(), "1 1", "{family}");
        }
        assert_eq!(fleet.gate.loads(&load), 1, "{family}");
    }
}

#[test]
fn g6_threads_of_sync_functions_load_a_cold_key_once() {
    let fleet = Fleet::start(4, |settings| settings);
    for (id, family) in (1..).zip(["redis-sync", "tiered-sync"]) {
        let load = load_of(family, id);
        fleet.gate.hold(&load, 1);
        let bursts: Vec<_> =
            fleet.workers.iter().map(|worker| worker.begin(&format!("burst {family} {id} 50"))).collect();
        fleet.gate.wait(&load, 1);
        std::thread::sleep(Duration::from_millis(100));
        fleet.gate.release(&load);
        for burst in bursts {
            assert_eq!(burst.answer(), "0 0", "{family}");
        }
        assert_eq!(fleet.gate.loads(&load), 1, "{family}");
    }
}

#[test]
fn g6_sync_and_async_processes_share_what_one_loaded() {
    let fleet = Fleet::start(2, |settings| settings);
    let [one, other] = &fleet.workers[..] else { panic!("two of them") };
    for (id, family) in (1..).zip(["redis-async", "redis-sync", "tiered-async", "tiered-sync"]) {
        fleet.ledger.write(id);
        let get = |worker: &Worker| worker.get(family, id);
        assert_eq!((get(one), get(other), get(one), get(other)), (1, 1, 1, 1));
        assert_eq!(fleet.gate.loads(&load_of(family, id)), 1, "{family}");
    }
}
