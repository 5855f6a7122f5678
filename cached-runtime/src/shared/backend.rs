//! A store made fail-open: time limits, the breaker, and the log of invalidations that did not reach it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::breaker::Breaker;
use super::envelope::{self, Token};
use super::front::{Front, is_errand_thread};
use super::outage::{Lost, OutageLog};
use super::renewal::Renewals;
use super::runtime;
use super::settings::SharedSettings;
use super::store::{KeyPattern, SharedStore, StoreError, StoreErrorKind, StoreFuture};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering};

/// How many keys one command removes.
const KEYS_AT_ONCE: usize = 500;

/// A shared store in use by this process.
pub(crate) struct Backend {
    name: String,
    namespace: String,
    pub(crate) store: Arc<dyn SharedStore>,
    pub(crate) settings: SharedSettings,
    breaker: Breaker,
    outages: OutageLog,
    recovering: AtomicBool,
    /// Whether the store answers again, and is not read yet.
    settling: AtomicBool,
    /// Whether somebody was told that the store does not answer.
    said: AtomicBool,
    last_error: Mutex<Option<String>>,
    /// When the store last failed, or came back.
    failed: Mutex<Option<Instant>>,
    pub(crate) renewals: Renewals,
    /// Leases that may stand in the store with nobody behind them.
    strays: Mutex<Vec<(String, Token)>>,
    front: OnceLock<Option<Arc<Front>>>,
}

/// The store cannot be used just now; the call does without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Away;

