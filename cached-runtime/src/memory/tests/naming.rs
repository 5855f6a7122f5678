//! The text index, which is made when somebody asks for a text for the first time.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::memory::{Acquire, Acquired, Engine, Policy, Reuse, Setup, Storing, Want};

thread_local! {
    static RENDERED: Cell<usize> = const { Cell::new(0) };
    /// A key that panics when it is rendered.
    static BAD: Cell<Option<u64>> = const { Cell::new(None) };
}

/// An engine whose keys count how often they are rendered.
fn engine() -> Arc<Engine<u64, u64>> {
    Arc::new(Engine::new(setup()))
}

fn setup() -> Setup<u64, u64> {
    Setup {
        name: "naming".to_owned(),
        capacity: 10_000,
        policy: Policy::Lru,
        clock: crate::clock::Clock::system(),
        tagged: false,
        text: Some(Box::new(|key, out| {
            RENDERED.set(RENDERED.get() + 1);
            assert_ne!(BAD.get(), Some(*key), "a key that cannot be rendered");
            write!(out, "k:{key}")
        })),
        listener: None,
        shards: Some(4),
    }
}

fn hash_of(key: u64) -> u64 {
    fastrand::Rng::with_seed(key).u64(..)
}

fn put(engine: &Engine<u64, u64>, key: u64) {
    engine.insert(hash_of(key), key, key, &Storing::plain(None));
}

fn has(engine: &Engine<u64, u64>, key: u64) -> bool {
    engine.peek(hash_of(key), |other| *other == key).is_some()
}

#[test]
fn no_text_is_rendered_before_somebody_names_one() {
    let engine = engine();
    (0..600).for_each(|key| put(&engine, key));
    engine.clear();
    (0..600).for_each(|key| put(&engine, key));
    assert_eq!(RENDERED.get(), 0);
    engine.validate();
    assert_eq!(engine.invalidate_text("k:7"), 1);
    assert!(!has(&engine, 7) && has(&engine, 8));
    assert_eq!(RENDERED.get(), 600 + 1, "each once, and one to be sure of it");
    engine.validate();
    put(&engine, 7);
    put(&engine, 8);
    engine.validate();
    assert_eq!((engine.invalidate_text("k:7"), engine.invalidate_text("k:8")), (1, 1));
    engine.clear();
    engine.validate();
    put(&engine, 9);
    assert_eq!(engine.invalidate_text("k:9"), 1, "after all was cleared, too");
}

#[test]
fn a_load_that_began_before_is_voided_by_its_text() {
    let engine = engine();
    let want = || Want::new(hash_of(7), 7, Reuse::Anything);
    let begin = || {
        let acquire = pin!(Acquire::new(Arc::clone(&engine), want()));
        match acquire.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Acquired::Lead(lead)) => lead,
            _ => panic!("there is nothing to wait for"),
        }
    };
    let storing = || Some(Storing::plain(None));
    let lead = begin();
    assert_eq!(engine.invalidate_text("k:7"), 0);
    lead.complete(1, storing());
    assert!(!has(&engine, 7), "G7");
    let lead = begin();
    assert_eq!(engine.invalidate_text("k:8"), 0);
    lead.complete(1, storing());
    engine.validate();
    assert_eq!(engine.invalidate_text("k:7"), 1, "stored under the name that its load had");
}

#[test]
fn a_key_that_panics_leaves_the_rest_to_the_next_who_asks() {
    let engine = engine();
    (0..600).for_each(|key| put(&engine, key));
    BAD.set(Some(300));
    assert!(catch_unwind(AssertUnwindSafe(|| engine.invalidate_text("k:1"))).is_err());
    BAD.set(None);
    // Some of these in shards whose entries have names by now, some in others.
    (600..650).for_each(|key| put(&engine, key));
    assert_eq!(engine.invalidate_text("k:1"), 1);
    engine.validate();
    assert!((600..650).all(|key| engine.invalidate_text(&format!("k:{key}")) == 1));
}

#[test]
fn a_load_whose_key_panicked_does_not_go_by_the_name_of_another() {
    let engine = Arc::new(Engine::new(Setup { shards: Some(1), ..setup() }));
    put(&engine, 1);
    let acquire = pin!(Acquire::new(Arc::clone(&engine), Want::new(hash_of(50), 50, Reuse::Anything)));
    let Poll::Ready(Acquired::Lead(lead)) = acquire.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("there is nothing to wait for")
    };
    BAD.set(Some(50));
    assert!(catch_unwind(AssertUnwindSafe(|| engine.invalidate_text("k:1"))).is_err());
    BAD.set(None);
    // Comes with a name, and leaves a slot to the load.
    put(&engine, 2);
    engine.invalidate_key(hash_of(2), |key| *key == 2);
    engine.sweep();
    lead.complete(1, Some(Storing::plain(None)));
    assert!(has(&engine, 50));
    assert_eq!(engine.invalidate_text("k:50"), 1);
    assert!(!has(&engine, 50), "G7");
    engine.validate();
}
