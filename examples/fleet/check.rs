//! Are the answers as new as the acknowledged writes? Knows each item's latest ones, and counts.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::message::{Report, Written};
use crate::options::Backend;
use crate::source::SourceError;
use crate::stock::{ITEMS, Item};

/// In another process, memory in front of Redis is behind for as long as the server's message takes: about a millisecond, but where four
/// workers share two cores with other programs, even a message waits for its turn.
const MESSAGE_TIME: Duration = Duration::from_secs(1);
/// How many writes of an item are remembered.
const REMEMBERED: usize = 32;

/// The writes that this worker knows of, and the report that it is going to make.
#[derive(Debug)]
pub struct Checks {
    /// For each item versions, and when each was acknowledged.
    writes: Vec<Mutex<VecDeque<(u64, SystemTime)>>>,
    allowed: Duration,
    report: Mutex<Report>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Checks {
    pub fn new(backend: Backend) -> Self {
        let allowed = match backend {
            Backend::Redis => Duration::ZERO,
            Backend::Tiered => MESSAGE_TIME,
        };
        Self { writes: (0..ITEMS).map(|_| Mutex::default()).collect(), allowed, report: Mutex::default() }
    }

    /// A write was acknowledged, here or elsewhere.
    pub fn written(&self, written: &Written) {
        for item in &written.items {
            let mut writes = lock(&self.writes[item.id.0 as usize]);
            // Another worker's earlier write may be heard of later.
            let place = writes.partition_point(|(version, _)| *version < item.version);
            writes.insert(place, (item.version, written.at));
            if writes.len() > REMEMBERED {
                writes.pop_front();
            }
        }
    }

    /// A write of this worker's was acknowledged.
    pub fn wrote(&self, written: &Written) {
        self.written(written);
        lock(&self.report).writes += 1;
    }

    /// An item was read; true if it is as new as every write that was acknowledged when the read began.
    pub fn read(&self, began_at: SystemTime, answer: Result<Item, SourceError>) -> bool {
        let mut report = lock(&self.report);
        report.reads += 1;
        report.slowest = report.slowest.max(began_at.elapsed().unwrap_or_default());
        let item = match answer {
            Ok(item) => item,
            Err(error) => {
                report.failures += 1;
                report.failure = Some(error.to_string());
                return false;
            }
        };
        let writes = lock(&self.writes[item.id.0 as usize]);
        let newer = writes.iter().filter(|(version, _)| *version > item.version);
        // The workers share a clock, because they share a machine.
        let Some(outdated_for) = newer.filter_map(|(_, at)| began_at.duration_since(*at).ok()).max() else {
            return true;
        };
        report.outdated_for = report.outdated_for.max(outdated_for);
        report.stale += u64::from(outdated_for > self.allowed);
        false
    }

    /// A write failed.
    pub fn failed(&self, error: &SourceError) {
        let mut report = lock(&self.report);
        report.failures += 1;
        report.failure = Some(error.to_string());
    }

    /// What was written elsewhere at this time was seen here just now.
    pub fn fresh_after(&self, written_at: SystemTime) {
        let delay = written_at.elapsed().unwrap_or_default();
        lock(&self.report).delays.push(delay);
    }

    /// What happened since the last time.
    pub fn take(&self) -> Report {
        std::mem::take(&mut lock(&self.report))
    }
}
