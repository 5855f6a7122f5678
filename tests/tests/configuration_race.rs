//! In a process of its own: of two configurations that are installed at once, one wins whole.

use std::sync::Barrier;
use std::thread;

use cached_core::{ConfigErrorKind, MemoryStore, cache, configure};

#[cache(ttl = 60, backend = "raced")]
fn raced(x: u64) -> u64 {
    x
}

#[test]
fn of_many_installations_at_once_exactly_one_takes_effect() {
    const THREADS: u64 = 8;
    let barrier = Barrier::new(THREADS as usize);
    let winners: Vec<u64> = thread::scope(|scope| {
        let install = |capacity| {
            barrier.wait();
            configure().store("raced", MemoryStore::new().capacity(capacity)).install().map(|()| capacity)
        };
        let threads: Vec<_> = (1..=THREADS).map(|capacity| scope.spawn(move || install(capacity))).collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results
            .filter_map(|result| {
                result.map_err(|error| assert_eq!(error.kind(), ConfigErrorKind::AlreadyInstalled)).ok()
            })
            .collect()
    });
    assert_eq!(winners.len(), 1);
    raced(1);
    assert_eq!((raced::cache().capacity(), raced::cache().len()), (winners[0], 1));
}
