//! Who may have the value of a load that was overtaken: those who came before the invalidation, and nobody else (G7, G8).

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::memory::{Acquire, Acquired, Engine, Lead, Policy, Reuse, Setup, Storing, Want};

fn engine() -> Arc<Engine<u8, u64>> {
    Arc::new(Engine::new(Setup {
        name: "waiters".to_owned(),
        capacity: 4,
        policy: Policy::Lru,
        clock: crate::clock::Clock::system(),
        tagged: true,
        text: None,
        listener: None,
        shards: Some(1),
    }))
}

fn poll(acquire: &mut Acquire<u8, u64>) -> Poll<Acquired<u8, u64>> {
    pin!(acquire).poll(&mut Context::from_waker(Waker::noop()))
}

fn ask(engine: &Arc<Engine<u8, u64>>) -> Acquire<u8, u64> {
    Acquire::new(Arc::clone(engine), Want::new(7, 1, Reuse::Anything))
}

fn lead(engine: &Arc<Engine<u8, u64>>) -> Lead<u8, u64> {
    match poll(&mut ask(engine)) {
        Poll::Ready(Acquired::Lead(lead)) => lead,
        _ => panic!("there is nothing to wait for"),
    }
}

fn tagged() -> Option<Storing> {
    Some(Storing::new(None, 1, vec!["tag".to_owned()]))
}

#[test]
fn whoever_came_before_the_invalidation_has_the_value_and_whoever_came_after_loads() {
    let engine = engine();
    let lead = lead(&engine);
    let mut early = ask(&engine);
    assert!(poll(&mut early).is_pending());
    engine.invalidate_tag("tag");
    let mut late = ask(&engine);
    assert!(poll(&mut late).is_pending(), "that the load carries the tag is not known yet");
    lead.complete(5, tagged());
    assert!(matches!(poll(&mut early), Poll::Ready(Acquired::Value(5))));
    assert!(matches!(poll(&mut late), Poll::Ready(Acquired::Lead(_))));
}

#[test]
fn a_collected_tag_does_not_make_an_early_invalidation_look_like_a_late_one() {
    let engine = engine();
    let lead = lead(&engine);
    engine.invalidate_tag("tag");
    let mut late = ask(&engine);
    assert!(poll(&mut late).is_pending());
    // So many that the cell of `tag`, which nothing refers to, is collected; what is left of it is a floor above them all.
    for other in 0..1_000 {
        engine.invalidate_tag(&format!("other:{other}"));
    }
    lead.complete(5, tagged());
    assert!(matches!(poll(&mut late), Poll::Ready(Acquired::Lead(_))));
}

#[test]
fn a_value_that_is_not_kept_may_have_carried_any_tag() {
    let engine = engine();
    let lead = lead(&engine);
    let mut early = ask(&engine);
    assert!(poll(&mut early).is_pending());
    engine.invalidate_tag("tag");
    let mut late = ask(&engine);
    assert!(poll(&mut late).is_pending());
    lead.complete(5, None);
    assert!(matches!(poll(&mut early), Poll::Ready(Acquired::Value(5))));
    assert!(matches!(poll(&mut late), Poll::Ready(Acquired::Lead(_))));
}
