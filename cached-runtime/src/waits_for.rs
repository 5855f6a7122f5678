//! Who waits for whom among loads, so that loads that need each other never wait for each other (G5).
//!
//! A load that calls another cached function may come to wait for that function's load. If that one, directly or through
//! others, waits for the first, nobody would ever move. So before code inside a load waits, the new edge is tested against the edges that
//! exist; if it would close a circle the caller runs its body instead. Code outside any load waits without being listed:
//! nobody can wait for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// `(waiting load, awaited load)`. Few at any time: only loads nested in loads.
static EDGES: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());

fn edges() -> MutexGuard<'static, Vec<(u64, u64)>> {
    EDGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waiting edges that exist as long as this does.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    from: Vec<u64>,
    to: u64,
}

impl Waiting {
    /// Lets code that is inside the loads `from` wait for load `to`, unless that closes a circle.
    pub(crate) fn begin(from: Vec<u64>, to: u64) -> Option<Self> {
        if !from.is_empty() {
            let mut edges = edges();
            if reaches(&edges, to, &from) {
                return None;
            }
            edges.extend(from.iter().map(|&waiting| (waiting, to)));
        }
        Some(Self { from, to })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.from.is_empty() {
            return;
        }
        let mut edges = edges();
        for &waiting in &self.from {
            if let Some(at) = edges.iter().position(|&edge| edge == (waiting, self.to)) {
                edges.swap_remove(at);
            }
        }
    }
}

fn reaches(edges: &[(u64, u64)], start: u64, goals: &[u64]) -> bool {
    let mut open = vec![start];
    let mut seen = Vec::new();
    while let Some(at) = open.pop() {
        if goals.contains(&at) {
            return true;
        }
        if !seen.contains(&at) {
            seen.push(at);
            open.extend(edges.iter().filter(|edge| edge.0 == at).map(|edge| edge.1));
        }
    }
    false
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    // Numbers far above those of real flights: the table is the process's.
    const A: u64 = u64::MAX - 1;
    const B: u64 = u64::MAX - 2;
    const C: u64 = u64::MAX - 3;

    #[test]
    fn a_circle_is_refused_and_open_chains_are_not() {
        assert!(Waiting::begin(vec![A], A).is_none(), "a load cannot wait for itself");
        let ab = Waiting::begin(vec![A], B).expect("no circle");
        let bc = Waiting::begin(vec![B], C).expect("no circle");
        assert!(Waiting::begin(vec![C], A).is_none(), "A waits for B waits for C");
        drop(bc);
        let ca = Waiting::begin(vec![C], A).expect("the circle is open again");
        drop((ab, ca));
        assert!(Waiting::begin(vec![B], A).is_some());
    }
}
