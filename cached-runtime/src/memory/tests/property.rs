//! Any sequence of operations, loads that overlap with everything included, against [`Reference`].

use std::fmt::Write;
use std::future::Future;
use std::hash::Hash;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::reference::{self, Answer, Asker, KEYS, Occasion, PATTERNS, Reference, TAGS, text_of};
use crate::cause::EvictionCause;
use crate::clock::ManualClock;
use crate::key::Pattern;
use crate::memory::{Acquire, Acquired, Engine, Lead, Policy, Reuse, Setup, Storing, Want};
use crate::policy::Freshness;

/// A value to put in.
#[derive(Clone, Copy, Debug)]
struct Deed {
    weight: usize,
    tags: u8,
    null: bool,
    /// For jitter, in quarters.
    chance: u8,
    keep: bool,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Value(Deed),
    Error { shared: bool },
    Dropped,
}

#[derive(Clone, Debug)]
enum Op {
    Get(u8),
    Peek(u8),
    Insert(u8, Deed),
    /// A whole call, which runs its load at once.
    Load(u8, u8, End),
    /// A call that is still waiting or loading when the next operation comes.
    Begin {
        key: u8,
        tags: u8,
        reuse: Reuse,
        understands: bool,
    },
    /// Ends one of the loads under way.
    Finish(usize, End),
    /// Looks whether there is an answer for one of the calls that wait.
    Poll(usize),
    /// One of the calls that wait is dropped.
    Leave(usize),
    InvalidateKey(u8),
    InvalidateText(u8),
    InvalidateMatching(usize),
    InvalidateTag(u8),
    Clear,
    /// In quarters of a second, which ticks represent exactly.
    Advance(u32),
    RunPending,
}

fn deed() -> impl Strategy<Value = Deed> {
    let weight = prop_oneof![4 => 0..3usize, 1 => 3..8usize];
    let tags = prop_oneof![3 => Just(0), 1 => 0..1u8 << TAGS];
    (weight, tags, prop::bool::weighted(0.2), 0..4u8, prop::bool::weighted(0.9))
        .prop_map(|(weight, tags, null, chance, keep)| Deed { weight, tags, null, chance, keep })
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        6 => deed().prop_map(End::Value),
        1 => any::<bool>().prop_map(|shared| End::Error { shared }),
        1 => Just(End::Dropped),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    // Few keys meet often; many fill the cache.
    let key = || prop_oneof![2 => 0..4u8, 1 => 0..KEYS];
    let tags = || prop_oneof![2 => Just(0), 1 => 0..1u8 << TAGS];
    let reuse = prop_oneof![8 => Just(Reuse::Anything), 1 => Just(Reuse::Entry), 1 => Just(Reuse::Nothing)];
    prop_oneof![
        8 => key().prop_map(Op::Get),
        2 => key().prop_map(Op::Peek),
        6 => (key(), deed()).prop_map(|(key, deed)| Op::Insert(key, deed)),
        8 => (key(), tags(), end()).prop_map(|(key, tags, end)| Op::Load(key, tags, end)),
        8 => (key(), tags(), reuse, any::<bool>())
            .prop_map(|(key, tags, reuse, understands)| Op::Begin { key, tags, reuse, understands }),
        6 => (any::<usize>(), end()).prop_map(|(nth, end)| Op::Finish(nth, end)),
        4 => any::<usize>().prop_map(Op::Poll),
        1 => any::<usize>().prop_map(Op::Leave),
        2 => key().prop_map(Op::InvalidateKey),
        2 => key().prop_map(Op::InvalidateText),
        1 => (0..PATTERNS.len()).prop_map(Op::InvalidateMatching),
        2 => (0..TAGS).prop_map(Op::InvalidateTag),
        1 => Just(Op::Clear),
        3 => (1..12u32).prop_map(Op::Advance),
        1 => Just(Op::RunPending),
    ]
}

