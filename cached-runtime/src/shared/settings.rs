use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

/// How a shared backend is used: limits and thresholds. Every one has a default that fits a cache.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedSettings {
    pub(crate) response_timeout: Duration,
    pub(crate) lease: Duration,
    pub(crate) lease_wait: Duration,
    pub(crate) breaker_threshold: u32,
    pub(crate) probe_interval: Duration,
    pub(crate) outage_log: usize,
    pub(crate) compress_from: usize,
}

impl SharedSettings {
    /// The defaults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            response_timeout: Duration::from_millis(200),
            lease: Duration::from_secs(5),
            lease_wait: Duration::from_secs(10),
            breaker_threshold: 5,
            probe_interval: Duration::from_millis(500),
            outage_log: 10_000,
            compress_from: 4096,
        }
    }

    /// The most time that one call of a cached function loses to the store, all its round trips together. Default: 200 ms.
    #[must_use]
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// How long a load's claim to a key stands if its process dies; while it lives the claim is renewed. Default: 5 s.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long a call waits for a load of another process before it runs its own, which is then not stored. Default: 10 s.
    /// More than the lease, or who waits for a process that died gives up before its lease ends.
    #[must_use]
    pub fn lease_wait(mut self, wait: Duration) -> Self {
        self.lease_wait = wait;
        self
    }

    /// After how many failures in a row the store is no longer asked. Default: 5.
    #[must_use]
    pub fn breaker_threshold(mut self, failures: u32) -> Self {
        self.breaker_threshold = failures;
        self
    }

    /// How often a store that is not asked any more is tried in the background. Default: 500 ms.
    #[must_use]
    pub fn probe_interval(mut self, interval: Duration) -> Self {
        self.probe_interval = interval;
        self
    }

    /// How many invalidations that could not be carried out are remembered; beyond that the whole namespace is emptied when the store
    /// is back. Default: 10 000.
    #[must_use]
    pub fn outage_log(mut self, items: usize) -> Self {
        self.outage_log = items;
        self
    }

    /// The size in bytes from which on values are compressed, if that makes them a tenth smaller. Default: 4096; `usize::MAX` for never.
    #[must_use]
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.compress_from = bytes;
        self
    }

    /// What is wrong with them, in words.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        let zero = |duration: Duration| duration < Duration::from_millis(1);
        if zero(self.response_timeout) {
            Some(
                "`response_timeout` is less than a millisecond: no call would ever be answered; give it some, such as 200 ms",
            )
        } else if zero(self.lease) {
            Some("`lease` is less than a millisecond: no load could be stored; give it some seconds")
        } else if zero(self.probe_interval) {
            Some("`probe_interval` is less than a millisecond; give it some hundred")
        } else if [self.response_timeout, self.lease, self.probe_interval].into_iter().any(|some| some > HOUR) {
            Some("`response_timeout`, `lease` and `probe_interval` are an hour at most")
        } else if self.lease_wait > 2 * HOUR {
            Some("`lease_wait` is two hours at most")
        } else if self.breaker_threshold == 0 {
            Some("`breaker_threshold` is 0: the store would never be asked; the least is 1")
        } else {
            None
        }
    }
}

impl Default for SharedSettings {
    fn default() -> Self {
        Self::new()
    }
}
