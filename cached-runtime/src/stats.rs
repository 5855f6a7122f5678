//! What a cache counts, and how it counts without slowing its readers down.

mod striped;

use std::time::{Duration, Instant};

use self::striped::Striped;
use crate::cause::{EvictionCause, InvalidationKind};
use crate::observe::{Answer, LoadSpan, Observer};
use crate::sync::atomic::{AtomicU64, Ordering};

/// What a cache has done since it was made. A snapshot: its figures are read one after another, not all at one instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls answered from the cache.
    pub hits: u64,
    /// Those of the hits that answered "not found": a stored `None`.
    pub null_hits: u64,
    /// Those of the hits that a shared store answered.
    pub shared_hits: u64,
    /// Calls that found nothing usable, whether they then loaded or waited for another's load.
    pub misses: u64,
    /// Loads that ran to an end: function bodies, or closures given to `get_or_load`.
    pub loads: u64,
    /// Those of the loads that ended in an error.
    pub load_errors: u64,
    /// Time spent in loads, all together. Where they are short, below 10 µs in the mean, one in eight is timed and counts for eight:
    /// reading the clock would cost more than all else.
    pub load_time: Duration,
    /// Misses that were answered by a load which somebody else ran.
    pub coalesced: u64,
    /// Loads whose value was not stored because an invalidation, or a newer value for the key, came between.
    pub overtaken: u64,
    /// Values not stored because they alone weigh more than the whole cache may hold or, rarely, because other writers took the
    /// room each time it was made; for a shared store, those that could not be encoded or that it would not take.
    pub rejected: u64,
    /// Values in a shared store that were of no use: written by another version or another program, truncated, corrupted. Each counts as
    /// a miss and is replaced.
    pub undecodable: u64,
    /// Calls that did without the shared store because it did not answer.
    pub unavailable: u64,
    /// Entries that left, by cause.
    pub evictions: Evictions,
    /// Invalidation calls that reached this cache, by kind.
    pub invalidations: Invalidations,
    /// Entries held now, those included that are dead but not yet swept.
    pub entries: u64,
    /// Their weight all together.
    pub weight: u64,
}

/// Entries that left a cache, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evictions {
    /// To make room.
    pub capacity: u64,
    /// Past their TTL.
    pub expired: u64,
    /// Named by an invalidation.
    pub invalidated: u64,
    /// Overwritten by a newer value.
    pub replaced: u64,
}

impl Evictions {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.capacity + self.expired + self.invalidated + self.replaced
    }
}

/// Invalidation calls, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalidations {
    /// Of one key.
    pub key: u64,
    /// Of a pattern.
    pub pattern: u64,
    /// Of a tag.
    pub tag: u64,
    /// Of everything.
    pub all: u64,
}

impl Stats {
    /// Hits among all calls, from 0 to 1; 0 where there was no call.
    #[must_use]
    pub fn hit_ratio(&self) -> f64 {
        let calls = self.hits + self.misses;
        if calls == 0 { 0.0 } else { self.hits as f64 / calls as f64 }
    }