#[derive(Clone, Copy, Debug)]
struct Case {
    capacity: u64,
    policy: Policy,
    shards: usize,
    freshness: Freshness,
    /// How many different hashes there are: fewer than keys make them collide.
    hashes: u8,
}

fn case() -> impl Strategy<Value = Case> {
    let seconds = Duration::from_secs;
    let capacity = prop::sample::select(vec![1, 2, 16, 1000, 1 << 40]);
    let policy = prop::sample::select(vec![Policy::Adaptive, Policy::Lru]);
    let ttl = prop::sample::select(vec![None, Some(seconds(8)), Some(seconds(2)), Some(Duration::MAX)]);
    let null_ttl = prop::sample::select(vec![None, Some(seconds(1)), Some(Duration::ZERO)]);
    let jitter = prop::sample::select(vec![0.0, 0.5, 1.0]);
    let shards = prop::sample::select(vec![1, 1, 2, 8]);
    (capacity, policy, shards, ttl, null_ttl, jitter, prop::sample::select(vec![1, 3, KEYS])).prop_map(
        |(capacity, policy, shards, ttl, null_ttl, jitter, hashes)| Case {
            capacity,
            policy,
            shards,
            freshness: Freshness { ttl, null_ttl, jitter },
            hashes,
        },
    )
}

/// An error that loads share; it is told from others by nothing.
#[derive(Debug)]
struct Oops;

/// The engine and the reference, side by side.
struct Bench {
    case: Case,
    clock: ManualClock,
    engine: Arc<Engine<u8, u64>>,
    events: Arc<Mutex<Vec<(u8, u64, EvictionCause)>>>,
    reference: Reference,
    /// Calls that wait, with the reference's idea of them.
    askers: Vec<(usize, Acquire<u8, u64>, Asker)>,
    /// Loads under way, with the reference's number.
    leads: Vec<(Lead<u8, u64>, usize)>,
    values: u64,
    calls: usize,
}

