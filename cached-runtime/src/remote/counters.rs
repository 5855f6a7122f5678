//! What a cache counts of its dealings with a shared store.

use crate::shared::StoreError;
use crate::stats::Stats;
use crate::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Default)]
pub(crate) struct SharedCounters {
    hits: AtomicU64,
    null_hits: AtomicU64,
    /// Those of the hits that memory in front had counted as misses.
    behind_memory: AtomicU64,
    coalesced: AtomicU64,
    undecodable: AtomicU64,
    unavailable: AtomicU64,
    overtaken: AtomicU64,
    rejected: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl SharedCounters {
    /// A value that the store had.
    pub(crate) fn hit(&self, null: bool) {
        count(&self.hits);
        if null {
            count(&self.null_hits);
        }
    }

    /// The same, after memory had missed.
    pub(crate) fn hit_behind_memory(&self, null: bool) {
        self.hit(null);
        count(&self.behind_memory);
    }

    /// A miss that a load of another process answered.
    pub(crate) fn loaded_elsewhere(&self) {
        count(&self.coalesced);
    }

    pub(crate) fn undecodable(&self) {
        count(&self.undecodable);
    }

    pub(crate) fn unavailable(&self) {
        count(&self.unavailable);
    }

    pub(crate) fn unencodable(&self) {
        count(&self.rejected);
    }

    pub(crate) fn filled(&self, result: &Result<bool, StoreError>) {
        match result {
            Ok(true) => {}
            Ok(false) => count(&self.overtaken),
            Err(_) => count(&self.rejected),
        }
    }

    /// Adds these figures to those of the memory engine.
    pub(crate) fn add_to(&self, stats: &mut Stats) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let behind_memory = read(&self.behind_memory);
        stats.hits += behind_memory;
        stats.misses = stats.misses.saturating_sub(behind_memory);
        stats.shared_hits += read(&self.hits);
        stats.null_hits += read(&self.null_hits);
        stats.coalesced += read(&self.coalesced);
        stats.undecodable += read(&self.undecodable);
        stats.unavailable += read(&self.unavailable);
        // The store tells who was overtaken. Memory in front lets go of loads for less: a load's own lease is a change, too.
        stats.overtaken = read(&self.overtaken);
        stats.rejected += read(&self.rejected);
    }
}
