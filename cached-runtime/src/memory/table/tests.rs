//! The table against a model, and under readers that race with its writers. The address sanitizer runs these, too.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::*;
use crate::memory::eviction::Traces;

type Small = Table<u64, Arc<Counted>, ()>;

/// Counts how many there are.
struct Counted {
    number: u64,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    fn new(number: u64, alive: &Arc<AtomicUsize>) -> Arc<Self> {
        alive.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { number, alive: Arc::clone(alive) })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash_of(key: u64) -> u32 {
    fastrand::Rng::with_seed(key).u32(..)
}

fn get(table: &Small, key: u64) -> Option<Arc<Counted>> {
    table.read().find(hash_of(key), |other| *other == key).map(|entry| Arc::clone(entry.value()))
}

fn new(key: u64, value: Arc<Counted>) -> New<u64, Arc<Counted>> {
    New { hash: hash_of(key), key, value, deadline: Tick::NEVER, tags: None, traces: Traces::default() }
}

/// As the engine does it: what is there is replaced in one step.
fn put(table: &Small, key: u64, value: Arc<Counted>, fallen: &mut Fallen<u64, Arc<Counted>>) {
    let mut locked = table.lock();
    let old = locked.find(hash_of(key), |other| *other == key);
    let mut slots = locked.slots();
    match old {
        Some(old) => {
            slots.detach(old);
            slots.insert(Some(old), |_, _| new(key, value));
            slots.bury(old);
        }
        None => _ = slots.insert(None, |_, _| new(key, value)),
    }
    slots.reclaim(false, now(), fallen);
}

fn remove(table: &Small, key: u64, fallen: &mut Fallen<u64, Arc<Counted>>) -> bool {
    let mut locked = table.lock();
    let Some(at) = locked.find(hash_of(key), |other| *other == key) else { return false };
    let mut slots = locked.slots();
    slots.take_out(at);
    slots.bury(at);
    slots.reclaim(true, now(), fallen);
    true
}

/// Until nothing is left to be freed. Other tests' readers may hold that up.
fn tidy_up(table: &Small, done: impl Fn() -> bool) {
    for _ in 0..10_000 {
        table.lock().slots().reclaim(true, now(), &mut Fallen::nothing());
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("something is left for ever");
}

#[test]
fn it_holds_what_a_map_would() {
    let alive = Arc::new(AtomicUsize::new(0));
    for (share, keys) in [(16, 24), (100, 5_000), (4_000, 5_000)] {
        let table = Small::new(share, Sides { stamps: true, tags: true }, ());
        let mut model = HashMap::new();
        let mut random = fastrand::Rng::with_seed(keys);
        for step in 0..30_000 {
            let key = random.u64(..keys);
            let mut fallen = Fallen::nothing();
            match random.u32(..1_000) {
                0 => {
                    let mut locked = table.lock();
                    assert_eq!(locked.slots().clear(), Some(model.len()));
                    locked.slots().reclaim(true, now(), &mut fallen);
                    model.clear();
                }
                1..400 => assert_eq!(remove(&table, key, &mut fallen), model.remove(&key).is_some()),
                _ => {
                    put(&table, key, Counted::new(step, &alive), &mut fallen);
                    model.insert(key, step);
                }
            }
            assert_eq!(table.lock().len(), model.len());
            for key in [key, random.u64(..keys)] {
                assert_eq!(get(&table, key).map(|value| value.number), model.get(&key).copied());
            }
        }
        let locked = table.lock();
        let entries = (0..locked.end()).filter_map(|at| locked.get(at));
        let held: HashMap<_, _> = entries.map(|entry| (*entry.key(), entry.value().number)).collect();
        drop(locked);
        assert_eq!(held, model);
        drop(table);
        assert_eq!(alive.load(Ordering::Relaxed), 0, "everything was dropped once");
    }
}

#[test]
fn what_strayed_comes_back_as_entries_come_and_go() {
    const ENTRIES: u64 = 2_000;
    let alive = Arc::new(AtomicUsize::new(0));
    let table = Small::new(ENTRIES as usize, Sides::default(), ());
    for key in 0..200 * ENTRIES {
        let mut fallen = Fallen::nothing();
        put(&table, key, Counted::new(key, &alive), &mut fallen);
        if key >= ENTRIES {
            assert!(remove(&table, key - ENTRIES, &mut fallen));
        }
    }
    let strays = super::front::current(&table.front).index.strays();
    assert!(strays < 60, "{strays} of {ENTRIES}");
}

#[test]
fn what_a_reader_found_stays_until_it_is_done() {
    let alive = Arc::new(AtomicUsize::new(0));
    let table = Small::new(16, Sides::default(), ());
    put(&table, 1, Counted::new(1, &alive), &mut Fallen::nothing());
    let reading = table.read();
    let entry = reading.find(hash_of(1), |key| *key == 1).expect("there");
    assert!(remove(&table, 1, &mut Fallen::nothing()));
    assert!(get(&table, 1).is_none(), "who comes later does not find it");
    for round in 0..100 {
        put(&table, 2, Counted::new(round, &alive), &mut Fallen::nothing());
    }
    assert_eq!((entry.key(), entry.value().number), (&1, 1));
    assert_eq!(alive.load(Ordering::Relaxed), 101, "nothing is freed while somebody reads who may have found it");
    drop(reading);
    tidy_up(&table, || alive.load(Ordering::Relaxed) == 1);
}

/// Numbers of slots that a cleared table had mean nothing in the one after it, though a reader keeps them from being dealt with before.
#[test]
fn a_cleared_table_takes_its_garbage_along() {
    for sealed in [true, false] {
        let alive = Arc::new(AtomicUsize::new(0));
        let table = Small::new(16, Sides::default(), ());
        let (found, read) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        std::thread::scope(|scope| {
            put(&table, 1, Counted::new(1, &alive), &mut Fallen::nothing());
            scope.spawn(|| {
                let reading = table.read();
                found.wait();
                read.wait();
                drop(reading);
                found.wait();
            });
            found.wait();
            let mut locked = table.lock();
            let at = locked.find(hash_of(1), |key| *key == 1).expect("there");
            locked.slots().take_out(at);
            locked.slots().bury(at);
            if sealed {
                locked.slots().reclaim(true, now(), &mut Fallen::nothing());
            }
            assert_eq!(locked.slots().clear(), Some(0));
            locked.slots().reclaim(true, now(), &mut Fallen::nothing());
            drop(locked);
            put(&table, 2, Counted::new(2, &alive), &mut Fallen::nothing());
            let reading = table.read();
            let entry = reading.find(hash_of(2), |key| *key == 2).expect("there");
            assert!(remove(&table, 2, &mut Fallen::nothing()));
            read.wait();
            found.wait();
            tidy_up(&table, || alive.load(Ordering::Relaxed) <= 1);
            assert_eq!(entry.value().number, 2);
            assert_eq!(alive.load(Ordering::Relaxed), 1, "what is read is kept, and nothing else");
        });
    }
}

/// A reader who does not get on costs writers memory, and hardly any time.
#[test]
fn a_reader_that_is_stuck_does_not_slow_writers_down() {
    let alive = Arc::new(AtomicUsize::new(0));
    let table = Small::new(16, Sides::default(), ());
    put(&table, 0, Counted::new(0, &alive), &mut Fallen::nothing());
    let reading = table.read();
    for step in 0..20_000 {
        put(&table, step % 4, Counted::new(step, &alive), &mut Fallen::nothing());
        assert!(
            table.lock().inside.owned.sealed.len() <= 16,
            "a batch for each write would have to be looked at by each write"
        );
    }
    drop(reading);
    let mut fallen = Fallen::nothing();
    put(&table, 0, Counted::new(0, &alive), &mut fallen);
    let left = alive.load(Ordering::Relaxed);
    assert!(left > 15_000, "one write does not have to free it all: {left} are left");
    drop(fallen);
    tidy_up(&table, || alive.load(Ordering::Relaxed) == table.len());
}

#[test]
fn what_is_held_outlives_everything_but_its_holder() {
    let alive = Arc::new(AtomicUsize::new(0));
    let table = Small::new(16, Sides::default(), ());
    put(&table, 1, Counted::new(1, &alive), &mut Fallen::nothing());
    let held = {
        let mut locked = table.lock();
        let at = locked.find(hash_of(1), |key| *key == 1).expect("there");
        locked.slots().take_out(at);
        let held = locked.hold(at);
        assert!(locked.hold(at).is_none(), "by one only");
        assert_eq!(locked.slots().clear(), None, "and its chunk stays");
        held.expect("taken out")
    };
    for round in 0..100 {
        put(&table, 2, Counted::new(round, &alive), &mut Fallen::nothing());
    }
    assert_eq!((held.key(), held.value().number), (&1, 1));
    drop(held);
    drop(table);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

#[test]
fn readers_find_only_what_is_whole() {
    const KEYS: u64 = 40;
    let steps = if cfg!(miri) { 300 } else { 60_000 };
    let alive = Arc::new(AtomicUsize::new(0));
    for quick in [true, false] {
        let table = Small::new(8, Sides::default(), ());
        table.front.quick.store(quick && epoch::can_fence_everybody(), Ordering::Relaxed);
        put(&table, 0, Counted::new(0, &alive), &mut Fallen::nothing());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for reader in 0..2 {
                let (table, done) = (&table, &done);
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(reader);
                    while !done.load(Ordering::Relaxed) {
                        let key = random.u64(..KEYS);
                        if let Some(value) = get(table, key) {
                            assert_eq!(value.number % KEYS, key);
                        }
                        assert!(get(table, 0).is_some(), "what is only ever replaced is always there");
                    }
                });
            }
            let mut random = fastrand::Rng::with_seed(7);
            for step in 1..=steps {
                let (key, mut fallen) = (random.u64(..KEYS), Fallen::nothing());
                match random.u32(..8) {
                    0..=4 => put(&table, key, Counted::new(step * KEYS + key, &alive), &mut fallen),
                    _ if key != 0 => _ = remove(&table, key, &mut fallen),
                    _ => {}
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        tidy_up(&table, || alive.load(Ordering::Relaxed) == table.len());
        drop(table);
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_table_in_which_nothing_changes_spares_its_readers_the_fence() {
    if !epoch::can_fence_everybody() {
        return;
    }
    let alive = Arc::new(AtomicUsize::new(0));
    let table = Small::new(16, Sides::default(), ());
    let quick = || table.front.quick.load(Ordering::Relaxed);
    assert!(quick(), "from the start");
    let mut step = 0;
    while quick() {
        step += 1;
        assert!(step < 1_000_000, "who writes a lot makes readers fence");
        put(&table, step % 4, Counted::new(step, &alive), &mut Fallen::nothing());
    }
    let mut reads = 0;
    while !quick() {
        reads += 1;
        assert!(reads < 100_000_000, "later they need not any more");
        get(&table, reads % 4);
    }
}
