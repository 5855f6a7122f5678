//! User code that panics: `Eq`, `Clone`, the rendering of keys, listeners. Wherever it does, the engine's books stay exact and
//! nobody who waits is forgotten (G5, G11).

use std::cell::Cell;
use std::collections::HashSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::clock::ManualClock;
use crate::key::Pattern;
use crate::memory::{Acquire, Acquired, Engine, Lead, Policy, Reuse, Setup, Storing, Want};

thread_local! {
    /// How many more times user code runs before it panics.
    static FUSE: Cell<Option<u32>> = const { Cell::new(None) };
}

fn user_code() {
    match FUSE.get() {
        Some(0) => {
            FUSE.set(None);
            panic!("user code panics, on purpose");
        }
        left => FUSE.set(left.map(|left| left - 1)),
    }
}

#[derive(Debug)]
struct Key(u8);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        user_code();
        self.0 == other.0
    }
}

impl Eq for Key {}

#[derive(Debug)]
struct Value(u64);

impl Clone for Value {
    fn clone(&self) -> Self {
        user_code();
        Self(self.0)
    }
}

/// All keys hash alike, so that every look-up compares.
const HASH: u64 = 7;

struct World {
    engine: Arc<Engine<Key, Value>>,
    clock: ManualClock,
    askers: Vec<Acquire<Key, Value>>,
    leads: Vec<Lead<Key, Value>>,
    values: u64,
}

impl World {
    fn new(policy: Policy) -> Self {
        let (clock, left) = (ManualClock::new(), Mutex::new(HashSet::new()));
        let engine = Engine::new(Setup {
            name: "panics".to_owned(),
            capacity: 4,
            policy,
            clock: clock.clock(),
            tagged: true,
            text: Some(Box::new(|key: &Key, out| {
                user_code();
                write!(out, "k:{}", key.0)
            })),
            listener: Some(Box::new(move |_, value: &Value, _| {
                assert!(left.lock().unwrap().insert(value.0), "an entry leaves once");
                user_code();
            })),
            shards: Some(1),
        });
        Self { engine: Arc::new(engine), clock, askers: Vec::new(), leads: Vec::new(), values: 0 }
    }

    fn storing(&self, weight: u32) -> Storing {
        Storing::new(Some(Duration::from_secs(10)), weight, vec!["tag".to_owned()])
    }

    fn value(&mut self) -> Value {
        self.values += 1;
        Value(self.values)
    }

    fn insert(&mut self, key: u8, weight: u32) {
        let (value, storing) = (self.value(), self.storing(weight));
        self.engine.insert(HASH, Key(key), value, &storing);
    }

    fn ask(&mut self, key: u8, reuse: Reuse) {
        let acquire = Acquire::new(Arc::clone(&self.engine), Want::new(HASH, Key(key), reuse));
        self.poll(acquire);
    }

    fn poll(&mut self, mut acquire: Acquire<Key, Value>) {
        match pin!(&mut acquire).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => self.askers.push(acquire),
            Poll::Ready(Acquired::Lead(lead)) => self.leads.push(lead),
            Poll::Ready(_) => {}
        }
    }

    fn poll_all(&mut self) {
        for acquire in std::mem::take(&mut self.askers) {
            self.poll(acquire);
        }
    }

    fn complete(&mut self, weight: Option<u32>) {
        if let Some(lead) = self.leads.pop() {
            let (value, storing) = (self.value(), weight.map(|weight| self.storing(weight)));
            lead.complete(value, storing);
        }
    }

    /// Nobody leads any more; whoever waits takes over, until all have gone.
    fn wind_up(&mut self) {
        let most = self.askers.len() + self.leads.len();
        for _ in 0..=most {
            self.leads.clear();
            for acquire in std::mem::take(&mut self.askers) {
                self.poll(acquire);
            }
        }
        assert!(self.askers.is_empty(), "G5: nobody waits for ever");
        self.leads.clear();
        self.engine.validate();
        self.engine.clear();
        self.engine.validate();
        assert_eq!((self.engine.len(), self.engine.weight()), (0, 0));
    }
}

