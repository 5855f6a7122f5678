//! What `tracing` and `metrics` are told, where these features are on; nothing, at no cost, where they are off.
//!
//! Neither ever sees a value or a key. Names and labels are documented in the crate's root.

use std::time::Duration;

use crate::cause::{EvictionCause, InvalidationKind};

/// How a call was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Hit,
    /// By a shared store.
    SharedHit,
    Miss,
    Coalesced,
}

/// Tells about one cache.
#[derive(Debug)]
pub(crate) struct Observer {
    #[cfg(feature = "tracing")]
    name: Box<str>,
    #[cfg(feature = "metrics")]
    meters: meters::Meters,
}

#[cfg_attr(not(all(feature = "tracing", feature = "metrics")), allow(clippy::unused_self, unused_variables))]
impl Observer {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            name: name.into(),
            #[cfg(feature = "metrics")]
            meters: meters::Meters::new(name),
        }
    }

    #[inline]
    pub(crate) fn answered(&self, answer: Answer) {
        #[cfg(feature = "metrics")]
        self.meters.answered(answer);
    }

    pub(crate) fn loaded(&self, time: Duration, failed: bool) {
        #[cfg(feature = "metrics")]
        self.meters.loaded(time, failed);
    }

    pub(crate) fn evicted(&self, cause: EvictionCause, entries: u64) {
        #[cfg(feature = "tracing")]
        for _ in 0..entries {
            tracing::trace!(target: "cached", cache = %self.name, cause = cause.as_str(), "evict");
        }
        #[cfg(feature = "metrics")]
        self.meters.evicted(cause, entries);
    }

    pub(crate) fn invalidated(&self, kind: InvalidationKind) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "cached", cache = %self.name, kind = kind.as_str(), "invalidate");
        #[cfg(feature = "metrics")]
        self.meters.invalidated(kind);
    }

    pub(crate) fn overtaken(&self) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "cached", cache = %self.name, "load overtaken by an invalidation; not stored");
    }

    /// The size after a write.
    #[inline]
    pub(crate) fn sized(&self, weight: impl FnOnce() -> u64) {
        #[cfg(feature = "metrics")]
        self.meters.sized(weight());
        #[cfg(not(feature = "metrics"))]
        let _ = weight;
    }

    pub(crate) fn load_span(&self) -> LoadSpan {
        LoadSpan {
            #[cfg(feature = "tracing")]
            span: tracing::debug_span!(target: "cached", "load", cache = %self.name, outcome = tracing::field::Empty),
        }
    }
}

/// The span that a load's body runs in.
#[derive(Clone, Debug)]
pub(crate) struct LoadSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

#[cfg_attr(not(feature = "tracing"), allow(clippy::unused_self, unused_variables))]
impl LoadSpan {
    /// Runs `f`, the body or one poll of it, in the span.
    pub(crate) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        return self.span.in_scope(f);
        #[cfg(not(feature = "tracing"))]
        f()
    }

    pub(crate) fn end(&self, outcome: &'static str) {
        #[cfg(feature = "tracing")]
        self.span.record("outcome", outcome);
    }
}

#[cfg(feature = "metrics")]
mod meters {
    use std::time::Duration;

    use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

    use super::Answer;
    use crate::cause::{EvictionCause, InvalidationKind};

    /// Handles made once for each cache: at its making, so a recorder must be installed before.
    pub(super) struct Meters {
        hit: Counter,
        shared_hit: Counter,
        miss: Counter,
        coalesced: Counter,
        loaded: Histogram,
        failed: Histogram,
        evictions: [Counter; 4],
        invalidations: [Counter; 4],
        weight: Gauge,
    }

    impl Meters {
        pub(super) fn new(cache: &str) -> Self {
            let answers_of = |tier: &'static str, result: &'static str| counter!("cached_requests_total", "cache" => cache.to_owned(), "tier" => tier, "result" => result);
            let answers = |result| answers_of("memory", result);
            let loads = |outcome: &'static str| histogram!("cached_load_duration_seconds", "cache" => cache.to_owned(), "outcome" => outcome);
            Self {
                hit: answers("hit"),
                shared_hit: answers_of("shared", "hit"),
                miss: answers("miss"),
                coalesced: answers("coalesced"),
                loaded: loads("ok"),
                failed: loads("error"),
                evictions: EvictionCause::ALL.map(
                    |cause| counter!("cached_evictions_total", "cache" => cache.to_owned(), "cause" => cause.as_str()),
                ),
                invalidations: InvalidationKind::ALL.map(
                    |kind| counter!("cached_invalidations_total", "cache" => cache.to_owned(), "kind" => kind.as_str()),
                ),
                weight: gauge!("cached_weight", "cache" => cache.to_owned()),
            }
        }

        pub(super) fn answered(&self, answer: Answer) {
            match answer {
                Answer::Hit => &self.hit,
                Answer::SharedHit => &self.shared_hit,
                Answer::Miss => &self.miss,
                Answer::Coalesced => &self.coalesced,
            }
            .increment(1);
        }

        pub(super) fn loaded(&self, time: Duration, failed: bool) {
            if failed { &self.failed } else { &self.loaded }.record(time);
        }

        pub(super) fn evicted(&self, cause: EvictionCause, entries: u64) {
            self.evictions[cause as usize].increment(entries);
        }

        pub(super) fn invalidated(&self, kind: InvalidationKind) {
            self.invalidations[kind as usize].increment(1);
        }

        #[allow(clippy::cast_precision_loss, reason = "a gauge is a float")]
        pub(super) fn sized(&self, weight: u64) {
            self.weight.set(weight as f64);
        }
    }

    impl std::fmt::Debug for Meters {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Meters").finish_non_exhaustive()
        }
    }
}
