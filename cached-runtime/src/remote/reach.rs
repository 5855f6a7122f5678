//! The way of a call over a shared backend.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::Remote;
use super::grant::Grant;
use super::read::{Found, Known, Read, capture};
use crate::context;
use crate::flight::{Lease, Since};
use crate::memory::{Acquire, Acquired, Lead, Reuse, Shared, Storing, Want};
use crate::policy::Lock;
use crate::shared::envelope::{self, Token};
use crate::shared::{Added, Away, Backend, Budget, Seen, runtime};

/// What a call comes to; with a lead, the right to fill the store, if it was to be had.
pub(crate) type Reached<K, V> = (Acquired<K, V>, Option<Grant<V>>);

/// What a leader finds before it loads.
enum Led<V: Send + Sync + 'static> {
    Granted(Grant<V>),
    Found(Found<V>),
    /// Load, but do not store: the store is away, or others have held the lease for too long.
    Unshared,
}

/// How often a value that turns out to be of no use is replaced by another such before the call gives up storing.
const ROUNDS: usize = 16;

/// The first and the longest pause between two looks at somebody else's lease.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

/// Reads, joins or leads. A hit is one round trip (two, if the entry carries tags that follow from its value), a miss two.
///
/// With memory in front the call first leads or joins a flight of the memory engine: changes that are reported while it is under way
/// then keep what it brings out of memory. Without, the call reads first, and what it sees decides which flight it may join.
pub(crate) async fn reach<K, V>(engine: Shared<K, V>, remote: Arc<Remote<V>>, mut want: Want<K>) -> Reached<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let Some(text) = engine.text_of(&want.key) else { return (Acquired::Alone, None) };
    let call =
        Call { key: remote.backend.entry_key(&text), tags: want.tags.clone(), refresh: want.reuse == Reuse::Nothing };
    let mut budget = remote.backend.budget();
    if remote.is_front_open() {
        if want.reuse == Reuse::Anything {
            want.reuse = Reuse::Front(Since::now());
        }
        let mut acquire = Acquire::new(engine.clone(), want);
        let lead = match (&mut acquire).await {
            Acquired::Lead(lead) => lead,
            other => return (other, None),
        };
        let patient = !acquire.saw_failure();
        if call.refresh {
            return remote.lead_on(lead, &call, None, patient, budget).await;
        }
        return match remote.read(&call.key, &call.tags, &mut budget).await {
            Ok(Read::Found(found)) => {
                remote.counters.hit_behind_memory(found.null);
                (Acquired::Value(remote.found(lead, found)), None)
            }
            Ok(Read::Nothing { over }) => remote.lead_on(lead, &call, over, patient, budget).await,
            Ok(Read::Lease { .. }) => remote.lead_on(lead, &call, None, patient, budget).await,
            Err(Away) => {
                remote.counters.unavailable();
                unshared(lead)
            }
        };
    }
    let mut since = Since::now();
    let (mut over, mut away) = (None, false);
    // Whoever is to load for itself reads all the same, unless it is told not to.
    let joins = want.reuse == Reuse::Anything;
    if !call.refresh {
        match remote.read(&call.key, &call.tags, &mut budget).await {
            Ok(Read::Found(found)) => {
                engine.counters.shared_hit();
                remote.counters.hit(found.null);
                return (Acquired::Value(found.value), None);
            }
            Ok(Read::Lease { lease }) => {
                since.seen = lease.map(Box::new);
                want.reuse = if joins { Reuse::Since(since) } else { Reuse::Nothing };
            }
            Ok(Read::Nothing { over: useless }) => {
                over = useless;
                want.reuse = if joins { Reuse::Since(since) } else { Reuse::Nothing };
            }
            Err(Away) => {
                remote.counters.unavailable();
                away = true;
                // Nothing tells now whether a load was overtaken elsewhere, so only one that begins later than this call will do.
                want.reuse = if joins { Reuse::After(since) } else { Reuse::Nothing };
            }
        }
    }
    let mut acquire = Acquire::new(engine.clone(), want);
    match (&mut acquire).await {
        Acquired::Lead(lead) if away => unshared(lead),
        Acquired::Lead(lead) => remote.lead_on(lead, &call, over, joins && !acquire.saw_failure(), budget).await,
        other => (other, None),
    }
}

/// A load whose value is for those who wait for it, and for no store.
fn unshared<K, V>(lead: Lead<K, V>) -> Reached<K, V>
where
    K: Eq,
    V: Clone + Send + Sync + 'static,
{
    lead.unshared();
    (Acquired::Lead(lead), None)
}

/// What a call asks for.
struct Call {
    key: String,
    tags: Vec<String>,
    /// Whether to load, whatever is there.
    refresh: bool,
}

