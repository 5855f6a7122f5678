//! What the integration tests share: counters, signals between threads and tasks, and polling by hand.

mod readme;
pub mod servers;
pub mod workers;

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Longer than anything here takes; what takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// Counts calls of a body.
#[derive(Debug, Default)]
pub struct Calls(AtomicU64);

impl Calls {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One more; returns how many there are now.
    pub fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A number that only grows, raised and waited for by threads and tasks: how tests hold a load open and know that it began.
#[derive(Debug)]
pub struct Signal {
    number: Mutex<u64>,
    threads: Condvar,
    tasks: tokio::sync::Notify,
}

impl Signal {
    /// At zero.
    #[must_use]
    pub const fn new() -> Self {
        Self { number: Mutex::new(0), threads: Condvar::new(), tasks: tokio::sync::Notify::const_new() }
    }

    /// Raises it by one.
    pub fn raise(&self) {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.threads.notify_all();
        self.tasks.notify_waiters();
    }

    /// Where it stands.
    pub fn get(&self) -> u64 {
        *self.number.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until it is at least `number`.
    ///
    /// # Panics
    ///
    /// If that takes so long that something must hang.
    pub fn wait(&self, number: u64) {
        let guard = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let (_guard, limit) =
            self.threads.wait_timeout_while(guard, LIMIT, |now| *now < number).unwrap_or_else(PoisonError::into_inner);
        assert!(!limit.timed_out(), "waited for {number} for ever");
    }

    /// Waits until it is at least `number`.
    ///
    /// # Panics
    ///
    /// If that takes so long that something must hang.
    pub async fn reached(&self, number: u64) {
        soon(async {
            loop {
                let raised = self.tasks.notified();
                if self.get() >= number {
                    return;
                }
                raised.await;
            }
        })
        .await;
    }
}

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

/// A load that a test holds open: it says that it began, and ends when it is let go.
#[derive(Debug, Default)]
pub struct Held {
    /// Raised by each load that begins.
    pub began: Signal,
    /// Raised by the test: one load for each.
    pub go: Signal,
}

impl Held {
    /// Nothing began, nothing may go on.
    #[must_use]
    pub const fn new() -> Self {
        Self { began: Signal::new(), go: Signal::new() }
    }

    /// In a sync load: says that it began and blocks until the test lets it go.
    pub fn here(&self) {
        self.began.raise();
        self.go.wait(1);
    }

    /// The same in an async load.
    pub async fn here_async(&self) {
        self.began.raise();
        self.go.reached(1).await;
    }
}

/// Awaits what must not take long.
///
/// # Panics
///
/// If it takes so long that it must hang.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LIMIT, future).await.unwrap_or_else(|_| panic!("waited for ever"))
}

/// Polls once, with a waker that does nothing: whether it is ready, and at least begun.
pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Whether one poll leaves the future pending.
pub fn is_pending<F: Future + ?Sized>(future: Pin<&mut F>) -> bool {
    poll_once(future).is_pending()
}
