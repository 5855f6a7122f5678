//! A counter for the hot path.

use crate::sync::CachePadded;
use crate::sync::atomic::{AtomicU64, Ordering};

type Stripe = CachePadded<AtomicU64>;

/// A counter that many threads advance at once without sharing a cache line, and nearly all of them without a locked instruction.
///
/// A stripe under a thread's [number](numbers) is written by that thread alone, so that a plain load and store advance it. Threads whose
/// number is too high for that share the others.
#[derive(Debug)]
pub(super) struct Striped {
    owned: Box<[Stripe]>,
    shared: Box<[Stripe]>,
}

impl Striped {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(4, usize::from);
        Self::with((2 * cores).min(numbers::OWNED), cores.min(numbers::OWNED / 2))
    }

    fn with(owned: usize, shared: usize) -> Self {
        let stripes = |count| (0..count).map(|_| Stripe::default()).collect();
        Self { owned: stripes(owned), shared: stripes(shared) }
    }

    #[inline]
    pub(super) fn increment(&self) {
        let number = numbers::mine();
        match self.owned.get(number) {
            // Nobody else writes here, so nothing is lost between the load and the store.
            Some(CachePadded(count)) => count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed),
            None => self.increment_shared(number),
        }
    }

    #[cold]
    fn increment_shared(&self, number: usize) {
        let number = if number == numbers::UNKNOWN { numbers::assign() } else { number };
        let stripe = self.owned.get(number).unwrap_or_else(|| &self.shared[number % self.shared.len()]);
        stripe.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sum(&self) -> u64 {
        self.owned.iter().chain(&self.shared).map(|stripe| stripe.0.load(Ordering::Relaxed)).sum()
    }
}

/// Small numbers for threads. Those below [`OWNED`](numbers::OWNED) belong to one thread at a time, and to another after its end.
mod numbers {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, PoisonError};

    /// How many numbers have an owner.
    pub(super) const OWNED: usize = 64;
    /// Of a thread that has not asked yet.
    pub(super) const UNKNOWN: usize = usize::MAX;

    std::thread_local! {
        /// Free of a destructor, so that it is cheap to look at, and there until the very end of the thread.
        static NUMBER: Cell<usize> = const { Cell::new(UNKNOWN) };
        static OWNERSHIP: Ownership = Ownership(TAKEN.take());
    }

    static TAKEN: Taken = Taken::new();

    /// A bit for each number that has an owner. The lock hands a number's stripes on from a thread that ends to the next one: what that
    /// wrote, this sees.
    pub(super) struct Taken(Mutex<u64>);

    impl Taken {
        pub(super) const fn new() -> Self {
            Self(Mutex::new(0))
        }

        /// The lowest that nobody has.
        pub(super) fn take(&self) -> Option<usize> {
            // The model checker runs its threads on one of the system's, where none owns anything.
            if cfg!(shuttle) {
                return None;
            }
            let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let number = taken.trailing_ones() as usize;
            (number < OWNED).then(|| {
                *taken |= 1 << number;
                number
            })
        }

        pub(super) fn give_back(&self, number: usize) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) &= !(1 << number);
        }
    }

    /// The right to a number, which ends with the thread.
    struct Ownership(Option<usize>);

    impl Drop for Ownership {
        fn drop(&mut self) {
            if let Some(number) = self.0 {
                // Destructors that run later still count, but no longer as the owner.
                NUMBER.set(unowned());
                TAKEN.give_back(number);
            }
        }
    }

    /// A number that others may have, too.
    fn unowned() -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        OWNED + NEXT.fetch_add(1, Ordering::Relaxed) % OWNED
    }

    /// This thread's number, if it has one.
    #[inline]
    pub(super) fn mine() -> usize {
        NUMBER.get()
    }

    /// Gives this thread a number.
    pub(super) fn assign() -> usize {
        // A thread that is shutting down owns nothing any more.
        let owned = OWNERSHIP.try_with(|ownership| ownership.0).ok().flatten();
        let number = owned.unwrap_or_else(unowned);
        NUMBER.set(number);
        number
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    /// Counts on `threads` threads at once, `each` times on each.
    fn count_on(counter: &Striped, threads: u64, each: u64) {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..each).for_each(|_| counter.increment()));
            }
        });
    }

    #[test]
    fn every_increment_counts_whoever_owns_the_stripe() {
        // Fewer stripes than threads, so that some threads own theirs and others share; and threads that follow each other, so that
        // stripes are handed on.
        let counter = Striped::with(3, 2);
        for round in 1..=50 {
            count_on(&counter, 8, 1000);
            assert_eq!(counter.sum(), round * 8000);
        }
    }

    #[test]
    fn more_threads_than_numbers_share() {
        let counter = Striped::with(numbers::OWNED, 4);
        let all_there = std::sync::Barrier::new(numbers::OWNED + 8);
        std::thread::scope(|scope| {
            for _ in 0..numbers::OWNED + 8 {
                scope.spawn(|| {
                    counter.increment();
                    all_there.wait();
                    (0..100).for_each(|_| counter.increment());
                });
            }
        });
        assert_eq!(counter.sum(), (numbers::OWNED as u64 + 8) * 101);
    }

    #[test]
    fn a_number_has_one_owner_until_it_is_given_back() {
        let taken = numbers::Taken::new();
        assert_eq!(
            (0..numbers::OWNED).filter_map(|_| taken.take()).collect::<Vec<_>>(),
            Vec::from_iter(0..numbers::OWNED)
        );
        assert_eq!(taken.take(), None);
        taken.give_back(17);
        assert_eq!(taken.take(), Some(17));
        assert_eq!(taken.take(), None);
    }

    #[test]
    fn a_thread_counts_while_it_shuts_down() {
        static COUNTER: std::sync::LazyLock<Striped> = std::sync::LazyLock::new(|| Striped::with(numbers::OWNED, 1));
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                let own = numbers::mine() < numbers::OWNED;
                COUNTER.increment();
                assert!(!own, "the number was given back before");
            }
        }
        std::thread_local!(static LAST: Last = const { Last });
        let thread = std::thread::spawn(|| {
            LAST.with(|_| {});
            // Used later, and therefore gone earlier.
            COUNTER.increment();
        });
        assert!(thread.join().is_ok());
        assert_eq!(COUNTER.sum(), 2);
    }
}
