//! Misses: who leads a load, who waits for it, and what becomes of its value.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::departures::Departures;
use super::shard::{Loading, Writing};
use super::store::{Loaded, Stored, Storing};
use super::table::SlotTags;
use super::{Engine, Shared};
use crate::cause::EvictionCause;
use crate::context;
use crate::flight::{Abandoned, Flight, Landing, Lease, SharedError, Since, Woken};
use crate::observe::LoadSpan;
use crate::stats::Timing;
use crate::tag::Epoch;
use crate::waits_for::Waiting;

/// A key that was asked for and is to be had, in owned form.
#[derive(Debug)]
pub(crate) struct Want<K> {
    pub(crate) hash: u64,
    pub(crate) key: K,
    /// Tags known before the load.
    pub(crate) tags: Vec<String>,
    /// Whether what is there may be used, and another's load be joined.
    pub(crate) reuse: Reuse,
}

/// What may answer instead of a load of one's own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reuse {
    /// An entry or another's load.
    Anything,
    /// An entry.
    Entry,
    /// Nothing: load, whatever is there.
    Nothing,
    /// Another's load, if it is not too old. One that is, and goes on without a lease, is waited for before another begins: where nobody
    /// gets a lease, every call would load.
    Since(Since),
    /// The same, but every load that is too old is waited for: for as long as the store says nothing of any.
    After(Since),
    /// An entry or another's load, for memory that hears of changes in the store. It hears nothing about a load without a lease, so of
    /// those only one will do that is not too old.
    Front(Since),
}

impl Reuse {
    fn entry(&self) -> bool {
        matches!(self, Self::Anything | Self::Entry | Self::Front(_))
    }

    /// Whether others may join a load that begins like this.
    fn joins(&self) -> bool {
        !matches!(self, Self::Entry | Self::Nothing)
    }
}

enum Begun<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    Found(V),
    Lead {
        flight: Arc<Flight<V>>,
        hash: u64,
    },
    Wait(Box<Waits<K, V>>),
    /// Waiting would never end: run the body, and leave the cache alone.
    Alone,
}

impl<K: Eq + 'static, V: Clone + 'static> Shared<K, V> {
    /// The exclusive half of a look-up: what is there by now, a load to join, or the right to load.
    ///
    /// What was dead in the way is in `gone`, for the caller to let go of once a load that begins has its leader.
    fn begin<'e>(&'e self, want: Want<K>, gone: &mut Departures<'e, K, V>) -> Begun<K, V> {
        // Before anything is read from the source: an invalidation from here on finds the load outdated.
        let captured = self.tags.capture();
        let tags = self.tags.intern(&want.tags);
        let likely_text = self.likely_text(&want.key);
        let mut shard = self.shard(want.hash).write();
        if let Some(found) = want.reuse.entry().then(|| self.entry(&mut shard, &want, gone)).flatten() {
            Begun::Found(found)
        } else if let Some((flight, heeded)) = joinable(&shard, &want) {
            match Waiting::begin(context::enclosing_loads(), flight.number) {
                None => Begun::Alone,
                Some(waiting) => {
                    let seat = Seat::take(self, flight, captured, heeded, &want, waiting);
                    Begun::Wait(Box::new(Waits { want, seat }))
                }
            }
        } else {
            let text = self.text_in(&shard, &want.key, likely_text);
            let flight = Arc::new(Flight::new(tags, captured));
            let hash = want.hash;
            let joinable = want.reuse.joins();
            shard.add_loading(Loading { hash, key: want.key, text, joinable, flight: Arc::clone(&flight) });
            self.link(text, hash);
            Begun::Lead { flight, hash }
        }
    }
}

