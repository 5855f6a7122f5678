//! Waiting for whichever of two things comes first.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

pub(super) async fn race(a: impl Future, b: impl Future) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|cx| {
        if a.as_mut().poll(cx).is_ready() || b.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}
