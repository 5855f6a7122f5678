//! What parent and workers tell each other: a line of JSON each, over the workers' standard input and output.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::stock::Item;

/// From the parent to a worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Command {
    /// Another worker's write has returned.
    Written(Written),
    /// Finish what is under way, report once more, and end.
    Stop,
}

/// From a worker to the parent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A write of this worker has returned.
    Written(Written),
    /// What happened since the last report.
    Report(Report),
}

/// A write that was acknowledged: from `at` on nobody may see these items older than this.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Written {
    pub items: Vec<Item>,
    pub at: SystemTime,
}

/// What a worker has done and seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    pub reads: u64,
    pub hits: u64,
    pub misses: u64,
    pub loads: u64,
    pub writes: u64,
    /// Calls that returned an error, with the last one of them.
    pub failures: u64,
    pub failure: Option<String>,
    /// Answers older than an acknowledged write allows.
    pub stale: u64,
    /// The longest time after a write at which a read that still got the older value began.
    pub outdated_for: Duration,
    /// From another worker's acknowledged write to the first fresh answer here.
    pub delays: Vec<Duration>,
    pub slowest: Duration,
    pub backend: Health,
}

/// How the worker's cache sees Redis.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Health {
    /// The breaker is closed.
    pub closed: bool,
    /// Redis is read: the breaker is closed, and no invalidation waits.
    pub usable: bool,
    /// How many invalidations wait for Redis to come back.
    pub waiting: usize,
}

impl Report {
    /// Adds what came later.
    pub fn add(&mut self, later: &Self) {
        self.reads += later.reads;
        self.hits += later.hits;
        self.misses += later.misses;
        self.loads += later.loads;
        self.writes += later.writes;
        self.failures += later.failures;
        self.failure = later.failure.clone().or(self.failure.take());
        self.stale += later.stale;
        self.outdated_for = self.outdated_for.max(later.outdated_for);
        self.delays.extend(&later.delays);
        self.slowest = self.slowest.max(later.slowest);
        self.backend = later.backend.clone();
    }

    /// Hits among all calls.
    pub fn hit_rate(&self) -> f64 {
        self.hits as f64 / (self.hits + self.misses).max(1) as f64
    }

    /// The median of the delays, and the longest of them.
    pub fn delay(&self) -> (Duration, Duration) {
        let mut delays = self.delays.clone();
        delays.sort_unstable();
        let median = delays.get(delays.len() / 2).copied().unwrap_or_default();
        (median, delays.last().copied().unwrap_or_default())
    }
}