impl Backend {
    pub(crate) fn new(name: &str, namespace: &str, store: Arc<dyn SharedStore>, settings: SharedSettings) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            store,
            breaker: Breaker::new(settings.breaker_threshold),
            outages: OutageLog::new(settings.outage_log),
            recovering: AtomicBool::new(false),
            settling: AtomicBool::new(false),
            said: AtomicBool::new(false),
            last_error: Mutex::new(None),
            failed: Mutex::new(None),
            renewals: Renewals::new(settings.lease),
            strays: Mutex::new(Vec::new()),
            front: OnceLock::new(),
            settings,
        })
    }

    /// The key of an entry.
    pub(crate) fn entry_key(&self, text: &str) -> String {
        format!("{}:{text}", self.namespace)
    }

    /// The key of a tag's generation. No entry's key looks like it: a namespace has no `#`.
    pub(crate) fn tag_key(&self, tag: &str) -> String {
        format!("{}#{tag}", self.namespace)
    }

    /// The key whose value changes with every invalidation of any tag.
    pub(crate) fn counter_key(&self) -> String {
        format!("{}@tags", self.namespace)
    }

    /// What the keys begin with that entries and tags have.
    pub(crate) fn prefixes(&self) -> [String; 2] {
        [self.entry_key(""), self.tag_key("")]
    }

    /// Whether the store may be read: it answers, and nothing that was invalidated is still in it.
    pub(crate) fn usable(&self) -> bool {
        self.breaker.is_closed() && self.outages.is_empty() && !self.settling.load(Ordering::Acquire)
    }

    /// What a call may lose.
    pub(crate) fn budget(&self) -> Budget {
        Budget { left: self.settings.response_timeout }
    }

    /// Asks the store, within the call's budget.
    pub(crate) async fn ask<T>(
        self: &Arc<Self>,
        budget: &mut Budget,
        operation: impl FnOnce(&dyn SharedStore, Duration) -> StoreFuture<T>,
    ) -> Result<T, Away> {
        if !self.usable() || budget.left.is_zero() {
            return Err(Away);
        }
        let begun = Instant::now();
        let result = operation(&*self.store, budget.left).await;
        budget.left = budget.left.saturating_sub(begun.elapsed());
        self.note(&result);
        result.map_err(|_| Away)
    }

    /// How long a call waits for somebody else's lease. After a failure it may be one that nobody will fill: of a process that is not
    /// back yet to take it away. Until all those have run out, waiting for one counts as lost to the store (G9).
    pub(crate) fn patience(&self, budget: &Budget) -> Duration {
        let failed_lately = self.failed.lock().is_some_and(|failed| failed.elapsed() < self.settings.lease);
        if failed_lately { budget.left.min(self.settings.lease_wait) } else { self.settings.lease_wait }
    }

    /// The values under these keys.
    pub(crate) async fn get(
        self: &Arc<Self>,
        keys: Vec<String>,
        budget: &mut Budget,
    ) -> Result<Vec<Option<Vec<u8>>>, Away> {
        let expected = keys.len();
        let values = self.ask(budget, |store, within| store.get(keys, within)).await?;
        // A store that breaks its word is as good as none.
        if values.len() == expected { Ok(values) } else { Err(Away) }
    }

    /// Takes the outcome into the breaker's account.
    pub(crate) fn note<T>(self: &Arc<Self>, result: &Result<T, StoreError>) {
        let error = match result {
            Ok(_) => return self.breaker.succeeded(),
            Err(error) => error,
        };
        *self.last_error.lock() = Some(error.to_string());
        match error.kind() {
            StoreErrorKind::Unavailable | StoreErrorKind::Timeout => {
                *self.failed.lock() = Some(Instant::now());
                if self.breaker.failed() {
                    if !self.said.swap(true, Ordering::Relaxed) {
                        // Once: functions work, uncached, and a slip in an address would be found by nobody.
                        let (name, store) = (&self.name, self.store.describe());
                        eprintln!("cached-core: {store} (`{name}`): {error}; functions run uncached until it answers");
                    }
                    self.recover();
                }
            }
            // It answers; what it refuses is for the caller to do without.
            StoreErrorKind::Refused => self.breaker.succeeded(),
            StoreErrorKind::Overloaded => {}
        }
    }

    /// Takes from the store what is named. Handed over here and now; what fails is logged and tried until it succeeds, before the store
    /// is read again (G10).
    pub(crate) fn invalidate(self: &Arc<Self>, what: Vec<Lost>) -> Ack {
        if what.is_empty() {
            return Ack::done();
        }
        if !self.breaker.is_closed() {
            return self.lose(what);
        }
        let (sender, receiver) = oneshot::channel();
        let this = Arc::clone(self);
        runtime::spawn(async move {
            let outdated = match this.carry_out(&what).await {
                Ok(()) => this.outdate_copies(what),
                Err(_) => this.lose(what),
            };
            outdated.await;
            let _ = sender.send(());
        });
        Ack(Some(receiver))
    }

    /// Keeps for later what cannot be done now. From here on nobody reads the store.
    fn lose(self: &Arc<Self>, what: Vec<Lost>) -> Ack {
        self.outages.add(what.iter().cloned());
        let outdated = self.outdate_copies(what);
        self.recover();
        outdated
    }

    /// Between the moment when memory in front let go of something and the one when the store did, somebody may have read the old value
    /// and put it back. So memory lets go of it once more, before anybody is told that it is gone (G7).
    pub(crate) fn outdate_copies(&self, what: Vec<Lost>) -> Ack {
        self.front.get().and_then(Option::as_ref).map_or_else(Ack::done, |front| front.outdate(what))
    }

    /// The memory in front of this store; `None` if the store does not report its changes.
    pub(crate) fn front(&self) -> Option<Arc<Front>> {
        self.front.get_or_init(|| Front::before(self)).clone()
    }

    /// Takes back a lease that will not be used, or of which nobody knows whether it was granted: others would wait for it until it ran
    /// out. What cannot be taken back now is tried once more when the store has recovered.
    pub(crate) fn give_back(self: &Arc<Self>, key: String, token: Token) {
        if !self.usable() {
            return self.stray(key, token);
        }
        let this = Arc::clone(self);
        runtime::spawn(async move {
            let limit = this.settings.response_timeout;
            if this.store.remove_if(key.clone(), envelope::lease(token), limit).await.is_err() {
                this.stray(key, token);
            }
        });
    }

    fn stray(&self, key: String, token: Token) {
        let mut strays = self.strays.lock();
        if strays.len() < self.settings.outage_log {
            strays.push((key, token));
        }
    }

    /// Whether memory can stand in front of this store.
    pub(crate) fn has_front(&self) -> bool {
        self.front().is_some()
    }

    async fn carry_out(self: &Arc<Self>, what: &[Lost]) -> Result<(), StoreError> {
        let limit = self.settings.response_timeout;
        let result = async {
            let (mut tags, mut keys, mut patterns, mut all) = (Vec::new(), Vec::new(), Vec::new(), false);
            for item in what {
                match item {
                    Lost::Key(text) => keys.push(self.entry_key(text)),
                    Lost::Tag(tag) => tags.push(self.tag_key(tag)),
                    Lost::Pattern(pattern) => patterns.push(self.entry_key(pattern)),
                    Lost::Everything => {
                        all = true;
                        patterns.extend([self.tag_key("*"), self.entry_key("*")]);
                    }
                }
            }
            // The counter first: whoever finds a tag's new generation finds the counter moved, too.
            let counter = (all || !tags.is_empty()).then(|| self.counter_key());
            let single: Vec<String> = counter.into_iter().chain(tags).chain(keys).collect();
            for some in single.chunks(KEYS_AT_ONCE) {
                self.store.remove(some.to_vec(), limit).await?;
            }
            for pattern in patterns {
                self.store.remove_matching(KeyPattern::new(pattern), limit).await?;
            }
            Ok(())
        }
        .await;
        self.note(&result);
        result
    }

    /// Sees to it that somebody tries in the background until the store is usable again.
    fn recover(self: &Arc<Self>) {
        if self.recovering.swap(true, Ordering::AcqRel) {
            return;
        }
        let weak = Arc::downgrade(self);
        runtime::spawn(async move {
            while let Some(this) = weak.upgrade() {
                let probed = this.try_to_recover().await;
                if probed.is_ok() {
                    this.recovering.store(false, Ordering::Release);
                    // Something may have failed between the last look and the line above, and found somebody at work.
                    if this.usable() || this.recovering.swap(true, Ordering::AcqRel) {
                        return;
                    }
                    continue;
                }
                let pause = match probed {
                    // It is looked for elsewhere; to ask whether it was found costs nothing.
                    Err(StoreErrorKind::Unavailable) => this.settings.probe_interval / 10,
                    _ => this.settings.probe_interval,
                };
                drop(this);
                runtime::sleep(pause).await;
            }
        });
    }

    /// One round: whether the store answers and has caught up.
    async fn try_to_recover(self: &Arc<Self>) -> Result<(), StoreErrorKind> {
        let limit = self.settings.response_timeout;
        let failed = |error: StoreError| {
            *self.last_error.lock() = Some(error.to_string());
            error.kind()
        };
        self.store.ping(limit).await.map_err(failed)?;
        if !self.breaker.is_closed() {
            self.settling.store(true, Ordering::Release);
            // From here on invalidations go to the store, or a steady stream of them would keep the log from ever being empty.
            self.breaker.close();
        }
        self.replay().await?;
        if self.settling.load(Ordering::Acquire) {
            // Other processes were cut off as well, and may be back a little later. What they could not invalidate must not be read here before
            // they have done it.
            runtime::sleep(self.settings.probe_interval).await;
            self.replay().await?;
        }
        *self.failed.lock() = Some(Instant::now());
        self.settling.store(false, Ordering::Release);
        let strays = std::mem::take(&mut *self.strays.lock());
        let (store, lease) = (Arc::clone(&self.store), self.settings.lease);
        runtime::spawn(async move {
            let begun = Instant::now();
            for (key, token) in strays {
                // Should it fail again, the lease runs out; after a lease all of them have.
                if begun.elapsed() < lease {
                    let _ = store.remove_if(key, envelope::lease(token), limit).await;
                }
            }
        });
        Ok(())
    }

    /// Carries out what the log holds.
    async fn replay(self: &Arc<Self>) -> Result<(), StoreErrorKind> {
        while !self.outages.is_empty() {
            let batch = self.outages.take();
            let items: Vec<Lost> = batch.items().cloned().collect();
            self.carry_out(&items).await.map_err(|error| error.kind())?;
            batch.done();
        }
        Ok(())
    }

    pub(crate) fn status(&self) -> BackendStatus {
        BackendStatus {
            name: self.name.clone(),
            store: self.store.describe(),
            closed: self.breaker.is_closed(),
            usable: self.usable(),
            lost: self.outages.len(),
            last_error: self.last_error.lock().clone(),
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend")
            .field("name", &self.name)
            .field("store", &self.store.describe())
            .finish_non_exhaustive()
    }
}

