//! Keys spread over the shards, however regular they are.

use std::hash::Hash;

use super::super::{Engine, Policy, Setup, shards_for};
use crate::clock::Clock;
use crate::memory::Storing;

#[test]
fn keys_in_sequence_spread_over_the_shards() {
    // The seed is another for each engine; an unlucky one is what this is about.
    for _ in 0..50 {
        let engine: Engine<u64, ()> = Engine::new(Setup {
            name: String::new(),
            capacity: 10_000,
            policy: Policy::Lru,
            clock: Clock::system(),
            tagged: false,
            text: None,
            listener: None,
            shards: Some(8),
        });
        for key in 0..1_000u64 {
            let hash = engine.hash(|state| key.hash(state));
            engine.insert(hash, key, (), &Storing::plain(None));
        }
        let shards: Vec<usize> = engine.shards.iter().map(|shard| shard.0.len()).collect();
        assert!(shards.iter().all(|len| (60..=200).contains(len)), "{shards:?}");
    }
}

#[test]
fn small_caches_have_few_shards_however_many_threads_there_are() {
    let cases = [
        (16, 64, 1),
        (1_000, 2, 2),
        (1_000, 64, 2),
        (10_000, 2, 8),
        (10_000, 64, 8),
        (100_000, 64, 64),
        (1_000_000, 64, 512),
    ];
    for (capacity, cores, shards) in cases {
        assert_eq!(shards_for(capacity, cores), shards, "{capacity} entries, {cores} cores");
    }
    assert_eq!(shards_for(u64::MAX, 3), 32);
    assert_eq!(shards_for(0, 1), 1);
}
