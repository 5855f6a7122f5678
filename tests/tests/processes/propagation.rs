//! G7 for `tiered`: how long another process' memory may answer, and that it does not once its connection is known to be gone.

use std::time::{Duration, Instant};

use tests::servers::{Fault, Proxy, eventually};
use tests::workers::{Worker, micros_now};

use crate::fleet::{Fleet, WORKER};

/// Far above what it takes on an idle machine, which is printed.
const MOST: Duration = Duration::from_millis(500);

#[test]
fn g7_a_write_in_one_process_empties_the_memory_of_another_within_milliseconds() {
    let fleet = Fleet::start(2, |settings| settings);
    let [writer, reader] = &fleet.workers[..] else { panic!("two of them") };
    for family in ["tiered-async", "tiered-sync"] {
        let mut delays = Vec::new();
        for id in 0..60 {
            let by = ["key", "tag", "function", "pattern", "result-tag"][id as usize % 5];
            let id = id + 100 * u64::from(family == "tiered-sync");
            assert_eq!((writer.get(family, id), reader.get(family, id)), (0, 0));
            let watching = reader.begin(&format!("watch {family} {id} 1"));
            assert_eq!(writer.write(family, by, id), 1);
            let last_stale: u64 = watching.answer().parse().expect("a time");
            delays.push(last_stale.saturating_sub(fleet.ledger.acknowledged_at(id)));
            assert_eq!(writer.get(family, id), 1, "the writer's own memory is empty when the write returns");
        }
        delays.sort_unstable();
        let (median, most) = (delays[delays.len() / 2], delays[delays.len() - 1]);
        println!("{family}: last stale answer after an acknowledged write: median {median} us, most {most} us");
        assert!(u128::from(most) < MOST.as_micros(), "{most} us");
    }
}

/// A second process, which reaches the server through a network that can be broken.
fn behind(fleet: &Fleet, proxy: &Proxy) -> Worker {
    let settings = fleet.settings(&fleet.redis.url_at(proxy.port()));
    Worker::start(WORKER, &settings.response_timeout(Duration::from_millis(200)))
}

/// Fills the reader's memory, and makes sure that it is memory that answers.
fn warm(fleet: &Fleet, reader: &Worker, family: &str, id: u64) {
    let monitor = fleet.redis.monitor();
    eventually("memory answers", || {
        reader.get(family, id);
        let _ = monitor.take();
        reader.get(family, id);
        monitor.take().iter().all(|seen| seen.name() == "PING")
    });
}

#[test]
fn g7_a_connection_that_breaks_takes_memory_with_it() {
    let fleet = Fleet::start(1, |settings| settings);
    let proxy = Proxy::before(fleet.redis.port());
    let (writer, reader) = (&fleet.workers[0], behind(&fleet, &proxy));
    for (id, family) in (1..).zip(["tiered-async", "tiered-sync"]) {
        warm(&fleet, &reader, family, id);
        proxy.set(Fault::Refuse);
        let cut = micros_now();
        writer.write(family, "key", id);
        let watching = reader.begin(&format!("watch {family} {id} 1"));
        let last_stale: u64 = watching.answer().parse().expect("a time");
        println!("{family}: last stale answer {} us after the cut", last_stale.saturating_sub(cut));
        assert!(u128::from(last_stale.saturating_sub(cut)) < MOST.as_micros());
        for _ in 0..50 {
            assert_eq!(reader.get(family, id), 1, "the body answers while there is no connection");
        }
        proxy.set(Fault::Pass);
        eventually("the server is back in use", || reader.is_usable());
        assert_eq!(reader.get(family, id), 1);
        warm(&fleet, &reader, family, id);
    }
}

#[test]
fn g7_a_connection_that_falls_silent_is_noticed_and_memory_is_passed_by() {
    let fleet = Fleet::start(1, |settings| settings);
    let proxy = Proxy::before(fleet.redis.port());
    let (writer, reader) = (&fleet.workers[0], behind(&fleet, &proxy));
    for (id, family) in (1..).zip(["tiered-async", "tiered-sync"]) {
        warm(&fleet, &reader, family, id);
        proxy.set(Fault::BlackHole);
        let silent = micros_now();
        writer.write(family, "key", id);
        let watching = reader.begin(&format!("watch {family} {id} 1"));
        let last_stale: u64 = watching.answer().parse().expect("a time");
        let noticed = last_stale.saturating_sub(silent);
        println!("{family}: last stale answer {noticed} us after the network fell silent");
        assert!(noticed < 2_000_000, "{noticed} us");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(500) {
            assert_eq!(reader.get(family, id), 1, "zero after it was noticed");
        }
        proxy.set(Fault::Pass);
        eventually("the server is back in use", || reader.is_usable());
        assert_eq!(reader.get(family, id), 1);
        warm(&fleet, &reader, family, id);
    }
}
