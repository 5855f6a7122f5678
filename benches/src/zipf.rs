//! Keys as popular as real ones.

/// `count` draws from `0..keys`, the n-th most popular with a frequency of n^-`skew`, by a generator seeded alike in each run.
#[must_use]
pub fn draws(keys: usize, skew: f64, count: usize) -> Vec<u32> {
    let weights = (1..=keys).map(|rank| (rank as f64).powf(-skew));
    let mut sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or(1.0);
    sums.iter_mut().for_each(|sum| *sum /= total);
    let mut random = fastrand::Rng::with_seed(42);
    (0..count).map(|_| sums.partition_point(|&sum| sum < random.f64()).min(keys - 1) as u32).collect()
}
