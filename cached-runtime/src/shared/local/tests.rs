use std::future::Future;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;

use proptest::prelude::*;

use super::*;
use crate::ManualClock;

const WITHIN: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(60);

/// The answer of an operation that does not wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    match poll(&mut pin!(future)) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("not ready at once"),
    }
}

fn poll<F: Future>(future: &mut std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn kind<T: fmt::Debug>(future: StoreFuture<T>) -> StoreErrorKind {
    now(future).unwrap_err().kind()
}

fn key() -> String {
    String::from("k")
}

#[test]
fn the_contract_holds() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(crate::shared::contract::verify(Arc::new(LocalStore::new()), "contract:")).unwrap();
}

#[test]
fn an_unavailable_store_refuses_everything_and_forgets_nothing() {
    let store = LocalStore::new();
    now(store.set(key(), b"v".to_vec(), LONG, WITHIN)).unwrap();
    store.set_available(false);
    assert_eq!(kind(store.get(vec![key()], WITHIN)), StoreErrorKind::Unavailable);
    assert_eq!(kind(store.remove(vec![key()], WITHIN)), StoreErrorKind::Unavailable);
    assert_eq!(kind(store.ping(WITHIN)), StoreErrorKind::Unavailable);
    assert_eq!(store.raw("k").unwrap(), b"v");
    store.set_available(true);
    assert_eq!(now(store.get(vec![key()], WITHIN)).unwrap(), [Some(b"v".to_vec())]);
    assert_eq!(store.operations(), 5);
}

#[test]
fn a_full_store_stores_nothing_and_removes() {
    let store = LocalStore::new();
    now(store.set(key(), b"v".to_vec(), LONG, WITHIN)).unwrap();
    store.set_full(true);
    assert_eq!(kind(store.set(key(), b"w".to_vec(), LONG, WITHIN)), StoreErrorKind::Refused);
    assert_eq!(kind(store.add(key(), b"w".to_vec(), LONG, None, WITHIN)), StoreErrorKind::Refused);
    assert_eq!(kind(store.swap(key(), b"v".to_vec(), b"w".to_vec(), LONG, WITHIN)), StoreErrorKind::Refused);
    assert_eq!(kind(store.get_or_add(vec![key()], b"w".to_vec(), LONG, WITHIN)), StoreErrorKind::Refused);
    now(store.ping(WITHIN)).unwrap();
    assert_eq!(now(store.get(vec![key()], WITHIN)).unwrap(), [Some(b"v".to_vec())]);
    now(store.remove(vec![key()], WITHIN)).unwrap();
    assert!(store.keys().is_empty());
}

#[test]
fn a_hang_ends_with_what_is_still_waited_for() {
    let store = LocalStore::new();
    store.hang(true);
    let mut waited = pin!(store.set(key(), b"waited".to_vec(), LONG, WITHIN));
    assert!(poll(&mut waited).is_pending());
    {
        let mut dropped = pin!(store.set(String::from("dropped"), b"v".to_vec(), LONG, WITHIN));
        assert!(poll(&mut dropped).is_pending());
    }
    store.hang(false);
    assert_eq!(poll(&mut waited), Poll::Ready(Ok(())));
    assert_eq!(store.keys(), ["k"]);
}

