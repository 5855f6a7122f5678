//! Counters for the hot path.

use crate::sync::CachePadded;
use crate::sync::atomic::{AtomicU64, Ordering};

type Stripe<const N: usize> = CachePadded<[AtomicU64; N]>;

/// `N` counters that many threads advance at once without sharing a cache line, and nearly all of them without a locked instruction.
///
/// A stripe under a thread's [number](numbers) is written by that thread alone, so that a plain load and store advance it. Threads whose
/// number is too high for that share the others.
#[derive(Debug)]
pub(super) struct Striped<const N: usize> {
    owned: Box<[Stripe<N>]>,
    shared: Box<[Stripe<N>]>,
}

impl<const N: usize> Striped<N> {
    pub(super) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(4, usize::from);
        Self::with((2 * cores).min(numbers::OWNED), cores.min(numbers::OWNED / 2))
    }

    fn with(owned: usize, shared: usize) -> Self {
        let stripe = || CachePadded(std::array::from_fn(|_| AtomicU64::new(0)));
        let stripes = |count| (0..count).map(|_| stripe()).collect();
        Self { owned: stripes(owned), shared: stripes(shared) }
    }

    /// `counter` must be less than `N`.
    #[inline]
    pub(super) fn add(&self, counter: usize, count: u64) {
        let number = numbers::mine();
        match self.owned.get(number) {
            // Nobody else writes here, so nothing is lost between the load and the store.
            Some(CachePadded(counters)) => {
                let counter = &counters[counter];
                counter.store(counter.load(Ordering::Relaxed).wrapping_add(count), Ordering::Relaxed);
            }
            None => self.add_shared(number, counter, count),
        }
    }

    #[cold]
    fn add_shared(&self, number: usize, counter: usize, count: u64) {
        let number = if number == numbers::UNKNOWN { numbers::assign() } else { number };
        let stripe = self.owned.get(number).unwrap_or_else(|| &self.shared[number % self.shared.len()]);
        stripe.0[counter].fetch_add(count, Ordering::Relaxed);
    }

    /// What the calling thread, and those before it that had its number, counted; 0 if it shares a stripe.
    #[inline]
    pub(super) fn mine(&self, counter: usize) -> u64 {
        self.owned.get(numbers::mine()).map_or(0, |stripe| stripe.0[counter].load(Ordering::Relaxed))
    }

    pub(super) fn sum(&self, counter: usize) -> u64 {
        let counts = self.owned.iter().chain(&self.shared).map(|stripe| stripe.0[counter].load(Ordering::Relaxed));
        counts.fold(0, u64::wrapping_add)
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
    fn count_on(counter: &Striped<1>, threads: u64, each: u64) {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| (0..each).for_each(|_| counter.add(0, 1)));
            }
        });
    }

    #[test]
    fn every_increment_counts_whoever_owns_the_stripe() {
        // Fewer stripes than threads, so that some threads own theirs and others share; and threads that follow each other, so that
        // stripes are handed on.
        let counter = Striped::<1>::with(3, 2);
        for round in 1..=50 {
            count_on(&counter, 8, 1000);
            assert_eq!(counter.sum(0), round * 8000);
        }
    }

    #[test]
    fn more_threads_than_numbers_share() {
        let counter = Striped::<1>::with(numbers::OWNED, 4);
        let all_there = std::sync::Barrier::new(numbers::OWNED + 8);
        std::thread::scope(|scope| {
            for _ in 0..numbers::OWNED + 8 {
                scope.spawn(|| {
                    counter.add(0, 1);
                    all_there.wait();
                    (0..100).for_each(|_| counter.add(0, 1));
                });
            }
        });
        assert_eq!(counter.sum(0), (numbers::OWNED as u64 + 8) * 101);
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
        static COUNTER: std::sync::LazyLock<Striped<1>> = std::sync::LazyLock::new(|| Striped::with(numbers::OWNED, 1));
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                let own = numbers::mine() < numbers::OWNED;
                COUNTER.add(0, 1);
                assert!(!own, "the number was given back before");
            }
        }
        std::thread_local!(static LAST: Last = const { Last });
        let thread = std::thread::spawn(|| {
            LAST.with(|_| {});
            // Used later, and therefore gone earlier.
            COUNTER.add(0, 1);
        });
        assert!(thread.join().is_ok());
        assert_eq!(COUNTER.sum(0), 2);
    }
}
