//! Belady's optimum: what a cache that knows the future would hit.

use std::collections::BinaryHeap;

/// When a key is not used again.
const NEVER: u32 = u32::MAX;

/// Hits of a cache that always gives up the key whose next use is farthest away, the newcomer included (Belady, *A study of replacement
/// algorithms for a virtual-storage computer*, 1966).
///
/// The keys are numbers below `distinct`, and there are less than `u32::MAX` of them. O(n log n).
pub fn hits(keys: &[u32], distinct: usize, capacity: usize) -> u64 {
    let next = next_uses(keys, distinct);
    // When a resident key is used next; `None` for one that is not resident.
    let mut resident: Vec<Option<u32>> = vec![None; distinct];
    // Every use leaves its key's next one here. What is out of date is not what `resident` says, and is passed over.
    let mut farthest = BinaryHeap::new();
    let (mut entries, mut hits) = (0, 0);
    for (&key, next) in keys.iter().zip(next) {
        match resident[key as usize].replace(next) {
            Some(_) => hits += 1,
            None => entries += 1,
        }
        farthest.push((next, key));
        while entries > capacity
            && let Some((next, key)) = farthest.pop()
        {
            if resident[key as usize] == Some(next) {
                resident[key as usize] = None;
                entries -= 1;
            }
        }
    }
    hits
}

/// For each access, which later one is the next to its key.
fn next_uses(keys: &[u32], distinct: usize) -> Vec<u32> {
    let mut seen = vec![NEVER; distinct];
    let mut next = vec![NEVER; keys.len()];
    for (at, &key) in keys.iter().enumerate().rev() {
        // Traces are shorter than `NEVER`.
        next[at] = std::mem::replace(&mut seen[key as usize], at as u32);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best of all decisions, tried one by one; `cache` is a set of keys as bits.
    fn by_trying(keys: &[u32], capacity: u32, cache: u32) -> u64 {
        let [key, later @ ..] = keys else { return 0 };
        let with = cache | 1 << key;
        let hit = u64::from(with == cache);
        if with.count_ones() <= capacity {
            return hit + by_trying(later, capacity, with);
        }
        let victims = (0..32).filter(|victim| with & 1 << victim != 0);
        hit + victims.map(|victim| by_trying(later, capacity, with & !(1 << victim))).max().unwrap_or(0)
    }

    #[test]
    fn a_loop_keeps_all_but_one() {
        // In two entries 0 and 1 stay for good, and 2 is turned away.
        assert_eq!(hits(&[0, 1, 2, 0, 1, 2, 0, 1, 2], 3, 2), 4);
        assert_eq!(hits(&[0, 1, 2, 0, 1, 2], 3, 3), 3);
        assert_eq!(hits(&[0, 1, 2, 0, 1, 2], 3, 1), 1);
    }

    #[test]
    fn what_is_used_once_never_costs_a_hit() {
        assert_eq!(hits(&[0, 1, 0, 2, 0, 3, 0], 4, 1), 3);
        assert_eq!(hits(&[0, 1, 2, 3], 4, 2), 0);
        assert_eq!(hits(&[], 0, 2), 0);
        assert_eq!(hits(&[0, 0, 0], 1, 0), 0);
    }

    #[test]
    fn no_decisions_do_better() {
        let mut random = fastrand::Rng::with_seed(7);
        for round in 0..200 {
            let keys: Vec<u32> = (0..9).map(|_| random.u32(..5)).collect();
            for capacity in 1..=4 {
                let best = by_trying(&keys, capacity, 0);
                assert_eq!(hits(&keys, 5, capacity as usize), best, "round {round}: {keys:?} in {capacity}");
            }
        }
    }
}