impl<K: Eq, V: Clone> Engine<K, V> {
    /// The live entry with the wanted key; a dead one is removed on the way.
    fn entry<'e>(
        &'e self,
        shard: &mut Writing<'e, K, V>,
        want: &Want<K>,
        gone: &mut Departures<'e, K, V>,
    ) -> Option<V> {
        let at = shard.find(want.hash, |key| *key == want.key)?;
        let slot = shard.slot(at)?;
        match slot.dead(|| self.now()) {
            None => {
                self.shard(want.hash).hit(&slot);
                Some(slot.value().clone())
            }
            Some(cause) => {
                self.remove_dead(shard, at, cause, gone);
                shard.reclaim(false, self.tick(self.now()), gone);
                None
            }
        }
    }

    pub(super) fn remove_dead<'e>(
        &'e self,
        shard: &mut Writing<'e, K, V>,
        at: u32,
        cause: EvictionCause,
        gone: &mut Departures<'e, K, V>,
    ) {
        if let Some(weight) = shard.remove(at, cause, gone) {
            self.budget.release(weight);
        }
    }

    /// Passes a load on whose leader went away: to a waiter, or out of the table.
    fn abandon(&self, hash: u64, flight: &Flight<V>) {
        let mut gone = Departures::none(self);
        let waker = {
            let mut shard = self.shard(hash).write();
            if !shard.has_loading(hash, flight.number) {
                drop(shard);
                flight.land(Landing::Void);
                return;
            }
            match flight.abandon() {
                Abandoned::HandedOver(waker) => waker,
                Abandoned::Empty => {
                    if let Some(loading) = shard.take_loading(hash, |loading| loading.flight.number == flight.number) {
                        gone.void(loading);
                    }
                    None
                }
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The load to wait for, and whether its value is an answer.
fn joinable<'a, K: Eq, V>(shard: &'a Writing<'_, K, V>, want: &Want<K>) -> Option<(&'a Arc<Flight<V>>, bool)> {
    let flights = || shard.joinable(want.hash, |key| *key == want.key);
    // The first that will do; else one whose end is to be waited for.
    let choose = |will_do: &dyn Fn(&Flight<V>) -> bool, holds_up: &dyn Fn(&Flight<V>) -> bool| {
        let found = flights().find(|flight| will_do(flight)).map(|flight| (flight, true));
        found.or_else(|| flights().find(|flight| holds_up(flight)).map(|flight| (flight, false)))
    };
    match &want.reuse {
        Reuse::Anything => flights().next().map(|flight| (flight, true)),
        Reuse::Since(since) => choose(&|flight| since.accepts(flight), &Flight::is_unshared),
        Reuse::After(since) => choose(&|flight| since.accepts(flight), &|_| true),
        Reuse::Front(since) => choose(&|flight| !flight.is_unshared() || since.accepts(flight), &|_| true),
        Reuse::Entry | Reuse::Nothing => None,
    }
}

/// What a call waits for, and by whom. Boxed, so that those who need not wait have little to carry around.
struct Waits<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    want: Want<K>,
    seat: Seat<K, V>,
}

/// A place in the line of those who wait for a load. Leaving it passes the baton on.
struct Seat<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    engine: Shared<K, V>,
    flight: Arc<Flight<V>>,
    hash: u64,
    id: u64,
    joined: Epoch,
    /// Whether the load's outcome is an answer; if not, its end is only waited for.
    heeded: bool,
    left: bool,
    _waiting: Waiting,
}

impl<K: Eq + 'static, V: Clone + 'static> Seat<K, V> {
    fn take(
        engine: &Shared<K, V>,
        flight: &Arc<Flight<V>>,
        joined: Epoch,
        heeded: bool,
        want: &Want<K>,
        waiting: Waiting,
    ) -> Self {
        let id = flight.join();
        Self {
            engine: engine.clone(),
            flight: Arc::clone(flight),
            hash: want.hash,
            id,
            joined,
            heeded,
            left: false,
            _waiting: waiting,
        }
    }
}

impl<K: Eq + 'static, V: Clone + 'static> Drop for Seat<K, V> {
    fn drop(&mut self) {
        if !self.left && self.flight.leave(self.id) {
            self.engine.abandon(self.hash, &self.flight);
        }
    }
}

/// The right, and the duty, to run a load. Dropped without an end, it goes to whoever waits first.
pub(crate) struct Lead<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    engine: Shared<K, V>,
    flight: Arc<Flight<V>>,
    hash: u64,
    timing: Timing,
    span: LoadSpan,
    ended: bool,
}

impl<K: Eq + 'static, V: Clone + 'static> Lead<K, V> {
    fn new(engine: &Shared<K, V>, flight: Arc<Flight<V>>, hash: u64) -> Self {
        Self {
            engine: engine.clone(),
            timing: engine.counters.time_load(flight.number),
            flight,
            hash,
            span: engine.counters.load_span(),
            ended: false,
        }
    }

    /// What tells this load from others to code that it runs.
    pub(crate) fn number(&self) -> u64 {
        self.flight.number
    }

