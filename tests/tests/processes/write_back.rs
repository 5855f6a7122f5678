//! G7 and G8: a load that an invalidation overtook is neither stored nor served to anybody who comes after.

use std::time::Duration;

use tests::workers::{Settings, Worker};

use crate::fleet::{Fleet, load_of};

const WAYS: [&str; 6] = ["key", "tag", "result-tag", "pattern", "function", "functions"];

/// Whoever finds an overtaken load of another process does not wait for it for long, so that the tests do not.
fn impatient(settings: Settings) -> Settings {
    settings.lease(Duration::from_secs(5), Duration::from_millis(100))
}

/// A load of `reader` is held open while `writer` writes; then everybody asks.
fn overtaken(fleet: &Fleet, family: &str, by: &str, id: u64, reader: &Worker, writer: &Worker, others: &[&Worker]) {
    let case = format!("{family} by {by}");
    let load = load_of(family, id);
    fleet.gate.hold(&load, 1);
    let overtaken = reader.begin(&format!("get {family} {id}"));
    fleet.gate.wait(&load, 1);
    assert_eq!(writer.write(family, by, id), 1);

    assert!(!overtaken.is_there());
    for asking in others {
        assert_eq!(asking.get(family, id), 1, "{case}: who asks after the write");
    }
    // Only its result tells whether a load is meant by a tag that follows from the result: in the load's own process some wait for it.
    let late = reader.begin(&format!("get {family} {id}"));
    if by != "result-tag" {
        assert_eq!(late.version(), 1, "{case}: who asks after the write joins no load from before it");
        fleet.gate.release(&load);
    } else {
        fleet.gate.release(&load);
        assert_eq!(late.version(), 1, "{case}: who asks after the write gets nothing from before it");
    }
    assert_eq!(overtaken.version(), 0, "{case}: the load's own caller gets what it loaded");
    let everybody = || [reader].into_iter().chain(others.iter().copied());
    for asking in everybody() {
        assert_eq!(asking.get(family, id), 1, "{case}: the stale value was stored");
    }
    let loads = fleet.gate.loads(&load);
    for asking in everybody() {
        assert_eq!(asking.get(family, id), 1, "{case}: the stale value was stored");
    }
    assert_eq!(fleet.gate.loads(&load), loads, "{case}: the new value is not stored");
}

#[test]
fn g8_in_one_process() {
    let fleet = Fleet::start(1, impatient);
    let one = &fleet.workers[0];
    let families = ["memory-async", "memory-sync", "redis-async", "redis-sync", "tiered-async", "tiered-sync"];
    for (at, (family, by)) in families.iter().flat_map(|family| WAYS.map(|by| (family, by))).enumerate() {
        overtaken(&fleet, family, by, at as u64, one, one, &[]);
    }
}

#[test]
fn g8_by_another_process() {
    let fleet = Fleet::start(3, impatient);
    let [reader, writer, third] = &fleet.workers[..] else { panic!("three of them") };
    let families = ["redis-async", "redis-sync", "tiered-async", "tiered-sync"];
    for (at, (family, by)) in families.iter().flat_map(|family| WAYS.map(|by| (family, by))).enumerate() {
        overtaken(&fleet, family, by, at as u64, reader, writer, &[writer, third]);
    }
}

#[test]
fn g8_by_another_program() {
    let fleet = Fleet::start(2, impatient);
    let [reader, other] = &fleet.workers[..] else { panic!("two of them") };
    for (id, family) in (1..).zip(["redis-async", "redis-sync", "tiered-async", "tiered-sync"]) {
        let load = load_of(family, id);
        fleet.gate.hold(&load, 1);
        let overtaken = reader.begin(&format!("get {family} {id}"));
        fleet.gate.wait(&load, 1);
        fleet.ledger.write(id);
        // As the guide says: the text of the key behind the namespace.
        assert_eq!(fleet.redis.command(&["DEL", &format!("workers:{family}:{id}")]), "1");
        assert_eq!(other.get(family, id), 1);
        fleet.gate.release(&load);
        assert_eq!(overtaken.version(), 0);
        assert_eq!(other.get(family, id), 1, "{family}");
        tests::servers::eventually("the reader sees it", || reader.get(family, id) == 1);
    }
}