impl Bench {
    fn new(case: Case) -> Self {
        let clock = ManualClock::new();
        let events = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&events);
        let engine = Engine::new(Setup {
            name: "property".to_owned(),
            capacity: case.capacity,
            policy: case.policy,
            clock: clock.clock(),
            tagged: true,
            text: Some(Box::new(|key, out| out.write_str(&text_of(*key)))),
            listener: Some(Box::new(move |key, value, cause| heard.lock().unwrap().push((*key, *value, cause)))),
            shards: Some(case.shards),
        });
        let reference = Reference::new(case.capacity, case.shards, case.policy);
        let (askers, leads) = (Vec::new(), Vec::new());
        Self { case, clock, engine: Arc::new(engine), events, reference, askers, leads, values: 0, calls: 0 }
    }

    fn hash(&self, key: u8) -> u64 {
        self.engine.hash(|state| (key % self.case.hashes).hash(state))
    }

    fn events(&self) -> Vec<(u8, u64, EvictionCause)> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }

    fn weight(&self, class: usize) -> u32 {
        let capacity = self.case.capacity;
        let weight = [0, 1, 1, 2, capacity / 2, capacity, capacity + 1, u64::from(u32::MAX)][class];
        u32::try_from(weight).unwrap_or(u32::MAX)
    }

    /// How a value is to be kept, as both sides say it; nothing if it is not to be kept.
    fn storing(&self, deed: Deed) -> Option<(Storing, reference::Storing)> {
        let lifetime = self.case.freshness.lifetime(deed.null, || f64::from(deed.chance) / 4.0);
        if !deed.keep || lifetime == Some(Duration::ZERO) {
            return None;
        }
        let weight = self.weight(deed.weight);
        Some((
            Storing::new(lifetime, weight, tags(deed.tags)),
            reference::Storing {
                lifetime: lifetime.filter(|lifetime| *lifetime != Duration::MAX),
                weight,
                tags: deed.tags,
            },
        ))
    }

    fn value(&mut self) -> u64 {
        self.values += 1;
        self.values
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Get(key) => {
                let found = self.engine.get(self.hash(key), |other| *other == key);
                if found.is_none() {
                    self.engine.counters.miss();
                }
                assert_eq!(found, self.reference.get(key));
            }
            Op::Peek(key) => {
                let found = self.engine.peek(self.hash(key), |other| *other == key);
                assert_eq!(found, self.reference.peek(key));
            }
            Op::Insert(key, deed) => {
                let Some((storing, described)) = self.storing(deed) else { return };
                let value = self.value();
                self.engine.insert(self.hash(key), key, value, &storing);
                self.reference.insert(key, value, described, self.events());
            }
            Op::Load(key, tags, end) => {
                let leads = self.leads.len();
                self.begin(Asker::new(key, tags, Reuse::Anything, true));
                if self.leads.len() > leads {
                    self.finish(leads, end);
                }
            }
            Op::Begin { key, tags, reuse, understands } => self.begin(Asker::new(key, tags, reuse, understands)),
            Op::Finish(nth, end) => {
                if let Some(nth) = nth.checked_rem(self.leads.len()) {
                    self.finish(nth, end);
                }
            }
            Op::Poll(nth) => {
                if let Some(nth) = nth.checked_rem(self.askers.len()) {
                    let (id, acquire, asker) = self.askers.remove(nth);
                    self.poll(id, acquire, asker);
                }
            }
            Op::Leave(nth) => {
                if let Some(nth) = nth.checked_rem(self.askers.len()) {
                    let (id, acquire, asker) = self.askers.remove(nth);
                    drop(acquire);
                    self.reference.leave(id, &asker);
                }
            }
            Op::InvalidateKey(key) => {
                let removed = self.engine.invalidate_key(self.hash(key), |other| *other == key);
                self.invalidated(removed, &|other| other == key);
            }
            Op::InvalidateText(key) => {
                let removed = self.engine.invalidate_text(&text_of(key));
                self.invalidated(removed, &|other| other == key);
            }
            Op::InvalidateMatching(nth) => {
                let (pattern, named) = PATTERNS[nth];
                let removed = self.engine.invalidate_matching_text(&Pattern::new(pattern));
                self.invalidated(removed, &named);
            }
            Op::InvalidateTag(tag) => {
                self.engine.invalidate_tag(&format!("t{tag}"));
                self.reference.invalidate_tag(tag);
            }
            Op::Clear => {
                let removed = self.engine.clear();
                self.invalidated(removed, &|_| true);
            }
            Op::Advance(quarters) => {
                let by = Duration::from_millis(250) * quarters;
                self.clock.advance(by);
                self.reference.now += by;
            }
            Op::RunPending => {
                self.engine.sweep();
                self.reference.left(self.events(), &Occasion::Other);
                assert_eq!(self.engine.len(), self.reference.resident().len(), "a sweep leaves nothing dead");
            }
        }
    }

    fn invalidated(&mut self, removed: usize, named: &dyn Fn(u8) -> bool) {
        let events = self.events();
        assert_eq!(removed, events.len());
        self.reference.invalidate(named, events);
    }

    fn begin(&mut self, asker: Asker) {
        let mut want = Want::new(self.hash(asker.key), asker.key, asker.reuse.clone());
        want.tags = tags(asker.tags);
        self.calls += 1;
        self.poll(self.calls, Acquire::new(Arc::clone(&self.engine), want), asker);
    }

    fn poll(&mut self, id: usize, mut acquire: Acquire<u8, u64>, mut asker: Asker) {
        let polled = loop {
            match pin!(&mut acquire).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Acquired::Failed(_, mut want)) if !asker.understands => {
                    want.reuse = Reuse::Entry;
                    acquire.ask_again(want);
                }
                polled => break polled,
            }
        };
        let mut events = self.events();
        let expected = self.reference.ask(id, &mut asker, &mut events);
        assert!(events.is_empty(), "nothing leaves unexpectedly");
        match (polled, expected) {
            (Poll::Ready(Acquired::Value(value)), expected) => assert_eq!(Answer::Value(value), expected),
            (Poll::Ready(Acquired::Lead(lead)), Answer::Lead(at)) => self.leads.push((lead, at)),
            (Poll::Ready(Acquired::Failed(..)), Answer::Failed) => {}
            (Poll::Pending, Answer::Wait) => self.askers.push((id, acquire, asker)),
            (polled, expected) => panic!("{expected:?} was expected, not {}", describe(&polled)),
        }
    }

    fn finish(&mut self, nth: usize, end: End) {
        let (lead, at) = self.leads.remove(nth);
        match end {
            End::Value(deed) => {
                let value = self.value();
                let (storing, described) = self.storing(deed).unzip();
                lead.complete(value, storing);
                self.reference.complete(at, value, described, self.events());
            }
            End::Error { shared } => {
                lead.fail(shared.then(|| Arc::new(Oops) as _));
                self.reference.fail(at, shared);
            }
            End::Dropped => {
                drop(lead);
                self.reference.abandon(at);
            }
        }
    }

    fn check(&self) {
        self.engine.validate();
        assert!(self.events().is_empty());
        let mut resident = Vec::new();
        self.engine.visit(|key, value, _, _| resident.push((*key, *value)));
        resident.sort_unstable();
        assert_eq!(resident, self.reference.resident());
        let (stats, counts) = (self.engine.stats(), self.reference.counts);
        assert_eq!(stats.entries, self.reference.entries.len() as u64);
        assert_eq!(stats.weight, self.reference.entries.values().map(|entry| entry.weight).sum::<u64>());
        let evictions = stats.evictions;
        let counted = reference::Counts {
            hits: stats.hits,
            misses: stats.misses,
            coalesced: stats.coalesced,
            loads: stats.loads,
            load_errors: stats.load_errors,
            overtaken: stats.overtaken,
            rejected: stats.rejected,
            evicted: [evictions.capacity, evictions.expired, evictions.invalidated, evictions.replaced],
        };
        assert_eq!(counted, counts);
    }

    /// Ends everything under way: nobody who waits is forgotten, and what is left leaves once.
    fn wind_up(mut self) {
        while !self.leads.is_empty() || !self.askers.is_empty() {
            while !self.leads.is_empty() {
                self.finish(0, End::Dropped);
            }
            let waiting = self.askers.len();
            for (id, acquire, asker) in std::mem::take(&mut self.askers) {
                self.poll(id, acquire, asker);
            }
            assert!(self.askers.len() < waiting || waiting == 0, "G5: somebody leads on");
            self.check();
        }
        self.run(Op::Clear);
        self.check();
        assert_eq!(self.engine.len(), 0);
    }
}

fn tags(mask: u8) -> Vec<String> {
    (0..TAGS).filter(|tag| mask & (1 << tag) != 0).map(|tag| format!("t{tag}")).collect()
}

fn describe(polled: &Poll<Acquired<u8, u64>>) -> String {
    let mut text = String::new();
    let _ = match polled {
        Poll::Pending => write!(text, "to wait"),
        Poll::Ready(Acquired::Value(value)) => write!(text, "value {value}"),
        Poll::Ready(Acquired::Lead(_)) => write!(text, "a load"),
        Poll::Ready(Acquired::Failed(..)) => write!(text, "an error"),
        Poll::Ready(Acquired::Alone) => write!(text, "a load beside the cache"),
    };
    text
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// G2, G5, G7, G8, G11, and that statistics and the eviction listener tell the truth.
    #[test]
    fn the_engine_does_what_the_reference_says(case in case(), ops in prop::collection::vec(op(), 1..120)) {
        let mut bench = Bench::new(case);
        for op in ops {
            bench.run(op);
            bench.check();
        }
        bench.wind_up();
    }
}
