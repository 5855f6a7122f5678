//! The policy's books are right after any history, whichever settings run.

use std::hash::Hash;
use std::time::Duration;

use crate::cause::EvictionCause;
use crate::clock::ManualClock;
use crate::memory::{Engine, Policy, Setup, Storing};

fn history(seed: u64, policy: Policy, capacity: u64, shards: usize, listener: bool, heaviest: u32, steps: u32) {
    let mut random = fastrand::Rng::with_seed(seed);
    let clock = ManualClock::new();
    let engine: Engine<u64, u64> = Engine::new(Setup {
        name: String::new(),
        capacity,
        policy,
        clock: clock.clock(),
        tagged: seed.is_multiple_of(3),
        text: None,
        listener: listener.then(|| Box::new(|_: &u64, _: &u64, _: EvictionCause| {}) as _),
        shards: Some(shards),
    });
    let hash = |key: u64| engine.hash(|state| key.hash(state));
    let mut inserted = 0;
    for step in 0..steps {
        let key = random.u64(..capacity * 3 + 3);
        match random.u32(..40) {
            0..=17 => {
                let weight = if random.u32(..50) == 0 { capacity as u32 } else { random.u32(..=heaviest) };
                let lifetime = (random.u32(..4) == 0).then(|| Duration::from_nanos(random.u64(1..50)));
                let tags = if random.bool() { vec![format!("t{}", random.u32(..5))] } else { Vec::new() };
                let rejected = engine.stats().rejected;
                engine.insert(hash(key), key, key, &Storing::new(lifetime, weight, tags));
                inserted += u64::from(engine.stats().rejected == rejected);
            }
            18..=34 => {
                if let Some(value) = engine.get(hash(key), |other| *other == key) {
                    assert_eq!(value, key);
                }
            }
            35 => drop(engine.invalidate_key(hash(key), |other| *other == key)),
            36 => clock.advance(Duration::from_nanos(random.u64(..5))),
            37 if random.u32(..20) == 0 => drop(engine.clear()),
            37 if seed.is_multiple_of(3) => engine.invalidate_tag(&format!("t{}", random.u32(..5))),
            38 => engine.shards[0].0.write().run_with(random.usize(..5)),
            39 if random.u32(..10) == 0 => engine.sweep(),
            _ => {}
        }
        if step % 7 == 0 {
            engine.validate();
        }
    }
    engine.validate();
    let stats = engine.stats();
    assert_eq!(inserted, stats.evictions.total() + engine.len() as u64, "seed {seed} {stats:?}");
}

#[test]
fn the_policys_books_are_right_after_any_history() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed ^ 0xabc);
        let capacity = if random.u32(..8) == 0 { random.u64(20..3_000) } else { random.u64(1..=20) };
        let shards = [1, 1, 2, 4][random.usize(..4)];
        let policy = if random.u32(..5) == 0 { Policy::Lru } else { Policy::Adaptive };
        let heaviest = [1, 1, 3, 9, 100][random.usize(..5)];
        history(seed, policy, capacity, shards, random.bool(), heaviest, 4_000);
    }
}