impl<V: Clone + Send + Sync + 'static> Remote<V> {
    /// Takes the lease, or waits for whoever has it.
    async fn lead_on<K: Eq>(
        self: &Arc<Self>,
        lead: Lead<K, V>,
        call: &Call,
        over: Option<Seen>,
        patient: bool,
        budget: Budget,
    ) -> Reached<K, V> {
        match self.lease(&lead, call, over, patient, budget).await {
            Led::Granted(grant) => (Acquired::Lead(lead), Some(grant)),
            Led::Unshared => unshared(lead),
            Led::Found(found) => {
                self.counters.loaded_elsewhere();
                (Acquired::Value(self.found(lead, found)), None)
            }
        }
    }

    /// Ends a flight with what the store had after all.
    fn found<K: Eq>(&self, lead: Lead<K, V>, found: Found<V>) -> V {
        let value = found.value.clone();
        let storing = self.front_deadline(Some(found.left)).map(|lifetime| Storing::new(lifetime, 1, found.tags));
        context::inside_load(lead.number(), || lead.found(found.value, storing));
        value
    }

    /// How long a value that lives for `lifetime` stays in the memory in front; `None` where there is none, or it is not in step.
    pub(crate) fn front_deadline(&self, lifetime: Option<Duration>) -> Option<Option<Duration>> {
        self.is_front_open().then(|| match (lifetime, self.sharing.front_ttl) {
            (Some(lifetime), Some(most)) => Some(lifetime.min(most)),
            (lifetime, most) => lifetime.or(most),
        })
    }

    async fn lease<K: Eq>(
        self: &Arc<Self>,
        lead: &Lead<K, V>,
        call: &Call,
        mut over: Option<Seen>,
        patient: bool,
        mut budget: Budget,
    ) -> Led<V> {
        let patient = patient && self.sharing.lock == Lock::Cluster;
        let until = Instant::now() + self.backend.patience(&budget);
        for _ in 0..ROUNDS {
            let token = Token::random();
            let Ok((generations, added)) = self.capture_and_lease(call, token, over.take(), &mut budget).await else {
                return Led::Unshared;
            };
            let present = match added {
                Added::Present(present) => present,
                Added::Stored => {
                    lead.leased(Lease { token: token.0, generations: generations.clone() });
                    let counter = if self.sharing.result_tags { generations.last().copied() } else { None };
                    let tags = call.tags.iter().cloned().zip(generations).collect();
                    return Led::Granted(Grant::new(self, &call.key, token, tags, counter, budget));
                }
            };
            if call.refresh {
                over = Some(Seen::of(&present));
                continue;
            }
            let mut generations: Vec<_> = generations.into_iter().map(Some).collect();
            let counter = if self.sharing.result_tags { generations.pop() } else { None };
            let known = Known { tags: &call.tags, generations, counter };
            let Ok(mut read) = self.judge(&call.key, &present, &known, &mut budget).await else { return Led::Unshared };
            let mut pause = PAUSES.0;
            over = loop {
                match read {
                    Read::Found(found) => return Led::Found(found),
                    Read::Nothing { over } => break over,
                    // One lease for each process, or none at all: the newest load is the one that may fill.
                    Read::Lease { .. } if self.sharing.lock != Lock::Cluster => break Some(Seen::of(&present)),
                    Read::Lease { .. } if !patient || Instant::now() >= until => return Led::Unshared,
                    // Whoever sees the same lease may wait with us.
                    Read::Lease { lease: Some(lease) } => lead.leased(lease),
                    Read::Lease { lease: None } => {}
                }
                runtime::sleep(pause).await;
                // Growing by a quarter: at the end of a load one has waited a quarter of its time too long, at most.
                pause = (5 * pause / 4).min(PAUSES.1);
                // Waiting for a load is no loss; only a store that does not answer is.
                let Ok(next) = self.read(&call.key, &call.tags, &mut self.backend.budget()).await else {
                    return Led::Unshared;
                };
                read = next;
            };
        }
        Led::Unshared
    }

    /// Reads the tags' generations and asks for the lease, in one round trip. Both are before the load, so their order does not matter.
    async fn capture_and_lease(
        self: &Arc<Self>,
        call: &Call,
        token: Token,
        over: Option<Seen>,
        budget: &mut Budget,
    ) -> Result<(Vec<u64>, Added), Away> {
        let lease = self.backend.settings.lease;
        let add = |left| self.backend.store.add(call.key.clone(), envelope::lease(token), lease, over, left);
        let mut asked = Asked { backend: &self.backend, key: &call.key, token, open: true };
        if call.tags.is_empty() && !self.sharing.result_tags {
            let added = self.backend.ask(budget, |_, left| add(left)).await?;
            asked.open = false;
            return Ok((Vec::new(), added));
        }
        let mut of_capture = *budget;
        let (store, keys, ttl) =
            (Arc::clone(&self.backend.store), self.keys_with(None, &call.tags), self.tag_lifetime());
        let capture = self.backend.ask(&mut of_capture, |_, left| Box::pin(capture(store, keys, ttl, left)));
        let (captured, added) = both(capture, self.backend.ask(budget, |_, left| add(left))).await;
        budget.left = budget.left.min(of_capture.left);
        let (captured, added) = (captured?, added?);
        asked.open = false;
        Ok((captured, added))
    }
}

/// A lease that was asked for. Unless the answer came and is of use, it is given back: it may have been granted, or may still be.
struct Asked<'a> {
    backend: &'a Arc<Backend>,
    key: &'a str,
    token: Token,
    open: bool,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.open {
            self.backend.give_back(self.key.to_owned(), self.token);
        }
    }
}

/// Polls two futures until both are ready.
async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    poll_fn(|cx| {
        if of_a.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(cx)
        {
            of_a = Some(output);
        }
        if of_b.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(cx)
        {
            of_b = Some(output);
        }
        match (of_a.take(), of_b.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (of_a, of_b) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}