    /// Runs the body of the load.
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        self.inside().run(body)
    }

    /// Polls the body of the load to its end. Borrows nothing of the lead.
    pub(crate) fn run_async<'b, F: Future>(
        &self,
        mut body: Pin<&'b mut F>,
    ) -> impl Future<Output = F::Output> + use<'b, K, V, F> {
        let inside = self.inside();
        poll_fn(move |cx| inside.run(|| body.as_mut().poll(cx)))
    }

    /// Where its body is run.
    pub(crate) fn inside(&self) -> Inside {
        Inside { span: self.span.clone(), number: self.number() }
    }

    /// The load's lease stands in the shared store; who sees it there may join.
    pub(crate) fn leased(&self, lease: Lease) {
        self.flight.leased(lease);
    }

    /// The load goes on without a lease.
    pub(crate) fn unshared(&self) {
        self.flight.unshared();
    }

    /// Ends the flight with a value that was found after all, without a load.
    pub(crate) fn found(mut self, value: V, storing: Option<Storing>) {
        self.land(value, storing);
    }

    /// Ends the load with a value: stored if `storing` says how and no invalidation came between, and given to those who wait.
    ///
    /// The duty ends with the last line: should a user's `Clone` panic before, the load goes to whoever waits for it.
    pub(crate) fn complete(mut self, value: V, storing: Option<Storing>) {
        self.engine.counters.loaded(&self.timing, false);
        self.span.end("ok");
        self.land(value, storing);
    }

    fn land(&mut self, value: V, storing: Option<Storing>) {
        let captured = self.flight.captured();
        let mut tags = self.flight.tags.clone();
        if let Some(storing) = &storing
            && let Some(more) = &storing.tags
        {
            tags.join(self.engine.tags.intern(more));
        }
        let kept = storing.is_some();
        let landing = match storing {
            // An invalidation of one of the tags from here on is seen by whoever reads the entry.
            Some(storing) if tags.stand_since(captured) => {
                let right = Loaded(self.number());
                match self.engine.store(self.hash, right, value, &storing, SlotTags::boxed(tags.clone(), captured)) {
                    Stored::Done { for_waiters } => for_waiters,
                    Stored::Refused(value) => {
                        self.engine.counters.overtaken();
                        Some(value)
                    }
                }
            }
            storing => {
                let voided = !self.engine.discard(self.hash, self.number(), !kept);
                if storing.is_some() || voided {
                    self.engine.counters.overtaken();
                }
                Some(value)
            }
        };
        // A voided flight may have waiters from before; one that is out of the table gets no new ones. So only now is it certain
        // that no tag was invalidated before somebody joined. What is not kept may have carried any tag.
        if let Some(value) = landing {
            let stands = kept && tags.stand_since(captured);
            self.flight.land(Landing::Value { value, overtaken: (!stands).then_some(captured) });
        }
        self.ended = true;
    }

    /// Ends the load with an error.
    pub(crate) fn fail(mut self, error: Option<SharedError>) {
        self.engine.counters.loaded(&self.timing, true);
        self.span.end("error");
        self.engine.discard(self.hash, self.number(), false);
        self.flight.land(Landing::Failed(error));
        self.ended = true;
    }
}

impl<K: Eq + 'static, V: Clone + 'static> Drop for Lead<K, V> {
    fn drop(&mut self) {
        if !self.ended {
            self.engine.abandon(self.hash, &self.flight);
        }
    }
}

/// The inside of a load: code that runs there is known to run for it.
pub(crate) struct Inside {
    span: LoadSpan,
    number: u64,
}

impl Inside {
    pub(crate) fn run<R>(&self, body: impl FnOnce() -> R) -> R {
        self.span.within(|| context::inside_load(self.number, body))
    }
}

/// What asking for a key comes to.
pub(crate) enum Acquired<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    /// A value: resident, or from a load that was joined.
    Value(V),
    /// Load it.
    Lead(Lead<K, V>),
    /// The load that was joined failed with an error to share; the want is for those who cannot use it.
    Failed(SharedError, Want<K>),
    /// Run the body and leave the cache alone.
    Alone,
}

/// Asks for a key until there is an answer. Dropping it gives up one's place in line.
pub(crate) struct Acquire<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    engine: Shared<K, V>,
    stage: Stage<K, V>,
    waited: bool,
    /// Whether the call is in the statistics: once, however often it asks.
    counted: bool,
    /// Whether a load that was waited for failed without an error to share.
    failed: bool,
}

enum Stage<K, V>
where
    K: Eq + 'static,
    V: Clone + 'static,
{
    Ask(Want<K>),
    Wait(Box<Waits<K, V>>),
    Done,
}

