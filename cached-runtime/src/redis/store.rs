//! The operations of a store, as Redis commands.

use std::future::{Future, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use redis::{Cmd, Pipeline, Value, cmd};

use super::config::RedisConfig;
use super::context::Context;
use super::failure;
use super::reads::Replies;
use super::route::Route;
use super::script;
use super::watch::Watch;
use crate::shared::{Added, KeyPattern, Seen, SharedStore, StoreError, StoreErrorKind, StoreFuture, Watcher, runtime};

/// A store in Redis: one server, the primary of a Sentinel service, or a cluster. Connects on first use, in the background.
///
/// Its futures may be polled anywhere, not only on the background thread, and keep to their limit by themselves.
pub(crate) struct RedisStore {
    context: Arc<Context>,
    route: Route,
    pending: Arc<AtomicUsize>,
}

/// An operation under way. The number of them is bounded.
pub(super) struct Permit(Arc<AtomicUsize>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The most keys in one command that removes: each such command holds up the server's other clients for as long as it takes.
pub(super) const MOST_REMOVED: usize = 1000;

impl RedisStore {
    pub(crate) fn new(config: RedisConfig) -> Self {
        let context = Arc::new(Context::new(config));
        let route = Route::new(&context);
        Self { context, route, pending: Arc::default() }
    }

    fn permit(&self) -> Result<Permit, StoreError> {
        let permit = Permit(self.pending.clone());
        if self.pending.fetch_add(1, Ordering::Relaxed) < self.context.config.pending {
            return Ok(permit);
        }
        Err(StoreError::new(StoreErrorKind::Overloaded, "too many operations are under way"))
    }

    /// Starts `operation` on the background thread, unless it is known that it cannot be done.
    fn start<T, F>(&self, within: Option<Duration>, operation: impl FnOnce(Route) -> F) -> StoreFuture<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        if let Some(error) = self.route.refusal() {
            return Box::pin(ready(Err(error)));
        }
        let operation = operation(self.route.clone());
        Box::pin(runtime::within(within.unwrap_or(NO_LIMIT), operation))
    }

    /// The same within the bound on what is under way. It is for what a call can do without; what takes something away must get through.
    fn start_bounded<T, F>(&self, within: Duration, operation: impl FnOnce(Route) -> F) -> StoreFuture<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        match self.permit() {
            Err(error) => Box::pin(ready(Err(error))),
            Ok(permit) => self.start(Some(within), |route| {
                let operation = operation(route);
                async move {
                    let _permit = permit;
                    operation.await
                }
            }),
        }
    }
}

/// For what keeps to its limits by itself: a year.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 3600);