    /// Mean time of a load.
    #[must_use]
    pub fn mean_load_time(&self) -> Duration {
        let nanos = self.load_time.as_nanos() / u128::from(self.loads.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Adds another cache's figures to these.
    #[must_use]
    pub fn merged(mut self, other: &Stats) -> Stats {
        self.hits += other.hits;
        self.null_hits += other.null_hits;
        self.shared_hits += other.shared_hits;
        self.misses += other.misses;
        self.loads += other.loads;
        self.load_errors += other.load_errors;
        self.load_time += other.load_time;
        self.coalesced += other.coalesced;
        self.overtaken += other.overtaken;
        self.rejected += other.rejected;
        self.undecodable += other.undecodable;
        self.unavailable += other.unavailable;
        self.evictions.capacity += other.evictions.capacity;
        self.evictions.expired += other.evictions.expired;
        self.evictions.invalidated += other.evictions.invalidated;
        self.evictions.replaced += other.evictions.replaced;
        self.invalidations.key += other.invalidations.key;
        self.invalidations.pattern += other.invalidations.pattern;
        self.invalidations.tag += other.invalidations.tag;
        self.invalidations.all += other.invalidations.all;
        self.entries += other.entries;
        self.weight += other.weight;
        self
    }
}

/// The counters behind [`Stats`], and who else is told.
#[derive(Debug)]
pub(crate) struct Counters {
    observer: Observer,
    often: Striped<{ Often::COUNT }>,
    overtaken: AtomicU64,
    rejected: AtomicU64,
    /// By [`InvalidationKind`].
    invalidations: [AtomicU64; 4],
}

/// When a load began, if it is timed, and for how many it counts.
#[derive(Debug)]
pub(crate) struct Timing {
    begun: Option<Instant>,
    counts: u64,
}

/// How many loads a thread times before it leaves some out.
const TIMED_IN_ANY_CASE: u64 = 64;
/// In the mean, in nanoseconds.
const SHORT_LOAD: u64 = 10_000;
/// Of short loads.
const TIMED_ONE_IN: u64 = 8;

/// Whether the load with this number is timed where one in [`TIMED_ONE_IN`] is. Loads come in patterns, such as a long one and a short
/// one in turn, so it is not each eighth: the fractional parts of the golden ratio's multiples fall in with none.
#[inline]
fn is_sample(number: u64) -> bool {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) < u64::MAX / TIMED_ONE_IN
}

/// What hits and loads count, each thread for itself.
#[derive(Clone, Copy, Debug)]
enum Often {
    Hits,
    NullHits,
    Misses,
    Coalesced,
    Loads,
    LoadErrors,
    LoadNanos,
    /// The first of those for each [`EvictionCause`].
    Evictions,
}

impl Often {
    const COUNT: usize = Self::Evictions as usize + EvictionCause::ALL.len();
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn new(cache: &str) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            observer: Observer::new(cache),
            often: Striped::new(),
            overtaken: zero(),
            rejected: zero(),
            invalidations: std::array::from_fn(|_| zero()),
        }
    }

    #[inline]
    fn count(&self, what: Often) {
        self.often.add(what as usize, 1);
    }

    #[inline]
    pub(crate) fn hit(&self) {
        self.count(Often::Hits);
        self.observer.answered(Answer::Hit);
    }

    /// A hit that a shared store answered.
    #[cfg_attr(not(feature = "shared"), allow(dead_code))]
    pub(crate) fn shared_hit(&self) {
        self.count(Often::Hits);
        self.observer.answered(Answer::SharedHit);
    }

    pub(crate) fn null_hit(&self) {
        self.count(Often::NullHits);
    }

    pub(crate) fn miss(&self) {
        self.count(Often::Misses);
        self.observer.answered(Answer::Miss);
    }

    /// A miss that another's load answered.
    pub(crate) fn coalesced(&self) {
        self.count(Often::Misses);
        self.count(Often::Coalesced);
        self.observer.answered(Answer::Coalesced);
    }

    /// The load with this number begins.
    #[inline]
    pub(crate) fn time_load(&self, number: u64) -> Timing {
        // Those that ended: of others, which may be many at once, it is not known whether they are short.
        let ended = self.often.mine(Often::Loads as usize);
        // An observer wants the time of each.
        let few = cfg!(feature = "metrics") || ended < TIMED_IN_ANY_CASE;
        if few || self.often.mine(Often::LoadNanos as usize) / ended >= SHORT_LOAD {
            Timing { begun: Some(Instant::now()), counts: 1 }
        } else {
            Timing { begun: is_sample(number).then(Instant::now), counts: TIMED_ONE_IN }
        }
    }

    pub(crate) fn loaded(&self, timing: &Timing, failed: bool) {
        self.count(Often::Loads);
        if failed {
            self.count(Often::LoadErrors);
        }
        if let Some(begun) = timing.begun {
            let time = begun.elapsed();
            let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            self.often.add(Often::LoadNanos as usize, nanos.saturating_mul(timing.counts));
            self.observer.loaded(time, failed);
        }
    }

    pub(crate) fn load_span(&self) -> LoadSpan {
        self.observer.load_span()
    }

    pub(crate) fn overtaken(&self) {
        count(&self.overtaken);
        self.observer.overtaken();
    }

    pub(crate) fn rejected(&self) {
        count(&self.rejected);
    }

    /// So many entries left.
    #[inline]
    pub(crate) fn evicted(&self, cause: EvictionCause, entries: u32) {
        self.often.add(Often::Evictions as usize + cause as usize, entries.into());
        self.observer.evicted(cause, entries.into());
    }

    pub(crate) fn invalidated(&self, kind: InvalidationKind) {
        count(&self.invalidations[kind as usize]);
        self.observer.invalidated(kind);
    }

    /// The weight held after a write.
    #[inline]
    pub(crate) fn sized(&self, weight: impl FnOnce() -> u64) {
        self.observer.sized(weight);
    }

    pub(crate) fn snapshot(&self, entries: u64, weight: u64) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let often = |what: Often| self.often.sum(what as usize);
        let evicted = |cause: EvictionCause| self.often.sum(Often::Evictions as usize + cause as usize);
        let invalidated = |kind: InvalidationKind| read(&self.invalidations[kind as usize]);
        Stats {
            hits: often(Often::Hits),
            null_hits: often(Often::NullHits),
            misses: often(Often::Misses),
            loads: often(Often::Loads),
            load_errors: often(Often::LoadErrors),
            load_time: Duration::from_nanos(often(Often::LoadNanos)),
            coalesced: often(Often::Coalesced),
            overtaken: read(&self.overtaken),
            rejected: read(&self.rejected),
            evictions: Evictions {
                capacity: evicted(EvictionCause::Capacity),
                expired: evicted(EvictionCause::Expired),
                invalidated: evicted(EvictionCause::Invalidated),
                replaced: evicted(EvictionCause::Replaced),
            },
            invalidations: Invalidations {
                key: invalidated(InvalidationKind::Key),
                pattern: invalidated(InvalidationKind::Pattern),
                tag: invalidated(InvalidationKind::Tag),
                all: invalidated(InvalidationKind::All),
            },
            entries,
            weight,
            // Counted by those who deal with a shared store.
            shared_hits: 0,
            undecodable: 0,
            unavailable: 0,
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn one_in_eight_is_timed_of_whatever_comes_in_turn() {
        for period in 1..=64 {
            for phase in 0..period {
                let timed = (0..8_000).filter(|round| is_sample(round * period + phase)).count();
                assert!((900..=1_100).contains(&timed), "{timed} of 8,000, each {period} from {phase}");
            }
        }
    }

    #[cfg(not(feature = "metrics"))]
    #[test]
    fn loads_are_timed_each_until_some_have_ended_and_were_short() {
        let counters = Counters::new("");
        let timings: Vec<Timing> = (0..1_000).map(|number| counters.time_load(number)).collect();
        assert!(timings.iter().all(|timing| timing.begun.is_some() && timing.counts == 1));
    }
}
