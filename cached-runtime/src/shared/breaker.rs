//! Whether a store is worth asking: a count of failures in a row.

use crate::sync::atomic::{AtomicU32, Ordering};

/// Stands for "open" in the counter; no threshold counts that far.
const OPEN: u32 = u32::MAX;

/// Closed while the store answers, open once `threshold` operations in a row have failed. It opens by itself and never closes by itself:
/// an answer that was under way when it opened says nothing about now, so closing is for who probes.
#[derive(Debug)]
pub(crate) struct Breaker {
    threshold: u32,
    /// Failures in a row, or [`OPEN`]: one word, so that opening and a success cannot pass each other.
    failures: AtomicU32,
}

impl Breaker {
    /// A closed one. A threshold of zero is taken as one.
    pub(crate) fn new(threshold: u32) -> Self {
        Self { threshold: threshold.max(1), failures: AtomicU32::new(0) }
    }

    /// Whether operations may be tried. Costs one relaxed load.
    pub(crate) fn is_closed(&self) -> bool {
        self.failures.load(Ordering::Relaxed) != OPEN
    }

    /// An operation was answered. Writes only after a failure, so that hits do not contend for the word.
    pub(crate) fn succeeded(&self) {
        if !matches!(self.failures.load(Ordering::Relaxed), 0 | OPEN) {
            self.update(|failures| (failures != OPEN).then_some(0));
        }
    }

    /// An operation failed. True for the one that opened the breaker.
    pub(crate) fn failed(&self) -> bool {
        let count = |failures: u32| match failures {
            OPEN => None,
            failures if failures.saturating_add(1) >= self.threshold => Some(OPEN),
            failures => Some(failures + 1),
        };
        self.update(count).is_some_and(|before| before.saturating_add(1) >= self.threshold)
    }

    /// The store answers again.
    pub(crate) fn close(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// What the word was before, if `change` changed it.
    fn update(&self, change: impl FnMut(u32) -> Option<u32>) -> Option<u32> {
        self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).ok()
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn opens_after_so_many_failures_in_a_row() {
        let breaker = Breaker::new(3);
        assert!(!breaker.failed() && !breaker.failed());
        breaker.succeeded();
        assert!(!breaker.failed() && !breaker.failed() && breaker.is_closed());
        assert!(breaker.failed(), "the third in a row");
        assert!(!breaker.is_closed() && !breaker.failed(), "opened once");
    }

    #[test]
    fn only_a_probe_closes_it() {
        let breaker = Breaker::new(0);
        assert!(breaker.failed());
        breaker.succeeded();
        assert!(!breaker.is_closed(), "an answer from before it opened");
        breaker.close();
        assert!(breaker.is_closed());
    }

    #[test]
    fn exactly_one_of_many_threads_opens_it() {
        let breaker = Breaker::new(64);
        let opened = std::thread::scope(|scope| {
            let fail = || (0..100).filter(|_| breaker.failed()).count();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(fail)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(opened, 1);
    }
}