impl SharedStore for RedisStore {
    fn get(&self, keys: Vec<String>, within: Duration) -> StoreFuture<Vec<Option<Vec<u8>>>> {
        if keys.is_empty() {
            return Box::pin(ready(Ok(Vec::new())));
        }
        #[cfg(feature = "redis-cluster")]
        if matches!(self.route, Route::Cluster(_)) {
            return self.start_bounded(within, |route| route.get(keys, within));
        }
        let Some(node) = self.route.one() else {
            return Box::pin(ready(Err(failure::unexpected())));
        };
        if let Some(error) = node.link.refusal() {
            return Box::pin(ready(Err(error)));
        }
        match self.permit() {
            Ok(permit) => {
                let replies = node.reads().read(keys, within, Some(permit));
                Box::pin(async move { values(replies.await.unwrap_or_else(|_| Err(failure::unavailable("given up")))) })
            }
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn add(
        &self,
        key: String,
        value: Vec<u8>,
        ttl: Duration,
        over: Option<Seen>,
        within: Duration,
    ) -> StoreFuture<Added> {
        self.start_bounded(within, |route| async move {
            if over.is_none() {
                match route.run(&key, set_if_absent(&key, &value, ttl)).await? {
                    Value::Nil => return Ok(Added::Stored),
                    Value::BulkString(there) => return Ok(Added::Present(there)),
                    Value::ServerError(error) if failure::is_wrong_type(&error) => {}
                    reply => return failure::accept(reply).and(Err(failure::unexpected())),
                }
            }
            add_by_script(&route, &key, value, ttl, over).await
        })
    }

    fn swap(&self, key: String, prefix: Vec<u8>, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<bool> {
        self.start(Some(within), |route| async move {
            let reply = route.script(&script::SWAP, &key, &[prefix, value, decimal(milliseconds(ttl))]).await?;
            Ok(reply == Value::Int(1))
        })
    }

    fn remove_if(&self, key: String, prefix: Vec<u8>, within: Duration) -> StoreFuture<bool> {
        self.start(Some(within), |route| async move {
            let reply = route.script(&script::REMOVE_IF, &key, &[prefix]).await?;
            Ok(reply == Value::Int(1))
        })
    }

    fn set(&self, key: String, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<()> {
        self.start_bounded(within, |route| async move {
            let mut set = cmd("SET");
            set.arg(&key).arg(value).arg("PX").arg(milliseconds(ttl));
            failure::accept(route.run(&key, set).await?).map(drop)
        })
    }

    fn get_or_add(
        &self,
        keys: Vec<String>,
        fresh: Vec<u8>,
        ttl: Duration,
        within: Duration,
    ) -> StoreFuture<Vec<Vec<u8>>> {
        if keys.is_empty() {
            return Box::pin(ready(Ok(Vec::new())));
        }
        self.start_bounded(within, |route| async move {
            let mut values = Vec::with_capacity(keys.len());
            let (first, last) = keys.split_at(route.read_together(keys.len()));
            for some in [first, last].into_iter().filter(|some| !some.is_empty()) {
                let replies = route.each(some, |key, pipeline| set_or_ask(pipeline, key, &fresh, ttl)).await?;
                for (key, replies) in some.iter().zip(replies) {
                    values.push(there_or_fresh(&route, key, replies, &fresh, ttl).await?);
                }
            }
            Ok(values)
        })
    }

    fn remove(&self, keys: Vec<String>, within: Duration) -> StoreFuture<()> {
        if keys.is_empty() {
            return Box::pin(ready(Ok(())));
        }
        self.start(Some(within), |route| async move { route.remove(&keys).await })
    }

    fn remove_matching(&self, pattern: KeyPattern, within: Duration) -> StoreFuture<u64> {
        self.start(None, |route| super::scan::remove_matching(route, pattern, within))
    }

    fn ping(&self, within: Duration) -> StoreFuture<()> {
        self.start(Some(within), |route| async move { route.ping().await })
    }

    fn now(&self) -> u64 {
        self.context.skew.now()
    }

    fn watch(&self, prefixes: Vec<String>, watcher: Arc<dyn Watcher>) -> bool {
        let watch = Watch::new(self.context.config.clone(), prefixes, watcher);
        self.context.add_watch(watch.clone());
        self.route.tell(&watch);
        true
    }

    fn describe(&self) -> String {
        self.context.config.servers.to_string()
    }
}

/// Replies to reads, as values: what is there under a foreign type is none of ours, so it counts as absent.
pub(super) fn values(replies: Replies) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    replies?.into_iter().map(value).collect()
}

fn value(reply: Value) -> Result<Option<Vec<u8>>, StoreError> {
    match reply {
        Value::BulkString(value) => Ok(Some(value)),
        Value::Nil => Ok(None),
        Value::ServerError(error) if failure::is_wrong_type(&error) => Ok(None),
        Value::ServerError(error) => Err(failure::refusal(&error)),
        _ => Err(failure::unexpected()),
    }
}

fn set_if_absent(key: &str, value: &[u8], ttl: Duration) -> Cmd {
    let mut set = Cmd::with_capacity(7, key.len() + value.len() + 32);
    set.arg("SET").arg(key).arg(value).arg("NX").arg("GET").arg("PX").arg(milliseconds(ttl));
    set
}

async fn add_by_script(
    route: &Route,
    key: &str,
    value: Vec<u8>,
    ttl: Duration,
    over: Option<Seen>,
) -> Result<Added, StoreError> {
    let mut arguments = vec![value, decimal(milliseconds(ttl))];
    if let Some(over) = over {
        arguments.extend([decimal(u64::try_from(over.len).unwrap_or(u64::MAX)), over.prefix]);
    }
    match route.script(&script::ADD, key, &arguments).await? {
        Value::Int(1) => Ok(Added::Stored),
        Value::BulkString(there) => Ok(Added::Present(there)),
        _ => Err(failure::unexpected()),
    }
}

/// Two commands: the value that is there, or the fresh one in its place; then, how long that still lives.
fn set_or_ask(pipeline: &mut Pipeline, key: &str, fresh: &[u8], ttl: Duration) {
    let mut left = cmd("PTTL");
    left.arg(key);
    pipeline.add_command(set_if_absent(key, fresh, ttl)).add_command(left);
}

async fn there_or_fresh(
    route: &Route,
    key: &str,
    replies: Vec<Value>,
    fresh: &[u8],
    ttl: Duration,
) -> Result<Vec<u8>, StoreError> {
    let [there, left] = <[Value; 2]>::try_from(replies).map_err(|_| failure::unexpected())?;
    match there {
        Value::ServerError(error) if failure::is_wrong_type(&error) => {
            match add_by_script(route, key, fresh.to_vec(), ttl, None).await? {
                Added::Stored => Ok(fresh.to_vec()),
                Added::Present(there) => Ok(there),
            }
        }
        there => {
            // Seldom: every change of a key is reported to those who keep copies, and this one would empty their memory for nothing.
            if let Value::Int(left) = failure::accept(left)?
                && u64::try_from(left).is_ok_and(|left| left < milliseconds(ttl) / 2)
            {
                let mut prolong = cmd("PEXPIRE");
                prolong.arg(key).arg(milliseconds(ttl)).arg("GT");
                failure::accept(route.run(key, prolong).await?)?;
            }
            Ok(value(there)?.unwrap_or_else(|| fresh.to_vec()))
        }
    }
}

/// At least 1, and not so many that the server's clock overflows.
fn milliseconds(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, 1 << 52)
}

fn decimal(number: u64) -> Vec<u8> {
    number.to_string().into_bytes()
}