/// Whatever calls user code under a lock, in states in which there is something to leave half done.
const STEPS: &[fn(&mut World)] = &[
    |world| world.insert(1, 1),
    |world| world.insert(2, 1),
    |world| world.insert(1, 2),
    |world| world.ask(2, Reuse::Nothing),
    |world| world.ask(2, Reuse::Nothing),
    |world| world.ask(3, Reuse::Anything),
    |world| world.ask(3, Reuse::Anything),
    |world| world.ask(3, Reuse::Anything),
    |world| world.complete(Some(2)),
    |world| world.poll_all(),
    |world| world.complete(Some(3)),
    |world| world.complete(Some(1)),
    |world| _ = world.engine.get(HASH, |key| *key == Key(2)),
    |world| _ = world.engine.peek(HASH, |key| *key == Key(3)),
    |world| world.ask(4, Reuse::Anything),
    |world| world.ask(4, Reuse::Anything),
    |world| world.insert(4, 1),
    |world| world.complete(Some(1)),
    |world| world.insert(5, 9),
    |world| world.ask(6, Reuse::Anything),
    |world| world.ask(6, Reuse::Anything),
    |world| world.ask(1, Reuse::Anything),
    |world| _ = world.engine.invalidate_text("k:6"),
    |world| _ = world.engine.invalidate_key(HASH, |key| *key == Key(4)),
    |world| world.complete(None),
    |world| world.insert(7, 1),
    |world| world.engine.invalidate_tag("tag"),
    |world| world.ask(7, Reuse::Anything),
    |world| world.ask(7, Reuse::Anything),
    |world| world.complete(Some(1)),
    |world| world.insert(1, 1),
    |world| world.clock.advance(Duration::from_secs(11)),
    |world| world.ask(1, Reuse::Anything),
    |world| world.insert(8, 1),
    |world| _ = world.engine.invalidate_matching_text(&Pattern::new("k:*")),
    |world| world.insert(2, 1),
    |world| world.insert(3, 1),
    |world| world.leads.clear(),
    |world| world.poll_all(),
    |world| world.engine.sweep(),
    |world| world.complete(Some(1)),
];

#[test]
fn user_code_may_panic_wherever_it_is_called() {
    // With names, keys are rendered from the beginning; without, from the first text on that somebody names.
    for (policy, names) in [(Policy::Lru, true), (Policy::Adaptive, true), (Policy::Adaptive, false)] {
        for fuse in 0.. {
            let mut world = World::new(policy);
            if names {
                world.engine.invalidate_text("k:0");
            }
            FUSE.set(Some(fuse));
            for step in STEPS {
                let _ = catch_unwind(AssertUnwindSafe(|| step(&mut world)));
                let left = FUSE.replace(None);
                world.engine.validate();
                FUSE.set(left);
            }
            let burnt_out = FUSE.replace(None).is_none();
            world.wind_up();
            if !burnt_out {
                assert!(fuse > if names { 100 } else { 90 }, "user code ran only {fuse} times");
                break;
            }
        }
    }
}

#[derive(PartialEq, Eq)]
struct Touchy(u8);

impl Drop for Touchy {
    fn drop(&mut self) {
        user_code();
    }
}

#[test]
fn a_key_whose_destructor_panics_does_not_keep_the_load_that_was_passed_on() {
    let engine: Arc<Engine<Touchy, u64>> = Arc::new(Engine::new(Setup {
        name: "panics".to_owned(),
        capacity: 4,
        policy: Policy::Lru,
        clock: crate::clock::Clock::system(),
        tagged: false,
        text: None,
        listener: None,
        shards: Some(1),
    }));
    let ask = || Acquire::new(Arc::clone(&engine), Want::new(HASH, Touchy(1), Reuse::Anything));
    let poll = |acquire: &mut Acquire<_, _>| pin!(acquire).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Acquired::Lead(lead)) = poll(&mut ask()) else { panic!("nobody else loads") };
    let mut next = ask();
    assert!(poll(&mut next).is_pending());
    drop(lead);
    FUSE.set(Some(0));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut next).is_ready())).is_err(), "the key is dropped");
    assert!(matches!(poll(&mut ask()), Poll::Ready(Acquired::Lead(_))), "nobody waits for a load that nobody runs");
}
