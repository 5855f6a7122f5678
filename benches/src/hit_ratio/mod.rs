//! Hit ratios of this library, its peers, exact LRU and the optimum, over access traces.

pub mod contestants;
pub mod formats;
pub mod optimum;
pub mod plot;
pub mod table;
pub mod traces;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use contestants::{COUNT, Contestant};
use traces::Trace;

/// A trace at a capacity, and how often whoever varies shall replay it.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Which of the traces.
    pub trace: usize,
    /// In entries.
    pub capacity: usize,
    /// At least 1.
    pub runs: usize,
}

/// What all came to at a size.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Where.
    pub size: Size,
    /// Of each contestant, in their order, the hit ratio of each run in percent.
    runs: [Vec<f64>; COUNT],
}

impl Cell {
    /// Every run's hit ratio in percent, by seed.
    pub fn runs(&self, contestant: Contestant) -> &[f64] {
        &self.runs[contestant as usize]
    }

    /// The median of the runs, in percent.
    pub fn ratio(&self, contestant: Contestant) -> f64 {
        median(self.runs(contestant))
    }

    /// The peer with the highest hit ratio here.
    pub fn best_peer(&self) -> Contestant {
        let [first, others @ ..] = Contestant::PEERS;
        others.into_iter().fold(first, |best, peer| if self.ratio(peer) > self.ratio(best) { peer } else { best })
    }

    /// By how many points ours is ahead of the best peer.
    pub fn lead(&self) -> f64 {
        self.ratio(Contestant::Ours) - self.ratio(self.best_peer())
    }
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.get(middle) {
        Some(upper) if sorted.len().is_multiple_of(2) => f64::midpoint(sorted[middle - 1], *upper),
        Some(only) => *only,
        None => f64::NAN,
    }
}

/// One replay.
struct Job {
    cell: usize,
    contestant: Contestant,
    seed: u64,
}

/// Replays the traces at the sizes on as many threads, one replay on each at a time.
pub fn measure(traces: &[Trace], sizes: &[Size], threads: usize) -> Vec<Cell> {
    let mut jobs: Vec<Job> = Vec::new();
    for (cell, size) in sizes.iter().enumerate() {
        for contestant in Contestant::ALL {
            let runs = if contestant.varies() { size.runs } else { 1 };
            jobs.extend((1..).take(runs).map(|seed| Job { cell, contestant, seed }));
        }
    }
    // The longest first, so that none is left alone at the end.
    jobs.sort_by_key(|job| std::cmp::Reverse(traces[sizes[job.cell].trace].keys.len()));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut results = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(at) else { return results };
            progress(at, jobs.len());
            let size = sizes[job.cell];
            results.push((job, job.contestant.hit_ratio(&traces[size.trace], size.capacity, job.seed)));
        }
    };
    let mut results: Vec<(&Job, f64)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|results| results.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_by_key(|(job, _)| job.seed);
    let mut cells: Vec<Cell> = sizes.iter().map(|&size| Cell { size, runs: Default::default() }).collect();
    for (job, ratio) in results {
        cells[job.cell].runs[job.contestant as usize].push(ratio);
    }
    progress(jobs.len(), jobs.len());
    cells
}

/// Only for whoever looks on.
fn progress(done: usize, all: usize) {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        let end = if done == all { "\n" } else { "" };
        // Without a terminal that takes it there is nobody to tell.
        let _ = write!(terminal, "\r{done} of {all} replays{end}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_every_run_of_whoever_varies() {
        let traces = [Trace::zipf("a", 5_000, 500, 0.9), Trace::zipf("b", 8_000, 500, 0.7)];
        let sizes = [Size { trace: 0, capacity: 50, runs: 3 }, Size { trace: 1, capacity: 100, runs: 1 }];
        let cells = measure(&traces, &sizes, 2);
        for (cell, size) in cells.iter().zip(sizes) {
            for contestant in Contestant::ALL {
                let runs = cell.runs(contestant);
                assert_eq!(runs.len(), if contestant.varies() { size.runs } else { 1 }, "{}", contestant.name());
            }
            let lru = Contestant::Lru.hit_ratio(&traces[size.trace], size.capacity, 0);
            assert!(cell.ratio(Contestant::Lru) == lru);
            assert!(cell.ratio(cell.best_peer()) >= lru);
        }
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert!(median(&[3.0, 1.0, 2.0]) == 2.0);
        assert!(median(&[4.0, 1.0]) == 2.5);
        assert!(median(&[]).is_nan());
    }
}