// Nothing in it refers to itself.
impl<K: Eq + 'static, V: Clone + 'static> Unpin for Acquire<K, V> {}

impl<K: Eq + 'static, V: Clone + 'static> Acquire<K, V> {
    pub(crate) fn new(engine: impl Into<Shared<K, V>>, want: Want<K>) -> Self {
        Self { engine: engine.into(), stage: Stage::Ask(want), waited: false, counted: false, failed: false }
    }

    /// Begins anew with a want that it gave back.
    pub(crate) fn ask_again(&mut self, want: Want<K>) {
        self.stage = Stage::Ask(want);
    }

    /// Whether a load that was waited for failed, and its waiters are to load each for itself.
    pub(crate) fn saw_failure(&self) -> bool {
        self.failed
    }
}

/// Counts the call, unless it was counted when it asked before.
fn once(counted: &mut bool, count: impl FnOnce()) {
    if !std::mem::replace(counted, true) {
        count();
    }
}

impl<K: Eq + 'static, V: Clone + 'static> Future for Acquire<K, V> {
    type Output = Acquired<K, V>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { engine, stage, waited, counted, failed } = &mut *self;
        let found = |counted, value| {
            once(counted, || engine.counters.coalesced());
            Poll::Ready(Acquired::Value(value))
        };
        let missed = |counted, acquired| {
            once(counted, || engine.counters.miss());
            Poll::Ready(acquired)
        };
        loop {
            match std::mem::replace(stage, Stage::Done) {
                Stage::Ask(want) => {
                    let mut gone = Departures::none(engine);
                    match engine.begin(want, &mut gone) {
                        Begun::Found(value) if *waited => return found(counted, value),
                        Begun::Found(value) => {
                            // Stored by somebody between the look-up and the lock: a hit after all.
                            engine.counters.hit();
                            return Poll::Ready(Acquired::Value(value));
                        }
                        Begun::Lead { flight, hash } => {
                            let lead = Lead::new(engine, flight, hash);
                            if !gone.is_empty() {
                                // Listeners and destructors are the user's code, and may ask for this very key.
                                context::inside_load(lead.number(), || drop(gone));
                            }
                            return missed(counted, Acquired::Lead(lead));
                        }
                        Begun::Alone => return missed(counted, Acquired::Alone),
                        Begun::Wait(waits) => {
                            *waited = true;
                            *stage = Stage::Wait(waits);
                        }
                    }
                }
                Stage::Wait(waits) => {
                    let Poll::Ready(woken) = waits.seat.flight.poll_waiter(waits.seat.id, cx) else {
                        *stage = Stage::Wait(waits);
                        return Poll::Pending;
                    };
                    let Waits { mut want, mut seat } = *waits;
                    seat.left = true;
                    match woken {
                        Woken::Landed(_) if !seat.heeded => *stage = Stage::Ask(want),
                        Woken::Landed(Landing::Value { overtaken: Some(captured), .. }) if seat.joined > captured => {
                            *stage = Stage::Ask(want)
                        }
                        Woken::Landed(Landing::Value { value, .. }) => return found(counted, value),
                        Woken::Landed(Landing::Failed(Some(error))) => {
                            return missed(counted, Acquired::Failed(error, want));
                        }
                        Woken::Landed(Landing::Failed(None)) => {
                            // All who waited load at once, each for itself: one after another would be a convoy.
                            want.reuse = Reuse::Entry;
                            *failed = true;
                            *stage = Stage::Ask(want);
                        }
                        Woken::Landed(Landing::Void) => *stage = Stage::Ask(want),
                        Woken::Baton => {
                            let lead = Lead::new(engine, Arc::clone(&seat.flight), seat.hash);
                            // The load begins anew, and with it what may overtake it.
                            seat.flight.recapture(engine.tags.capture());
                            if engine.shard(seat.hash).write().has_loading(seat.hash, seat.flight.number) {
                                // Now: a key's destructor is the user's code, and what is being returned when one panics is never dropped.
                                drop(want);
                                return missed(counted, Acquired::Lead(lead));
                            }
                            drop(lead); // voided: everybody who waited looks again
                            *stage = Stage::Ask(want);
                        }
                    }
                }
                Stage::Done => {
                    debug_assert!(false, "polled after it was ready");
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<K> Want<K> {
    pub(crate) fn new(hash: u64, key: K, reuse: Reuse) -> Self {
        Self { hash, key, tags: Vec::new(), reuse }
    }
}