/// How much time a call may still lose to its backend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) left: Duration,
}

/// An invalidation on its way, or a value. Resolves when the store has it, or when it is known that it will not.
#[derive(Debug)]
pub(crate) struct Ack(Option<oneshot::Receiver<()>>);

impl Ack {
    pub(crate) fn done() -> Self {
        Self(None)
    }

    pub(crate) fn of(receiver: oneshot::Receiver<()>) -> Self {
        Self(Some(receiver))
    }

    pub(crate) fn is_done(&self) -> bool {
        self.0.is_none()
    }

    /// Blocks the thread until it is there.
    pub(crate) fn wait(self) {
        // A listener on the thread that empties memory would wait for itself. It was handed over.
        if !self.is_done() && !is_errand_thread() {
            crate::flight::block_on(self);
        }
    }
}

impl Future for Ack {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(receiver) = &mut self.0 else { return Poll::Ready(()) };
        let answered = Pin::new(receiver).poll(cx).is_ready();
        if answered {
            self.0 = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// How a shared backend of this process is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackendStatus {
    /// What annotations call it.
    pub name: String,
    /// Which store it is: an address, never a password.
    pub store: String,
    /// Whether the breaker is closed; while it is open the store is not asked, only tried in the background.
    pub closed: bool,
    /// Whether the store is asked: the breaker is closed and every invalidation has reached it.
    pub usable: bool,
    /// How many invalidations wait for the store to come back.
    pub lost: usize,
    /// What went wrong last, if anything ever did.
    pub last_error: Option<String>,
}
