//! An annotated hit against the peers': `cargo bench -p benches --bench peers`.
//!
//! 10,000 resident keys drawn by Zipf's law (0.9), in caches of 20,000. What is timed is the call as a user writes it: function boundary, key,
//! clock, policy and statistics included. Functions are called through pointers that the compiler cannot see through, as if they stood in
//! another crate. `quick_cache` is used by hand, as its fastest: a look-up by a borrowed key, without a TTL, which it does not have.

mod asynchronous;
mod number;
mod pair;
mod row;
mod text;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use benches::table::{Contender, Selection};
use benches::threads::{rotated, together};
use benches::zipf;

const KEYS: usize = 10_000;
const CAPACITY: usize = 20_000;
const TTL: Duration = Duration::from_secs(3600);
const DRAWS: usize = 1 << 18;
/// Many short ones: what else the machine does then meets all contenders alike.
const ROUNDS: usize = 21;
const PASSES: usize = 2;
/// Marks a draw that writes.
const WRITE: u32 = 1 << 31;

type Value = Arc<[u64; 8]>;

static LOADS: AtomicU64 = AtomicU64::new(0);

/// What is cached.
fn compute(id: u64, lang: &str) -> Value {
    LOADS.fetch_add(1, Ordering::Relaxed);
    Arc::new([id + lang.len() as u64; 8])
}

fn language(id: u32) -> &'static str {
    // Made anew on each call, the table would cost more than a hit.
    static LANGUAGES: [&str; 4] = ["en", "de", "pt-BR", "zh-Hant"];
    LANGUAGES[id as usize % 4]
}

/// What the calls of a table are made with.
#[derive(Clone, Copy)]
struct Calls<'a> {
    draws: &'a [u32],
    threads: usize,
}

impl<'a> Calls<'a> {
    /// A contender whose cache is filled by the calls it will be timed with, on a thread like those it will be timed on.
    fn contender(self, name: &'static str, call: impl Fn(u32) + Sync + 'a) -> Contender<'a> {
        let run = move |passes, thread| {
            for _ in 0..passes {
                for part in rotated(self.draws, thread, self.threads) {
                    part.iter().for_each(|&draw| call(draw));
                }
            }
        };
        self.timed(name, run)
    }

    /// The same where `run` goes over the draws as often as its first argument says, from the place of the thread that its second says.
    fn timed(self, name: &'static str, run: impl Fn(usize, usize) + Sync + 'a) -> Contender<'a> {
        together(1, 1, |_| run(1, 0));
        let only_hits = self.draws.iter().all(|draw| draw & WRITE == 0);
        Contender::new(name, move || {
            let before = LOADS.load(Ordering::Relaxed);
            let time = together(self.threads, PASSES * self.draws.len(), |thread| run(PASSES, thread));
            let loads = LOADS.load(Ordering::Relaxed) - before;
            if only_hits && loads > 0 {
                eprintln!("{name}: {loads} loads in a round that should have been hits alone");
            }
            time
        })
    }
}

fn main() -> Result<(), lexopt::Error> {
    let selection = Selection::from_args(ROUNDS)?;
    let draws = zipf::draws(KEYS, 0.9, DRAWS);
    let hot = vec![0; DRAWS];
    let mut random = fastrand::Rng::with_seed(7);
    let mixed: Vec<u32> = draws.iter().map(|&id| if random.u32(0..20) == 0 { id | WRITE } else { id }).collect();

    for threads in [1, 2] {
        let calls = Calls { draws: &draws, threads };
        let on = if threads == 1 { "1 thread" } else { "2 threads" };
        selection.compare(&format!("Hit, (u64, &str) -> Arc, {on}"), || pair::contenders(calls));
        selection.compare(&format!("Hit, async, (u64, &str) -> Arc, {on}"), || asynchronous::contenders(calls));
        selection.compare(&format!("Hit, u64 -> Arc, {on}"), || number::contenders(calls));
        selection.compare(&format!("Hit, &str -> Arc, kept under a String, {on}"), || text::contenders(calls));
        selection.compare(&format!("Hit, (u64, &str) -> a struct of 64 bytes, {on}"), || row::contenders(calls));
        let calls = Calls { draws: &mixed, threads };
        selection.compare(&format!("95 % hits, 5 % writes, (u64, &str) -> Arc, {on}"), || pair::writing(calls));
    }
    let calls = Calls { draws: &hot, threads: 2 };
    selection.compare("One hot key, (u64, &str) -> Arc, 2 threads", || pair::contenders(calls));
    selection.compare("One hot key, (u64, &str) -> a struct of 64 bytes, 2 threads", || row::contenders(calls));
    Ok(())
}
