use crate::sync::atomic::{AtomicU64, Ordering};

/// The weight that a cache may hold and holds, counted over all shards, so that capacity means what it says however keys fall.
#[derive(Debug)]
pub(crate) struct Budget {
    capacity: u64,
    used: AtomicU64,
}

impl Budget {
    pub(crate) fn new(capacity: u64) -> Self {
        Self { capacity, used: AtomicU64::new(0) }
    }

    pub(crate) fn capacity(&self) -> u64 {
        self.capacity
    }

    pub(crate) fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    /// Whether so much could be claimed now.
    pub(crate) fn has_room(&self, weight: u64) -> bool {
        self.used().checked_add(weight).is_some_and(|used| used <= self.capacity)
    }

    /// Claims room before it is filled. At no moment is more claimed than there is (G11).
    #[inline]
    pub(crate) fn claim(&self, weight: u64) -> bool {
        let grow = |used: u64| used.checked_add(weight).filter(|used| *used <= self.capacity);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, grow).is_ok()
    }

    #[inline]
    pub(crate) fn release(&self, weight: u64) {
        if weight > 0 {
            self.used.fetch_sub(weight, Ordering::AcqRel);
        }
    }
}
