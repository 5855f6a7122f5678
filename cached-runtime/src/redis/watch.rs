//! Listening for changes, on connections that do nothing else.
//!
//! One connection to each primary asks for `CLIENT TRACKING ON BCAST` and is told of every change of a key with one of the prefixes, whoever
//! makes it. The watcher is up only while all primaries are covered. Everything happens on the background thread, which has one runtime
//! without other threads, so what a watcher is told comes in the order in which it happened.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::sync::Mutex;
use redis::{PushInfo, PushKind, RedisError, Value, cmd};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::config::RedisConfig;
use super::failure;
use super::link::Backoff;
use super::open::{Connection, Identity, Opened, Skew, Target, examine, open};
use super::race::race;
use super::route::Node;
use crate::shared::{Watcher, runtime};

/// How often the connections are asked for a sign of life: one that is cut without a word is noticed after this and the patience.
const HEARTBEAT: Duration = Duration::from_millis(500);

pub(super) struct Watch {
    config: Arc<RedisConfig>,
    prefixes: Vec<String>,
    coverage: Mutex<Coverage>,
    watcher: Arc<dyn Watcher>,
}

/// Who is to be listened to, and whether they are. Watchers are told under its lock, so in order.
#[derive(Default)]
struct Coverage {
    /// By address. Nothing is known before the first time that somebody says who there is.
    primaries: Option<HashMap<String, Primary>>,
    is_up: bool,
}

struct Primary {
    /// The number of the connection that covers it, and where that leads.
    covered_by: Option<(u64, Identity)>,
    /// Where values are read, once they have been. It may be another server at the same address.
    read_from: Option<Identity>,
    /// Ends the task.
    end: Arc<Notify>,
    /// Ends the task's connection.
    again: Arc<Notify>,
}

impl Watch {
    pub(super) fn new(config: Arc<RedisConfig>, prefixes: Vec<String>, watcher: Arc<dyn Watcher>) -> Arc<Self> {
        let prefixes = without_overlaps(prefixes);
        Arc::new(Self { config, prefixes, coverage: Mutex::default(), watcher })
    }

    /// From here on, these are the primaries.
    pub(super) fn expect(self: &Arc<Self>, nodes: &[Arc<Node>]) {
        let mut coverage = self.coverage.lock();
        let mut known = coverage.primaries.take().unwrap_or_default();
        let mut primaries = HashMap::with_capacity(nodes.len());
        for node in nodes {
            let address = node.target.to_string();
            let mut primary = known.remove(&address).unwrap_or_else(|| self.listen(node.target.clone(), &address));
            if let Some(identity) = node.link.identity() {
                primary.read_from(&identity);
            }
            primaries.insert(address, primary);
        }
        known.values().for_each(|gone| gone.end.notify_one());
        coverage.primaries = Some(primaries);
        self.tell(&mut coverage);
    }

    /// From here on, values at this address are read from this server.
    pub(super) fn reads_from(&self, address: &str, identity: &Identity) {
        let mut coverage = self.coverage.lock();
        if let Some(primary) = coverage.primary(address) {
            primary.read_from(identity);
        }
        self.tell(&mut coverage);
    }

    fn listen(self: &Arc<Self>, target: Target, address: &str) -> Primary {
        let (end, again) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let ended = end.clone();
        let listening = keep_listening(Arc::downgrade(self), target, address.to_owned(), again.clone());
        runtime::spawn(async move {
            race(ended.notified(), listening).await;
        });
        Primary { covered_by: None, read_from: None, end, again }
    }

    fn cover(&self, address: &str, number: u64, identity: Identity) {
        let mut coverage = self.coverage.lock();
        if let Some(primary) = coverage.primary(address) {
            primary.covered_by = Some((number, identity));
        }
        self.tell(&mut coverage);
    }

    fn uncover(&self, address: &str, number: u64) {
        let mut coverage = self.coverage.lock();
        if let Some(primary) = coverage.primary(address)
            && primary.covered_by.as_ref().is_some_and(|(by, _)| *by == number)
        {
            primary.covered_by = None;
        }
        self.tell(&mut coverage);
    }

    fn tell(&self, coverage: &mut Coverage) {
        let is_up =
            coverage.primaries.as_ref().is_some_and(|all| !all.is_empty() && all.values().all(Primary::is_covered));
        if is_up != coverage.is_up {
            coverage.is_up = is_up;
            if is_up { self.watcher.up() } else { self.watcher.down() }
        }
    }

