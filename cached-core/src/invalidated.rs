//! What an invalidation leaves in the hands of whoever asked for it.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

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
}

impl Invalidated {
    pub(crate) fn of(removed: usize) -> Self {
        Self { removed }
    }

    /// How many entries left memory at once. Those that leave by a tag leave later and are not counted.
    #[must_use]
    pub fn removed(&self) -> usize {
        self.removed
    }

    /// Blocks until every backend has carried it out.
    pub fn wait(self) {}
}

impl IntoFuture for Invalidated {
    type Output = ();
    type IntoFuture = Invalidating;

    fn into_future(self) -> Invalidating {
        Invalidating { _private: () }
    }
}

/// The future of an [`Invalidated`].
#[derive(Debug)]
pub struct Invalidating {
    _private: (),
}

impl Future for Invalidating {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}
