//! Room that one shard has to make in others, entry by entry.

use std::hash::Hash;
use std::sync::{Arc, Mutex};

use crate::cause::EvictionCause;
use crate::clock::Clock;
use crate::memory::{Engine, Policy, Setup, Storing};

type Listener<V> = Box<dyn Fn(&u64, &V, EvictionCause) + Send + Sync>;

/// Two shards with 50 entries each, all that there is room for.
fn full<V: Clone>(value: V, listener: Option<Listener<V>>) -> (Engine<u64, V>, impl Fn(&Engine<u64, V>, u64) -> u64) {
    filled(50, value, listener)
}

/// Two shards with as many entries each as are said, all that there is room for.
fn filled<V: Clone>(
    each: usize,
    value: V,
    listener: Option<Listener<V>>,
) -> (Engine<u64, V>, impl Fn(&Engine<u64, V>, u64) -> u64) {
    let engine: Engine<u64, V> = Engine::new(Setup {
        name: String::new(),
        capacity: 2 * each as u64,
        policy: Policy::Lru,
        clock: Clock::system(),
        tagged: false,
        text: None,
        listener,
        shards: Some(2),
    });
    let hash = |engine: &Engine<u64, V>, key: u64| engine.hash(|state| key.hash(state));
    for shard in 0..2 {
        let mine = |key: &u64| hash(&engine, *key) >> 40 & 1 == shard;
        for key in (0..).filter(mine).take(each) {
            engine.insert(hash(&engine, key), key, value.clone(), &Storing::plain(None));
        }
    }
    assert_eq!(engine.len(), 2 * each);
    (engine, hash)
}

#[test]
fn a_large_value_is_not_on_the_stack_once_for_each_entry_that_makes_room() {
    const LARGE: usize = 16 << 10;
    let insert = || {
        let (engine, hash) = full([0u8; LARGE], None);
        engine.insert(hash(&engine, 1), 1, [1; LARGE], &Storing::new(None, 99, Vec::new()));
        assert_eq!((engine.len(), engine.weight()), (2, 100));
        engine.validate();
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(insert).expect("a thread");
    assert!(thread.join().is_ok());
}

#[test]
fn listeners_hear_of_entries_in_the_order_in_which_they_left() {
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let (engine, hash) = full((), Some(Box::new(move |key, (), _| heard.lock().expect("no panic").push(*key))));
    let shard = |key: u64| hash(&engine, key) >> 40 & 1;
    engine.insert(hash(&engine, 1), 1, (), &Storing::new(None, 99, Vec::new()));
    let shards: Vec<bool> = events.lock().expect("no panic").iter().map(|key| shard(*key) == shard(1)).collect();
    assert_eq!(shards.len(), 99);
    assert!(shards[..50].iter().all(|own| *own) && !shards[50..].iter().any(|own| *own), "{shards:?}");
}

#[test]
fn a_heavy_value_takes_the_room_of_as_many_light_ones_as_it_needs() {
    let (engine, hash) = filled(1_000, (), None);
    engine.insert(hash(&engine, 1), 1, (), &Storing::new(None, 1_900, Vec::new()));
    assert!(engine.peek(hash(&engine, 1), |key| *key == 1).is_some(), "it weighs less than the cache may hold");
    assert_eq!((engine.len(), engine.weight()), (101, 2_000), "and no more left than it needed");
    engine.validate();
}
