//! A thread of this crate's own on which stores do their work.
//!
//! A connection that lived on the caller's runtime would die with it: with the first `#[tokio::test]`, say. And a sync caller has no
//! runtime at all. So there is one thread with a small runtime, started when a shared store is first used, which lives as long
//! as the process. Callers hand work over and wait for the answer by a waker, in whatever executor they are, or by parking.

#[cfg(shuttle)]
pub(crate) use self::model::{announce, sleep, spawn, within};
#[cfg(not(shuttle))]
pub(crate) use self::real::{announce, sleep, spawn, within};

#[cfg(not(shuttle))]
mod real {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::OnceLock;
    use std::time::Duration;

    use tokio::runtime::{Builder, Handle};
    use tokio::sync::oneshot;

    use crate::shared::store::{StoreError, StoreErrorKind};

    /// The thread's runtime; `None` if the machine would not start one.
    fn handle() -> Option<&'static Handle> {
        static HANDLE: OnceLock<Option<Handle>> = OnceLock::new();
        HANDLE.get_or_init(start).as_ref()
    }

    fn start() -> Option<Handle> {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(std::future::pending::<()>());
        std::thread::Builder::new().name("cached-core".into()).spawn(run).ok()?;
        Some(handle)
    }

    /// Runs `future` to its end in the background.
    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        if let Some(handle) = handle() {
            handle.spawn(future);
        }
    }

    /// Runs `future` on the thread, for at most `within`; the answer can be waited for anywhere. Dropping the answer does not stop the work.
    pub(crate) fn within<T: Send + 'static>(
        within: Duration,
        future: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        let (sender, receiver) = oneshot::channel();
        spawn(async move {
            let timeout = || StoreError::new(StoreErrorKind::Timeout, format!("no answer within {within:?}"));
            let result = tokio::time::timeout(within, future).await.unwrap_or_else(|_| Err(timeout()));
            let _ = sender.send(result);
        });
        async move { receiver.await.unwrap_or_else(|_| Err(gone())) }
    }

    fn gone() -> StoreError {
        StoreError::new(StoreErrorKind::Unavailable, "the background thread does not run")
    }

    /// Waits, in any executor or none.
    pub(crate) async fn sleep(duration: Duration) {
        let (sender, receiver) = oneshot::channel::<()>();
        spawn(async move {
            tokio::time::sleep(duration).await;
            let _ = sender.send(());
        });
        let _ = receiver.await;
    }

    /// Runs `work` to its end; `done` is told when that is reached, or when `limit` has passed.
    pub(crate) async fn announce(work: impl Future<Output = ()>, limit: Duration, done: oneshot::Sender<()>) {
        let mut work = pin!(work);
        let ended = tokio::time::timeout(limit, work.as_mut()).await.is_ok();
        let _ = done.send(());
        if !ended {
            work.await;
        }
    }
}

/// Threads of the model checker; time does not pass, and so nothing takes too long.
#[cfg(shuttle)]
mod model {
    use std::future::Future;
    use std::time::Duration;

    use tokio::sync::oneshot;

    use crate::flight::block_on;
    use crate::shared::store::StoreError;
    use crate::sync::thread;

    pub(crate) fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        thread::spawn(move || block_on(future));
    }

    pub(crate) fn within<T: Send + 'static>(
        _: Duration,
        future: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'static {
        future
    }

    pub(crate) async fn sleep(_: Duration) {
        thread::yield_now();
    }

    pub(crate) async fn announce(work: impl Future<Output = ()>, _: Duration, done: oneshot::Sender<()>) {
        work.await;
        let _ = done.send(());
    }
}
