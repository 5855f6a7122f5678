//! What the checks ask a store with.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::shared::runtime;
use crate::shared::store::{Added, KeyPattern, Seen, SharedStore, StoreFuture};

/// How a check ends: with what was found, if it was not as it should be.
pub(super) type Outcome = Result<(), String>;

/// How long an operation may take. Generous: what is checked is not speed, and a test's machine may be busy.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// A time to live that no check outlasts.
pub(super) const LONG: Duration = Duration::from_secs(600);

/// A store, and keys of its own in it.
#[derive(Clone)]
pub(super) struct Probe {
    pub(super) store: Arc<dyn SharedStore>,
    prefix: String,
}

/// Operations, to be begun by waiting for them, by [`begun`] or by [`all`].
impl Probe {
    pub(super) fn new(store: Arc<dyn SharedStore>, prefix: String) -> Self {
        Self { store, prefix }
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    pub(super) fn get(&self, key: &str) -> impl Future<Output = Result<Option<Vec<u8>>, String>> + Send + use<> {
        let answer = self.get_all(&[key.to_owned()]);
        async move {
            let mut values = answer.await?;
            ensure!(values.len() == 1, "get of one key returned {} values", values.len());
            Ok(values.remove(0))
        }
    }

    pub(super) fn get_all(
        &self,
        keys: &[String],
    ) -> impl Future<Output = Result<Vec<Option<Vec<u8>>>, String>> + Send + use<> {
        operation("get", LIMIT, self.store.get(keys.to_vec(), LIMIT))
    }

    pub(super) fn add(
        &self,
        key: &str,
        value: &[u8],
        ttl: Duration,
        over: Option<Seen>,
    ) -> impl Future<Output = Result<Added, String>> + Send + use<> {
        operation("add", LIMIT, self.store.add(key.to_owned(), value.to_vec(), ttl, over, LIMIT))
    }

    pub(super) fn swap(
        &self,
        key: &str,
        prefix: &[u8],
        value: &[u8],
        ttl: Duration,
    ) -> impl Future<Output = Result<bool, String>> + Send + use<> {
        operation("swap", LIMIT, self.store.swap(key.to_owned(), prefix.to_vec(), value.to_vec(), ttl, LIMIT))
    }

    pub(super) fn remove_if(
        &self,
        key: &str,
        prefix: &[u8],
    ) -> impl Future<Output = Result<bool, String>> + Send + use<> {
        operation("remove_if", LIMIT, self.store.remove_if(key.to_owned(), prefix.to_vec(), LIMIT))
    }

    pub(super) fn set(&self, key: &str, value: &[u8], ttl: Duration) -> impl Future<Output = Outcome> + Send + use<> {
        operation("set", LIMIT, self.store.set(key.to_owned(), value.to_vec(), ttl, LIMIT))
    }

    pub(super) fn get_or_add(
        &self,
        keys: &[String],
        fresh: &[u8],
        ttl: Duration,
    ) -> impl Future<Output = Result<Vec<Vec<u8>>, String>> + Send + use<> {
        operation("get_or_add", LIMIT, self.store.get_or_add(keys.to_vec(), fresh.to_vec(), ttl, LIMIT))
    }

    pub(super) fn remove(&self, keys: &[String]) -> impl Future<Output = Outcome> + Send + use<> {
        operation("remove", LIMIT, self.store.remove(keys.to_vec(), LIMIT))
    }

    pub(super) fn remove_matching(&self, pattern: &str) -> impl Future<Output = Result<u64, String>> + Send + use<> {
        // Many steps, each of which may take the limit.
        operation("remove_matching", LIMIT * 6, self.store.remove_matching(KeyPattern::new(pattern), LIMIT))
    }

    pub(super) fn ping(&self) -> impl Future<Output = Outcome> + Send + use<> {
        operation("ping", LIMIT, self.store.ping(LIMIT))
    }

    /// Ends the check unless this is under the key.
    pub(super) async fn expect(&self, key: &str, expected: Option<&[u8]>, when: &str) -> Outcome {
        let found = self.get(key).await?;
        ensure!(
            found.as_deref() == expected,
            "{when}, get returned {}, not {}",
            show(found.as_deref()),
            show(expected)
        );
        Ok(())
    }
}

async fn operation<T: Send + 'static>(name: &str, within: Duration, future: StoreFuture<T>) -> Result<T, String> {
    runtime::within(within, future).await.map_err(|error| format!("{name} failed: {error}"))
}

/// Begins this now; what is returned waits for its end.
pub(super) fn begun<T: Send + 'static>(
    work: impl Future<Output = Result<T, String>> + Send + 'static,
) -> impl Future<Output = Result<T, String>> + Send {
    // The limits are those of the operations in it.
    let done = runtime::within(LIMIT * 20, async move { Ok(work.await) });
    async move { done.await.unwrap_or_else(|error| Err(error.to_string())) }
}

/// Runs these concurrently: on the one thread where the work happens they are all begun before the first one goes on.
pub(super) async fn all<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = Result<T, String>> + Send + 'static>,
) -> Result<Vec<T>, String> {
    let work: Vec<_> = work.into_iter().collect();
    let together = async move {
        let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
        let mut results = Vec::with_capacity(tasks.len());
        for task in tasks {
            results.push(task.await.map_err(|_| String::from("an operation panicked"))??);
        }
        Ok(results)
    };
    begun(together).await
}

/// A value that fits into a message. The checks' own values are no secrets.
pub(super) fn show(value: Option<&[u8]>) -> String {
    match value {
        None => String::from("nothing"),
        Some(value) if value.len() <= 64 => format!("\"{}\"", value.escape_ascii()),
        Some(value) => format!("{} bytes", value.len()),
    }
}
