//! Single flight: one load, any number of waiters, threads and tasks alike.
//!
//! A [`Flight`] is what a load under way and those who wait for it share. It knows nothing of tables or keys: the engine
//! keeps flights beside its entries and decides who may join. Waiters are wakers; a thread waits by parking under a waker of its own.
//!
//! A leader that goes away without a result (dropped, panicked, cancelled) passes the *baton* to the waiter that came first. A
//! waiter that goes away with the baton in hand passes it on. So a load either ends or is taken over, as long as
//! anybody waits for it.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::{Mutex, thread};
use crate::tag::{Epoch, Tags};

/// An error that several callers receive; each clones it back out.
pub(crate) type SharedError = Arc<dyn Any + Send + Sync>;

/// How a flight ended, as those see it who waited.
#[derive(Clone, Debug)]
pub(crate) enum Landing<V> {
    /// The load brought this value. If one of its tags was invalidated meanwhile, `overtaken` is the epoch that the load had
    /// captured, and whoever joined at a later one may not have the value: the invalidation may have returned before they came.
    Value { value: V, overtaken: Option<Epoch> },
    /// The load failed. Without an error to share, each waiter loads for itself.
    Failed(Option<SharedError>),
    /// An invalidation made the flight pointless and its leader is gone: look again.
    Void,
}

/// One load under way.
#[derive(Debug)]
pub(crate) struct Flight<V> {
    /// Tells flights apart, in order of their beginning.
    pub(crate) number: u64,
    /// The tags known before the load.
    pub(crate) tags: Tags,
    /// The tag epoch before the load began, or before the present leader took over.
    captured: AtomicU64,
    /// What shows in a shared store that this load is under way.
    lease: Mutex<Option<Box<Lease>>>,
    /// Whether it goes on without a lease: nothing tells any more if it is overtaken elsewhere.
    unshared: AtomicBool,
    /// Whether anybody ever waited for it.
    joined: AtomicBool,
    state: Mutex<State<V>>,
}

/// A load's mark in a shared store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// What stands under the key while the load runs.
    pub(crate) token: u128,
    /// The generations of the tags known before the load, at its beginning.
    pub(crate) generations: Vec<u64>,
}

/// Which loads of others may answer a call that reads a shared store itself.
///
/// An invalidation elsewhere reaches the store and not this process. So a load may be joined only if it began after the call did, or
/// if the call has seen with its own eyes that the load's lease still stands (G7).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Since {
    /// Loads with higher numbers began later than the call.
    pub(crate) arrived: u64,
    /// The lease that the call saw.
    pub(crate) seen: Option<Box<Lease>>,
}

/// The numbers of flights, in order of their beginning.
static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

