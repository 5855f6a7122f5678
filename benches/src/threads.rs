//! The same work on threads that begin together.

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What a round of operations took.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// Of one operation on its thread.
    pub nanoseconds: f64,
    /// The part of the time that the threads were running, not waiting for a CPU: well below 1, the machine was busy with something
    /// else, and two threads may have run in turn on one CPU. Not a number where the system does not tell, or was not asked for long
    /// enough: it counts by ticks.
    pub running: f64,
}

/// How long an operation takes on a thread, when each of `threads` of them calls `work` with its number, and that does `operations`. The
/// last to finish counts. One thread is spawned like several: the thread a program begins with has its thread-locals and its part of the
/// heap elsewhere.
pub fn together(threads: usize, operations: usize, work: impl Fn(usize) + Sync) -> Time {
    let start = Barrier::new(threads);
    let times: Vec<(Duration, Duration)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let (work, start) = (&work, &start);
                scope.spawn(move || {
                    start.wait();
                    let before = ran();
                    let begun = Instant::now();
                    work(thread);
                    let took = begun.elapsed();
                    (took, ran().saturating_sub(before))
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("the work does not panic")).collect()
    });
    let last = times.iter().map(|(took, _)| took.as_secs_f64()).fold(0.0, f64::max);
    let took: Duration = times.iter().map(|(took, _)| took).sum();
    let ran: Duration = times.iter().map(|(_, ran)| ran).sum();
    let running = if ran == Duration::ZERO { f64::NAN } else { ran.as_secs_f64() / took.as_secs_f64() };
    Time { nanoseconds: last * 1e9 / operations as f64, running }
}

/// How long one call of `work` takes on a thread that has done `before` it what a thread of a program would have done.
pub fn afterwards(before: impl FnOnce() + Send, work: impl FnOnce() + Send) -> Time {
    let took = std::thread::scope(|scope| {
        let worker = scope.spawn(move || {
            before();
            // The first reading after something else takes as long as what is to be measured.
            std::hint::black_box(Instant::now());
            let begun = Instant::now();
            work();
            begun.elapsed()
        });
        worker.join().expect("the work does not panic")
    });
    Time { nanoseconds: took.as_secs_f64() * 1e9, running: f64::NAN }
}

/// For how long this thread has been on a CPU; zero where the system does not tell.
fn ran() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|ran| ran.parse().ok()).unwrap_or(0))
}

/// The draws in two runs, from a place that is the thread's own: threads that walked side by side would find each other's lines.
pub fn rotated<T>(draws: &[T], thread: usize, threads: usize) -> [&[T]; 2] {
    let (before, after) = draws.split_at(thread * draws.len() / threads);
    [after, before]
}
