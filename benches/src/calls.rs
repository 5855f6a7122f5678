//! Calls of many tasks or threads at once: how many a second, how long one takes, as a Markdown table.

use std::future::Future;
use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// What a round of calls came to.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// Calls a second, all callers together.
    pub per_second: f64,
    /// The median time of one call, in seconds.
    pub median: f64,
}

/// One way of making the same calls.
pub struct Way<'a> {
    name: &'static str,
    run: Box<dyn FnMut() -> Round + 'a>,
}

impl<'a> Way<'a> {
    /// `run` makes one round of calls.
    pub fn new(name: &'static str, run: impl FnMut() -> Round + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Makes `calls` calls from `tasks` tasks of the runtime, each with the arguments in `ids` from a place of its own.
pub fn from_tasks<T, F>(
    runtime: &Runtime,
    tasks: usize,
    calls: usize,
    ids: &Arc<[u64]>,
    call: impl Fn(u64) -> F + Copy + Send + 'static,
) -> Round
where
    F: Future<Output = T> + Send,
{
    runtime.block_on(async {
        let begun = Instant::now();
        let mut running = JoinSet::new();
        for task in 0..tasks {
            let ids = Arc::clone(ids);
            running.spawn(async move {
                let mut times = Vec::with_capacity(calls / tasks);
                for &id in ids.iter().cycle().skip(task * ids.len() / tasks).take(calls / tasks) {
                    let begun = Instant::now();
                    black_box(call(id).await);
                    times.push(begun.elapsed());
                }
                times
            });
        }
        let times = running.join_all().await;
        round(begun.elapsed(), times)
    })
}

/// The same from threads.
pub fn from_threads<T>(threads: usize, calls: usize, ids: &[u64], call: impl Fn(u64) -> T + Sync) -> Round {
    let start = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..threads)
            .map(|thread| {
                let (call, start) = (&call, &start);
                scope.spawn(move || {
                    let mut times = Vec::with_capacity(calls / threads);
                    // Whatever a thread needs of its own, a connection for instance, is made here.
                    black_box(call(0));
                    start.wait();
                    for &id in ids.iter().cycle().skip(thread * ids.len() / threads).take(calls / threads) {
                        let begun = Instant::now();
                        black_box(call(id));
                        times.push(begun.elapsed());
                    }
                    times
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        let times = callers.into_iter().filter_map(|caller| caller.join().ok()).collect();
        round(begun.elapsed(), times)
    })
}

/// One after another, from this thread, where a call is too short to be timed alone: the median is a mean.
pub fn in_a_row<T>(passes: usize, ids: &[u64], call: impl Fn(u64) -> T) -> Round {
    let begun = Instant::now();
    for _ in 0..passes {
        for &id in ids {
            black_box(call(id));
        }
    }
    let seconds = begun.elapsed().as_secs_f64() / (passes * ids.len()) as f64;
    Round { per_second: 1.0 / seconds, median: seconds }
}

fn round(took: Duration, times: Vec<Vec<Duration>>) -> Round {
    let mut times = times.concat();
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64();
    Round { per_second: times.len() as f64 / took.as_secs_f64(), median }
}

/// Makes the rounds of all ways in turn, and prints for each the medians over its rounds. Ratios are to the first way: medians, too, of those
/// within a round, so that a drift of the machine's speed meets both sides.
pub fn compare(title: &str, rounds: usize, mut ways: Vec<Way<'_>>) {
    let mut results: Vec<Vec<Round>> = vec![Vec::new(); ways.len()];
    for round in 0..=rounds {
        for (way, results) in ways.iter_mut().zip(&mut results) {
            let result = (way.run)();
            // The first round warms up.
            if round > 0 {
                results.push(result);
            }
        }
    }
    println!("\n### {title}\n");
    println!("| | calls/s | ratio | one call | ratio |\n|---|---:|---:|---:|---:|");
    let base = results.first().cloned().unwrap_or_default();
    for (way, results) in ways.iter().zip(results) {
        let rate = median(results.iter().map(|round| round.per_second));
        let time = median(results.iter().map(|round| round.median));
        let pairs = || results.iter().zip(&base);
        let rates = median(pairs().map(|(round, base)| round.per_second / base.per_second));
        let times = median(pairs().map(|(round, base)| round.median / base.median));
        let time = if time < 1e-6 { format!("{:.1} ns", time * 1e9) } else { format!("{:.1} µs", time * 1e6) };
        println!("| {} | {rate:.0} | {rates:.2} | {time} | {times:.2} |", way.name);
    }
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