fn next_number() -> u64 {
    NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

impl Since {
    /// Now, with nothing seen yet.
    pub(crate) fn now() -> Self {
        Self { arrived: next_number(), seen: None }
    }

    /// Whether the flight's value is at most as old as the call.
    pub(crate) fn accepts<V>(&self, flight: &Flight<V>) -> bool {
        flight.number > self.arrived || (self.seen.is_some() && self.seen == *flight.lease.lock())
    }
}

#[derive(Debug)]
struct State<V> {
    landing: Option<Landing<V>>,
    /// Made for the first who waits: for most loads nobody does.
    line: Option<Box<Line>>,
}

/// Those who wait.
#[derive(Debug, Default)]
struct Line {
    /// By order of arrival.
    waiters: BTreeMap<u64, Option<Waker>>,
    arrivals: u64,
    /// The waiter that is to lead on.
    baton: Option<u64>,
}

/// What a leader without a result leaves behind.
#[derive(Debug)]
pub(crate) enum Abandoned {
    /// A waiter leads on; wake it, outside every lock.
    HandedOver(Option<Waker>),
    /// Nobody waits.
    Empty,
}

impl<V> Flight<V> {
    pub(crate) fn new(tags: Tags, captured: Epoch) -> Self {
        Self {
            number: next_number(),
            tags,
            captured: AtomicU64::new(captured.0),
            lease: Mutex::new(None),
            unshared: AtomicBool::new(false),
            joined: AtomicBool::new(false),
            state: Mutex::new(State { landing: None, line: None }),
        }
    }

    /// Whether no tag known before the load was invalidated since: if one was, those who come now must not join.
    pub(crate) fn stands(&self) -> bool {
        self.tags.is_empty() || self.tags.stand_since(self.captured())
    }

    pub(crate) fn captured(&self) -> Epoch {
        Epoch(self.captured.load(Ordering::Acquire))
    }

    /// A new leader begins the load anew, so it captures anew.
    pub(crate) fn recapture(&self, captured: Epoch) {
        self.captured.store(captured.0, Ordering::Release);
    }

    /// The load's lease stands in the shared store.
    pub(crate) fn leased(&self, lease: Lease) {
        *self.lease.lock() = Some(Box::new(lease));
    }

    /// The load goes on without a lease.
    pub(crate) fn unshared(&self) {
        self.unshared.store(true, Ordering::Release);
    }

    pub(crate) fn is_unshared(&self) -> bool {
        self.unshared.load(Ordering::Acquire)
    }

    /// Adds a waiter. The caller must hold the lock under which flights are found and removed.
    pub(crate) fn join(&self) -> u64 {
        self.joined.store(true, Ordering::Relaxed);
        let mut state = self.state.lock();
        let line = state.line.get_or_insert_default();
        let id = line.arrivals;
        line.arrivals += 1;
        line.waiters.insert(id, None);
        id
    }

    /// Whether somebody may be waiting. The caller must hold the same lock.
    pub(crate) fn was_joined(&self) -> bool {
        self.joined.load(Ordering::Relaxed)
    }

    /// Ends the flight and wakes everybody, first come first.
    pub(crate) fn land(&self, landing: Landing<V>) {
        let line = {
            let mut state = self.state.lock();
            state.landing = Some(landing);
            state.line.take()
        };
        line.into_iter().flat_map(|line| line.waiters.into_values()).flatten().for_each(Waker::wake);
    }

    /// Passes the lead to the waiter that came first, if there is one.
    pub(crate) fn abandon(&self) -> Abandoned {
        let mut state = self.state.lock();
        let Some(line) = &mut state.line else { return Abandoned::Empty };
        let Some((&first, waker)) = line.waiters.iter_mut().next() else { return Abandoned::Empty };
        let waker = waker.take();
        line.baton = Some(first);
        Abandoned::HandedOver(waker)
    }

    /// Takes a waiter out. True if it held the baton, which the caller must now pass on.
    pub(crate) fn leave(&self, id: u64) -> bool {
        let mut state = self.state.lock();
        // There is none any more when the flight has landed.
        let Some(line) = &mut state.line else { return false };
        line.waiters.remove(&id);
        line.baton.take_if(|baton| *baton == id).is_some()
    }
}

/// What a waiter is woken for.
#[derive(Debug)]
pub(crate) enum Woken<V> {
    /// The flight ended.
    Landed(Landing<V>),
    /// The leader is gone and this waiter leads on; it has left the line already.
    Baton,
}

impl<V: Clone> Flight<V> {
    /// Whether there is something for waiter `id`; if not, its waker is kept.
    pub(crate) fn poll_waiter(&self, id: u64, cx: &mut Context<'_>) -> Poll<Woken<V>> {
        let mut state = self.state.lock();
        if let Some(landing) = &state.landing {
            return Poll::Ready(Woken::Landed(landing.clone()));
        }
        let Some(line) = &mut state.line else { return Poll::Pending };
        if line.baton.take_if(|baton| *baton == id).is_some() {
            line.waiters.remove(&id);
            return Poll::Ready(Woken::Baton);
        }
        let replaced = match line.waiters.get_mut(&id) {
            Some(Some(known)) if known.will_wake(cx.waker()) => None,
            Some(slot) => slot.replace(cx.waker().clone()),
            None => None,
        };
        drop(state);
        drop(replaced); // a waker's drop is foreign code, so it runs outside the lock
        Poll::Pending
    }
}

/// Blocks the thread until `future` is ready. No executor is involved; the waker unparks the thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }

        fn wake_by_ref(self: &Arc<Self>) {
            self.0.unpark();
        }
    }
    // A task that polls tokio's channels too often without a pause is told to wait until it has let others run. It cannot do that while it
    // blocks its thread here, so this is not to count.
    #[cfg(all(feature = "shared", not(shuttle)))]
    let future = tokio::task::coop::unconstrained(future);
    let mut future = pin!(future);
    // Most do not have to wait, and need nobody to wake them.
    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return output;
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    fn flight() -> Flight<u32> {
        Flight::new(Tags::default(), Epoch(0))
    }

    fn poll(flight: &Flight<u32>, id: u64) -> Poll<Woken<u32>> {
        flight.poll_waiter(id, &mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_baton_goes_to_whoever_came_first_and_on_when_it_is_dropped() {
        let flight = flight();
        let (first, second) = (flight.join(), flight.join());
        assert!(matches!(flight.abandon(), Abandoned::HandedOver(_)));
        assert!(poll(&flight, second).is_pending());
        assert!(flight.leave(first), "the first held the baton");
        assert!(matches!(flight.abandon(), Abandoned::HandedOver(_)));
        assert!(matches!(poll(&flight, second), Poll::Ready(Woken::Baton)));
        assert!(matches!(flight.abandon(), Abandoned::Empty));
    }

    #[test]
    fn everybody_receives_the_landing() {
        let flight = flight();
        let ids = [flight.join(), flight.join(), flight.join()];
        flight.land(Landing::Value { value: 7, overtaken: None });
        for id in ids {
            assert!(matches!(poll(&flight, id), Poll::Ready(Woken::Landed(Landing::Value { value: 7, .. }))));
        }
    }
}
