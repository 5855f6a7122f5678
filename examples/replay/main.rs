//! Replays an access trace through a cached function over SQLite and says what the cache was worth.
//!
//! ```sh
//! cargo run --release --example replay -- TRACE [--capacity N] [--policy adaptive|lru]
//! ```

mod options;
mod report;
mod source;

use std::process::ExitCode;
use std::time::Instant;

use examples::db::Db;
use examples::text::thousands;
use examples::trace;
use indicatif::{ProgressBar, ProgressStyle};
use options::{Options, Request};
use report::Latencies;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let options = match Options::parse(lexopt::Parser::from_env()) {
        Ok(Request::Help) => {
            print!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Ok(Request::Replay(options)) => options,
        Err(error) => {
            eprint!("error: {error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match replay(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn replay(options: &Options) -> Result<(), Failure> {
    let (name, trace) = match &options.trace {
        Some(path) => (path.display().to_string(), trace::read(path)?),
        None => {
            println!("No trace given, so here is a made-up one; name a .u32 or .u32.zst file to replay it.");
            ("Zipf 0.9".into(), trace::zipf(500_000, 50_000, 0.9))
        }
    };
    let keys = trace::distinct(&trace);
    let count = |number: usize| thousands(number as u64);
    println!("trace      {name}: {} accesses to {} keys", count(trace.len()), count(keys.len()));

    // The sizes traces are compared at are shares of their keys; a tenth is the usual one.
    let capacity = options.capacity.unwrap_or_else(|| (keys.len() as u64 / 10).max(16));
    println!("cache      {} entries, {} policy", thousands(capacity), options.policy);
    source::settle(capacity);

    let db = Db::temporary()?;
    let bar = progress(keys.len(), "filling the database");
    source::fill(&db, &keys, &bar)?;
    bar.finish_and_clear();

    let read = source::reader(options.policy);
    let bar = progress(trace.len(), "replaying");
    let (mut hits, mut misses) = (Latencies::default(), Latencies::default());
    let start = Instant::now();
    for (at, &key) in trace.iter().enumerate() {
        if at % 4096 == 0 {
            bar.set_position(at as u64);
        }
        // Whoever queried has missed. The clock is read twice, which is part of every latency.
        let before = db.queries();
        let asked = Instant::now();
        let object = read(&db, key)?;
        let took = asked.elapsed();
        if object.is_none() {
            return Err(format!("key {key} is not in the database").into());
        }
        if db.queries() == before { hits.add(took) } else { misses.add(took) }
    }
    let took = start.elapsed();
    bar.finish_and_clear();
    print!("{}", report::render(&source::stats(options.policy), took, hits, misses));
    Ok(())
}

/// A bar on the terminal; nothing where there is none.
fn progress(length: usize, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length as u64).with_message(what);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
