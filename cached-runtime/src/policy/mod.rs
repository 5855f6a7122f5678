//! Decisions that are pure functions of settings and chance: how long a value stays fresh.

use std::time::Duration;

/// How long a missing value is remembered unless somebody says otherwise.
pub(crate) const DEFAULT_NULL_TTL: Duration = Duration::from_secs(30);

/// How many processes may load one key at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// One in each process.
    Process,
    /// One of all.
    Cluster,
    /// Any number.
    None,
}

/// How one cache uses a store that it shares with other processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharing {
    /// What values mean; those of another version are of no use.
    pub(crate) version: u32,
    pub(crate) lock: Lock,
    /// Whether values may carry tags that are not known before they are loaded.
    pub(crate) result_tags: bool,
    /// The most that a value stays in memory in front of the store.
    pub(crate) front_ttl: Option<Duration>,
    /// The longest that a value lives; `None` for ever.
    pub(crate) longest: Option<Duration>,
}

/// How long values of one cache stay fresh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Freshness {
    pub(crate) ttl: Option<Duration>,
    pub(crate) null_ttl: Option<Duration>,
    pub(crate) jitter: f64,
}

impl Freshness {
    /// The lifetime of a value that is stored now; `None` for ever. `null` tells a stored "not found", `chance` gives numbers uniform in 0..1.
    ///
    /// Jitter only ever shortens: a value never outlives its TTL (G2).
    #[inline]
    pub(crate) fn lifetime(&self, null: bool, chance: impl FnOnce() -> f64) -> Option<Duration> {
        let full = if null { Some(self.null_lifetime()) } else { self.ttl }?;
        if self.jitter <= 0.0 || full == Duration::MAX {
            return Some(full);
        }
        let shortened = full.as_secs_f64() * (1.0 - self.jitter.min(1.0) * chance());
        Some(Duration::try_from_secs_f64(shortened).map_or(full, |shortened| shortened.min(full)))
    }

    /// The longest that any value stays fresh.
    pub(crate) fn longest(&self) -> Option<Duration> {
        self.ttl.map(|ttl| ttl.max(self.null_lifetime()))
    }

    fn null_lifetime(&self) -> Duration {
        let default = self.ttl.map_or(DEFAULT_NULL_TTL, |ttl| ttl.min(DEFAULT_NULL_TTL));
        self.null_ttl.unwrap_or(default)
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn not_found_is_remembered_for_the_smaller_of_ttl_and_30_seconds() {
        let plain = Freshness { ttl: Some(MINUTE), null_ttl: None, jitter: 0.0 };
        assert_eq!(plain.lifetime(false, || 0.5), Some(MINUTE));
        assert_eq!(plain.lifetime(true, || 0.5), Some(DEFAULT_NULL_TTL));
        let short = Freshness { ttl: Some(Duration::from_secs(5)), ..plain };
        assert_eq!(short.lifetime(true, || 0.5), Some(Duration::from_secs(5)));
        let unbounded = Freshness { ttl: None, ..plain };
        assert_eq!(unbounded.lifetime(false, || 0.5), None);
        assert_eq!(unbounded.lifetime(true, || 0.5), Some(DEFAULT_NULL_TTL));
    }

    #[test]
    fn jitter_shortens_within_its_fraction_and_never_lengthens() {
        let jittered = Freshness { ttl: Some(MINUTE), null_ttl: None, jitter: 0.25 };
        assert_eq!(jittered.lifetime(false, || 0.0), Some(MINUTE));
        for chance in [0.1, 0.5, 0.999] {
            let lifetime = jittered.lifetime(false, || chance).expect("a TTL is set");
            assert!(lifetime < MINUTE && lifetime > MINUTE.mul_f64(0.75), "{lifetime:?}");
        }
        let endless = Freshness { ttl: Some(Duration::MAX), ..jittered };
        assert_eq!(endless.lifetime(false, || 0.9), Some(Duration::MAX));
    }
}
