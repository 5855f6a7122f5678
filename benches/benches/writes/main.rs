//! Misses, writes and invalidations against the peers': `cargo bench -p benches --bench writes`.
//!
//! `u64` to `u64`, in caches that are full. Ours have a TTL, and so have those of `moka` and `cached`; `quick_cache` and `foyer` offer none.

mod growth;
mod inserts;
mod invalidations;
mod misses;
mod tags;

use benches::table::Selection;

const ROUNDS: usize = 9;

fn main() -> Result<(), lexopt::Error> {
    let selection = Selection::from_args(ROUNDS)?;
    for threads in [1, 2] {
        inserts::report(&selection, threads);
        misses::report(&selection, threads);
    }
    growth::report(&selection);
    invalidations::report(&selection);
    tags::report(&selection);
    Ok(())
}

/// `threads` in words.
fn on(threads: usize) -> &'static str {
    if threads == 1 { "1 thread" } else { "2 threads" }
}
