//! Access traces, and made-up ones.

use std::collections::HashMap;
use std::hash::Hash;

/// The accesses to a cache, in order.
#[derive(Debug)]
pub struct Trace {
    /// What tables and pictures call it.
    pub name: String,
    /// The key of each access. Keys are numbered from 0 by their first access.
    pub keys: Vec<u32>,
    /// How many keys there are.
    pub distinct: usize,
}

impl Trace {
    /// Numbers the keys.
    pub fn new<K: Eq + Hash>(name: impl Into<String>, accesses: impl IntoIterator<Item = K>) -> Self {
        let mut numbers = HashMap::new();
        let mut number = |key| {
            // There are at most `MAX_ACCESSES` keys.
            let next = numbers.len() as u32;
            *numbers.entry(key).or_insert(next)
        };
        let keys = accesses.into_iter().map(&mut number).collect();
        Self { name: name.into(), keys, distinct: numbers.len() }
    }

    /// `percent` of the keys, but at least 16 entries.
    pub fn share(&self, percent: f64) -> usize {
        ((self.distinct as f64 * percent / 100.0) as usize).max(16)
    }

    /// A made-up trace: key `n` of `keys` is accessed in proportion to `1 / (n + 1)^exponent`; the same at every call.
    pub fn zipf(name: &str, accesses: usize, keys: u32, exponent: f64) -> Self {
        Self::new(name, zipf(accesses, keys, exponent))
    }

    /// Made-up traces for want of real ones: popularity, popularity disturbed by scans, and a loop.
    pub fn made_up() -> Vec<Self> {
        let popular = zipf(600_000, 20_000, 0.9);
        // 2,000 keys that are never seen again after every 4,000 accesses.
        let scans = popular.chunks(4_000).zip((20_000..).step_by(2_000));
        let scans = scans.flat_map(|(popular, scan)| popular.iter().copied().chain(scan..scan + 2_000));
        vec![
            Self::zipf("zipf-0.9", 1_000_000, 50_000, 0.9),
            Self::new("zipf-and-scans", scans),
            Self::new("loop", (0..500_000).map(|at| at % 5_000)),
        ]
    }
}

fn zipf(accesses: usize, keys: u32, exponent: f64) -> Vec<u32> {
    let sums: Vec<f64> = (1..=keys)
        .scan(0.0, |sum, key| {
            *sum += f64::from(key).powf(-exponent);
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or(0.0);
    let mut random = fastrand::Rng::with_seed(1);
    let mut draw = || {
        let at = random.f64() * total;
        sums.partition_point(|sum| *sum <= at) as u32
    };
    (0..accesses).map(|_| draw().min(keys.saturating_sub(1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_and_sizes_are_shares_of_them() {
        let trace = Trace::new("a", ["x", "y", "x", "z"]);
        assert_eq!((trace.keys, trace.distinct), (vec![0, 1, 0, 2], 3));
        let trace = Trace::new("a", 0..76_349);
        assert_eq!([0.01, 1.0, 20.0].map(|percent| trace.share(percent)), [16, 763, 15_269]);
    }

    #[test]
    fn made_up_traces_repeat_and_are_what_they_say() {
        let zipf = || Trace::zipf("zipf", 20_000, 1_000, 0.9);
        assert_eq!(zipf().keys, zipf().keys);
        assert!(zipf().distinct > 900);
        let most = zipf().keys.iter().filter(|key| **key < 100).count();
        assert!(most > 8_000, "{most}");
        let traces = Trace::made_up();
        let of = |name: &str| traces.iter().find(|trace| trace.name == name).unwrap();
        assert_eq!((of("loop").keys.len(), of("loop").distinct), (500_000, 5_000));
        // 150 scans, each of 2,000 keys of its own.
        assert!(of("zipf-and-scans").distinct > 300_000);
    }
}
