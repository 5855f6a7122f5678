//! The coarse clock that decides freshness, and a clock that tests move by hand.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::sync::atomic::{AtomicU64, Ordering};

/// A point in time: nanoseconds since an arbitrary origin of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tick(u64);

const SECOND: u64 = 1_000_000_000;

impl Tick {
    /// Later than every reading of the clock: the deadline of what does not expire.
    pub(crate) const NEVER: Tick = Tick(u64::MAX);

    /// Of a clock that was set to zero less than 136 years ago.
    #[inline]
    pub(crate) fn new(seconds: u32, nanos: u32) -> Tick {
        Tick(u64::from(seconds) * SECOND + u64::from(nanos))
    }

    /// This point plus `duration`; what does not fit (about 584 years) never comes.
    #[inline]
    pub(crate) fn after(self, duration: Duration) -> Tick {
        let nanos =
            duration.as_secs().checked_mul(SECOND).map(|nanos| nanos.saturating_add(duration.subsec_nanos().into()));
        Tick(self.0.saturating_add(nanos.unwrap_or(u64::MAX)))
    }

    /// Time from `earlier` to here; zero if `earlier` is later.
    pub(crate) fn since(self, earlier: Tick) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// What a cache reads the time from.
///
/// [`Clock::system`] is the default: the operating system's coarse monotonic clock. It is read without a system
/// call; its resolution is that of the kernel's timer, 1 to 10 ms on Linux (16 ms on Windows). An entry may therefore be
/// served for that much longer than its TTL.
///
/// [`ManualClock`] gives a clock that stands still until a test moves it.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The operating system's coarse monotonic clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    #[inline]
    pub(crate) fn is_system(&self) -> bool {
        matches!(self.0, Source::System)
    }

    #[inline]
    pub(crate) fn now(&self) -> Tick {
        match &self.0 {
            Source::System => {
                let ticks = coarsetime::Instant::now_without_cache_update().as_ticks();
                // In units of 2⁻³² s.
                let nanos = ((ticks & 0xffff_ffff) * 1_000_000_000) >> 32;
                Tick::new((ticks >> 32) as u32, nanos as u32)
            }
            Source::Manual(nanos) => Tick(nanos.load(Ordering::Acquire).min(u64::MAX - 1)),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock::system()",
            Source::Manual(_) => "Clock(manual)",
        })
    }
}

/// A clock for tests: it stands still until [`advance`](ManualClock::advance) moves it.
///
/// Clones are handles to the same clock.
///
/// ```
/// use cached_core::{Cache, ManualClock};
/// use std::time::Duration;
///
/// let time = ManualClock::new();
/// let cache = Cache::builder().ttl(Duration::from_secs(60)).clock(time.clock()).build();
/// cache.insert("EUR", 1.08);
/// time.advance(Duration::from_secs(59));
/// assert_eq!(cache.get("EUR"), Some(1.08));
/// time.advance(Duration::from_secs(1));
/// assert_eq!(cache.get("EUR"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock at its origin.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The clock to hand to a cache.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.nanos)))
    }

    /// Moves the clock forward. More than 584 years in all is cut off there.
    pub fn advance(&self, by: Duration) {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        let add = |now: u64| Some(now.saturating_add(by));
        let _ = self.nanos.fetch_update(Ordering::AcqRel, Ordering::Acquire, add);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_passes_at_the_ttl_and_not_a_nanosecond_before() {
        for ttl in [1, 3, 999, 1_000_000, 1_500_000_001].map(Duration::from_nanos) {
            let time = ManualClock::new();
            time.advance(Duration::from_nanos(77_777_777));
            let clock = time.clock();
            let deadline = clock.now().after(ttl);
            time.advance(ttl - Duration::from_nanos(1));
            assert!(clock.now() < deadline, "{ttl:?}");
            time.advance(Duration::from_nanos(1));
            assert!(clock.now() >= deadline, "{ttl:?}");
        }
    }

    #[test]
    fn an_unrepresentable_ttl_never_passes() {
        let time = ManualClock::new();
        assert_eq!(time.clock().now().after(Duration::MAX), Tick::NEVER);
        // As many nanoseconds as would be none, were they counted in 64 bits.
        let (seconds, years) = (Duration::from_secs(1 << 55), Duration::from_nanos(u64::MAX));
        for ttl in [seconds, years, Duration::from_secs(u64::MAX), Duration::from_secs(18_446_744_074)] {
            assert_eq!(time.clock().now().after(ttl), Tick::NEVER, "{ttl:?}");
        }
        assert_eq!(Tick::NEVER.after(Duration::ZERO), Tick::NEVER);
        let before = time.clock().now();
        time.advance(Duration::MAX);
        assert!(time.clock().now() < Tick::NEVER);
        assert_eq!(time.clock().now().after(Duration::from_nanos(1)), Tick::NEVER);
        assert_eq!(before.since(time.clock().now()), Duration::ZERO);
    }

    #[test]
    fn the_system_clock_moves_forward() {
        let clock = Clock::system();
        let before = clock.now();
        std::thread::sleep(Duration::from_millis(20));
        assert!(clock.now().since(before) >= Duration::from_millis(9));
    }
}