#[test]
fn one_of_many_threads_adds() {
    let store = LocalStore::new();
    let stored = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (store, stored) = (&store, &stored);
            scope.spawn(move || {
                for round in 0..200 {
                    let added = store.add(format!("k{round}"), vec![thread], LONG, None, WITHIN);
                    stored.fetch_add(usize::from(now(added) == Ok(Added::Stored)), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(stored.into_inner(), 200);
}

#[test]
fn its_time_of_day_is_that_of_its_clock() {
    let time = ManualClock::new();
    let store = LocalStore::with_clock(time.clock());
    let before = store.now();
    time.advance(LONG);
    assert_eq!(store.now(), before + 60_000);
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }
}

impl Watcher for Log {
    fn up(&self) {
        self.0.lock().push("up".into());
    }
    fn changed(&self, key: &str) {
        self.0.lock().push(key.into());
    }
    fn all_changed(&self) {
        self.0.lock().push("all".into());
    }
    fn down(&self) {
        self.0.lock().push("down".into());
    }
}

#[test]
fn watchers_are_told_before_an_operation_returns_and_of_expiry_by_the_next() {
    let time = ManualClock::new();
    let store = LocalStore::with_clock(time.clock());
    let log = Arc::new(Log::default());
    assert!(store.watch(vec!["a:".into(), "b:".into()], log.clone()));
    assert_eq!(log.take(), ["up"]);
    now(store.set("a:1".into(), vec![1], LONG, WITHIN)).unwrap();
    now(store.set("c:1".into(), vec![1], LONG, WITHIN)).unwrap();
    now(store.get_or_add(vec!["b:1".into(), "a:1".into()], vec![2], LONG, WITHIN)).unwrap();
    assert_eq!(log.take(), ["a:1", "b:1"]);
    now(store.remove(vec!["a:1".into(), "a:2".into()], WITHIN)).unwrap();
    store.put_raw("a:3", [3]);
    assert_eq!(log.take(), ["a:1", "a:3"]);
    time.advance(LONG);
    assert_eq!(now(store.get(vec!["x".into()], WITHIN)).unwrap(), [None]);
    assert_eq!(log.take(), ["b:1"]);
    store.set_available(false);
    store.set_available(false);
    store.set_available(true);
    assert_eq!(log.take(), ["down", "up"]);
}

/// What a store is, without an index or anything else that could be wrong.
#[derive(Default)]
struct Model {
    now: Duration,
    values: Vec<(String, Vec<u8>, Duration)>,
}

impl Model {
    fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.values.iter().find(|(other, ..)| other == key).map(|(_, value, _)| value.clone())
    }

    fn remove(&mut self, key: &str) {
        self.values.retain(|(other, ..)| other != key);
    }

    fn put(&mut self, key: &str, value: &[u8], ttl: Duration) {
        self.remove(key);
        self.values.push((key.to_owned(), value.to_vec(), self.now + ttl));
    }

    fn add(&mut self, key: &str, value: &[u8], ttl: Duration, over: Option<&Seen>) -> Added {
        match self.get(key) {
            Some(present) if !over.is_some_and(|seen| seen.is(&present)) => Added::Present(present),
            _ => {
                self.put(key, value, ttl);
                Added::Stored
            }
        }
    }

    fn advance(&mut self, by: Duration) {
        self.now += by;
        self.values.retain(|(_, _, deadline)| *deadline > self.now);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Get(Vec<String>),
    Add(String, Vec<u8>, Duration, Option<Vec<u8>>),
    Swap(String, Vec<u8>, Vec<u8>, Duration),
    RemoveIf(String, Vec<u8>),
    Set(String, Vec<u8>, Duration),
    GetOrAdd(Vec<String>, Vec<u8>, Duration),
    Remove(Vec<String>),
    RemoveMatching(String),
    Advance(Duration),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || "[ab]{1,2}".prop_map(String::from);
    let keys = || prop::collection::vec(key(), 0..3);
    let value = || prop::collection::vec(0..3_u8, 0..3);
    let time = || (1..5_u64).prop_map(Duration::from_secs);
    prop_oneof![
        keys().prop_map(Step::Get),
        (key(), value(), time(), prop::option::of(value())).prop_map(|(k, v, t, o)| Step::Add(k, v, t, o)),
        (key(), value(), value(), time()).prop_map(|(k, p, v, t)| Step::Swap(k, p, v, t)),
        (key(), value()).prop_map(|(k, p)| Step::RemoveIf(k, p)),
        (key(), value(), time()).prop_map(|(k, v, t)| Step::Set(k, v, t)),
        (keys(), value(), time()).prop_map(|(k, v, t)| Step::GetOrAdd(k, v, t)),
        keys().prop_map(Step::Remove),
        "[ab*]{0,3}".prop_map(Step::RemoveMatching),
        time().prop_map(Step::Advance),
    ]
}

proptest! {
    #[test]
    fn does_what_the_model_does(steps in prop::collection::vec(step(), 0..40)) {
        let time = ManualClock::new();
        let store = LocalStore::with_clock(time.clock());
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Get(keys) => {
                    let expected: Vec<_> = keys.iter().map(|key| model.get(key)).collect();
                    prop_assert_eq!(now(store.get(keys, WITHIN)), Ok(expected));
                }
                Step::Add(key, value, ttl, over) => {
                    let over = over.as_deref().map(Seen::of);
                    let expected = model.add(&key, &value, ttl, over.as_ref());
                    prop_assert_eq!(now(store.add(key, value, ttl, over, WITHIN)), Ok(expected));
                }
                Step::Swap(key, prefix, value, ttl) => {
                    let expected = model.get(&key).is_some_and(|present| present.starts_with(&prefix));
                    if expected {
                        model.put(&key, &value, ttl);
                    }
                    prop_assert_eq!(now(store.swap(key, prefix, value, ttl, WITHIN)), Ok(expected));
                }
                Step::RemoveIf(key, prefix) => {
                    let expected = model.get(&key).is_some_and(|present| present.starts_with(&prefix));
                    if expected {
                        model.remove(&key);
                    }
                    prop_assert_eq!(now(store.remove_if(key, prefix, WITHIN)), Ok(expected));
                }
                Step::Set(key, value, ttl) => {
                    model.put(&key, &value, ttl);
                    prop_assert_eq!(now(store.set(key, value, ttl, WITHIN)), Ok(()));
                }
                Step::GetOrAdd(keys, fresh, ttl) => {
                    let mut expected = Vec::new();
                    for key in &keys {
                        model.add(key, &fresh, ttl, None);
                        let until = model.now + ttl;
                        model.values.iter_mut().filter(|(other, ..)| other == key).for_each(|value| value.2 = value.2.max(until));
                        expected.extend(model.get(key));
                    }
                    prop_assert_eq!(now(store.get_or_add(keys, fresh, ttl, WITHIN)), Ok(expected));
                }
                Step::Remove(keys) => {
                    keys.iter().for_each(|key| model.remove(key));
                    prop_assert_eq!(now(store.remove(keys, WITHIN)), Ok(()));
                }
                Step::RemoveMatching(pattern) => {
                    let (pattern, before) = (KeyPattern::new(pattern), model.values.len());
                    model.values.retain(|(key, ..)| !pattern.matches(key));
                    let removed = (before - model.values.len()) as u64;
                    prop_assert_eq!(now(store.remove_matching(pattern, WITHIN)), Ok(removed));
                }
                Step::Advance(by) => {
                    time.advance(by);
                    model.advance(by);
                }
            }
            let mut keys: Vec<_> = model.values.iter().map(|(key, ..)| key.clone()).collect();
            keys.sort();
            prop_assert_eq!(store.keys(), keys);
            let state = store.shared.state.lock();
            prop_assert_eq!(state.table.deadlines.len(), state.table.values.len(), "the index is exact");
        }
    }
}