    /// What a server pushes: keys, or nothing at all when it has emptied everything.
    fn changed(&self, data: &[Value]) {
        let coverage = self.coverage.lock();
        if !coverage.is_up {
            return;
        }
        match data.first() {
            Some(Value::Array(keys)) => keys.iter().for_each(|key| match key {
                Value::BulkString(key) => {
                    if let Ok(key) = std::str::from_utf8(key) {
                        self.watcher.changed(key);
                    }
                }
                _ => self.watcher.all_changed(),
            }),
            _ => self.watcher.all_changed(),
        }
    }
}

impl Primary {
    /// A change is not missed only if the server that is listened to is the one that is read.
    fn is_covered(&self) -> bool {
        let Some((_, listened_to)) = &self.covered_by else { return false };
        self.read_from.as_ref().is_none_or(|read| read == listened_to)
    }

    fn read_from(&mut self, identity: &Identity) {
        self.read_from = Some(identity.clone());
        if self.covered_by.is_some() && !self.is_covered() {
            self.again.notify_one();
        }
    }
}

impl Coverage {
    fn primary(&mut self, address: &str) -> Option<&mut Primary> {
        self.primaries.as_mut()?.get_mut(address)
    }
}

/// The server refuses prefixes of which one begins with another; the shorter one says it all.
fn without_overlaps(mut prefixes: Vec<String>) -> Vec<String> {
    prefixes.sort();
    prefixes.dedup_by(|longer, shorter| longer.starts_with(shorter.as_str()));
    prefixes
}

/// Listens to one primary, and again whenever that ends.
async fn keep_listening(watch: Weak<Watch>, target: Target, address: String, lost: Arc<Notify>) {
    let skew = Skew::default();
    let mut backoff = Backoff::default();
    let mut number = 0;
    loop {
        number += 1;
        let Some(listening) = watch.upgrade() else { return };
        let on_push = pushes(&watch, &address, number, &lost);
        let limit = listening.config.connect_timeout;
        let patience = listening.config.patience();
        let opened = open(&target, limit, &skew, Arc::new(on_push)).await;
        if let Ok(Opened { mut connection, identity, .. }) = opened
            && track(&mut connection, &listening.prefixes, patience).await.is_ok()
        {
            let since = Instant::now();
            listening.cover(&address, number, identity);
            drop(listening);
            attend(&mut connection, patience, &skew, &lost).await;
            let Some(listening) = watch.upgrade() else { return };
            listening.uncover(&address, number);
            if since.elapsed() > Duration::from_secs(1) {
                backoff = Backoff::default();
            }
        } else {
            drop(listening);
        }
        sleep(backoff.next()).await;
    }
}

/// What is done with what the server says unasked, as soon as it is read.
fn pushes(
    watch: &Weak<Watch>,
    address: &str,
    number: u64,
    lost: &Arc<Notify>,
) -> impl Fn(PushInfo) -> Result<(), ()> + Send + Sync + 'static {
    let (watch, address, lost) = (watch.clone(), address.to_owned(), lost.clone());
    move |push| {
        let Some(watch) = watch.upgrade() else { return Err(()) };
        match push.kind {
            PushKind::Invalidate => watch.changed(&push.data),
            PushKind::Disconnection => {
                watch.uncover(&address, number);
                lost.notify_one();
            }
            _ => {}
        }
        Ok(())
    }
}

async fn track(connection: &mut Connection, prefixes: &[String], patience: Duration) -> Result<(), String> {
    let mut tracking = cmd("CLIENT");
    tracking.arg("TRACKING").arg("ON").arg("BCAST");
    for prefix in prefixes.iter().filter(|prefix| !prefix.is_empty()) {
        tracking.arg("PREFIX").arg(prefix);
    }
    let answer = timeout(patience, connection.send_packed_command(&tracking)).await;
    match answer.map_err(|_| "no answer to CLIENT TRACKING".to_owned())?.map_err(|error| failure::reason(&error))? {
        Value::ServerError(error) => Err(failure::reason(&RedisError::from(error))),
        _ => Ok(()),
    }
}

/// Returns when the connection breaks, goes silent, or its server is no primary any more.
async fn attend(connection: &mut Connection, patience: Duration, skew: &Skew, lost: &Notify) {
    while timeout(HEARTBEAT, lost.notified()).await.is_err() {
        if examine(connection, patience, skew).await.is_err() {
            return;
        }
    }
}
