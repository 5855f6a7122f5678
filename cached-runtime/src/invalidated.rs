//! What an invalidation leaves in the hands of whoever asked for it.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use smallvec::SmallVec;

use crate::remote::Ack;

/// An invalidation that was carried out in memory.
///
/// `.await` it in async code or [`wait`](Invalidated::wait) for it in sync code to know that it has reached every backend; over memory
/// alone both return at once, and dropping it is fine.
///
/// # Cancel safety
///
/// The invalidation was handed over before this existed: dropping it, or the future made of it, takes nothing back.
#[derive(Debug)]
pub struct Invalidated {
    removed: usize,
    acks: SmallVec<[Ack; 1]>,
}

impl Invalidated {
    pub(crate) fn of(removed: usize) -> Self {
        Self { removed, acks: SmallVec::new() }
    }

    /// The same with what a shared store is still to confirm.
    pub(crate) fn and(mut self, acks: impl IntoIterator<Item = Ack>) -> Self {
        self.acks.extend(acks);
        self
    }

    /// How many entries left memory at once. Those that leave by a tag leave later and are not counted.
    #[must_use]
    pub fn removed(&self) -> usize {
        self.removed
    }

    /// Blocks until every backend has carried it out, or is known not to answer; what did not get through is remembered, and carried out
    /// before this process reads that backend again.
    pub fn wait(self) {
        self.acks.into_iter().for_each(Ack::wait);
    }
}

impl IntoFuture for Invalidated {
    type Output = ();
    type IntoFuture = Invalidating;

    fn into_future(self) -> Invalidating {
        Invalidating { acks: self.acks }
    }
}

/// The future of an [`Invalidated`].
#[derive(Debug)]
pub struct Invalidating {
    acks: SmallVec<[Ack; 1]>,
}

impl Future for Invalidating {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(ack) = self.acks.last_mut() {
            if Pin::new(ack).poll(cx).is_pending() {
                return Poll::Pending;
            }
            self.acks.pop();
        }
        Poll::Ready(())
    }
}
