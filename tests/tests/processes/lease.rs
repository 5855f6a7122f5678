//! G6: a leader that dies holds others up for no longer than its lease.

use std::time::{Duration, Instant};

use crate::fleet::{Fleet, load_of};

const LEASE: Duration = Duration::from_secs(1);

#[test]
fn g6_a_killed_leader_is_replaced_by_one_other_after_its_lease() {
    let fleet = Fleet::start(8, |settings| settings.lease(LEASE, 10 * LEASE));
    for (id, family) in (1..).zip(["redis-async", "tiered-async"]) {
        let load = load_of(family, id);
        fleet.gate.hold(&load, 1);
        let alive: Vec<_> = fleet.workers.iter().filter(|worker| worker.is_alive()).collect();
        let bursts: Vec<_> =
            alive.iter().map(|worker| (worker.process(), worker.begin(&format!("burst {family} {id} 200")))).collect();
        fleet.gate.wait(&load, 1);
        std::thread::sleep(Duration::from_millis(200));
        let leader = fleet.gate.entered(&load)[0].process;
        alive.iter().find(|worker| worker.process() == leader).expect("one of them").kill();
        let killed = Instant::now();
        for (process, burst) in bursts {
            if process != leader {
                assert_eq!(burst.answer(), "0 0", "{family}");
            }
        }
        let held_up = killed.elapsed();
        println!("{family}: a killed leader held 1,400 calls up for {held_up:?}, its lease was {LEASE:?}");
        assert_eq!(fleet.gate.loads(&load), 2, "{family}");
        assert!(held_up < LEASE + Duration::from_secs(1), "{held_up:?}");
        fleet.gate.release(&load);
    }
}

#[test]
fn g6_a_load_that_outlasts_its_lease_keeps_it_while_its_process_lives() {
    let fleet = Fleet::start(2, |settings| settings.lease(LEASE / 2, 20 * LEASE));
    let (family, id) = ("redis-async", 1);
    let load = load_of(family, id);
    fleet.gate.hold(&load, 1);
    let first = fleet.workers[0].begin(&format!("get {family} {id}"));
    fleet.gate.wait(&load, 1);
    let second = fleet.workers[1].begin(&format!("get {family} {id}"));
    // What is measured is that nothing happens in three times the lease.
    std::thread::sleep(3 * LEASE / 2);
    assert!(!second.is_there());
    fleet.gate.release(&load);
    assert_eq!((first.version(), second.version(), fleet.gate.loads(&load)), (0, 0, 1));
}

#[test]
fn g6_who_waits_for_too_long_loads_for_itself() {
    let fleet = Fleet::start(2, |settings| settings.lease(4 * LEASE, LEASE / 4));
    let (family, id) = ("redis-sync", 1);
    let load = load_of(family, id);
    fleet.gate.hold(&load, 1);
    let first = fleet.workers[0].begin(&format!("get {family} {id}"));
    fleet.gate.wait(&load, 1);
    let begun = Instant::now();
    assert_eq!(fleet.workers[1].get(family, id), 0);
    assert!(begun.elapsed() >= LEASE / 4 && begun.elapsed() < LEASE, "{:?}", begun.elapsed());
    assert!(!first.is_there());
    fleet.gate.release(&load);
    assert_eq!((first.version(), fleet.gate.loads(&load)), (0, 2));
}
