//! Rounds in turn, medians, ratios, as Markdown tables.

use crate::threads::Time;

/// What of a benchmark to run, and how often: `cargo bench -p benches --bench peers -- --rounds 31 "hot key"`.
#[derive(Clone, Debug)]
pub struct Selection {
    rounds: usize,
    parts_of_titles: Vec<String>,
}

impl Selection {
    /// From the command line: `--rounds <N>`, and texts of which a table's title must contain one.
    ///
    /// # Errors
    ///
    /// An option that there is not, or a number that is none.
    pub fn from_args(rounds: usize) -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let mut selection = Self { rounds, parts_of_titles: Vec::new() };
        let mut args = lexopt::Parser::from_env();
        while let Some(arg) = args.next()? {
            match arg {
                Long("rounds") => selection.rounds = args.value()?.parse()?,
                // Cargo adds it.
                Long("bench") => {}
                Value(part) => selection.parts_of_titles.push(part.string()?),
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(selection)
    }

    /// Whether a table of this title is asked for.
    #[must_use]
    pub fn has(&self, title: &str) -> bool {
        self.parts_of_titles.is_empty() || self.parts_of_titles.iter().any(|part| title.contains(part.as_str()))
    }

    /// Compares the contenders, the first of which is the base of the ratios, if the table is asked for; only then are they made.
    pub fn compare<'a>(&self, title: &str, contenders: impl FnOnce() -> Vec<Contender<'a>>) {
        if self.has(title) {
            compare(title, self.rounds, contenders());
        }
    }
}

/// One way of doing the same work.
pub struct Contender<'a> {
    name: &'static str,
    run: Box<dyn FnMut() -> Time + 'a>,
}

impl<'a> Contender<'a> {
    /// `run` does the work once and says how long one operation took.
    pub fn new(name: &'static str, run: impl FnMut() -> Time + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Runs the contenders in turn, so that a drift of the machine's speed meets them all, and prints for each the median time of an operation.
/// Ratios are to the first contender: medians, too, of those within a round.
fn compare(title: &str, rounds: usize, mut contenders: Vec<Contender<'_>>) {
    let mut results: Vec<Vec<Time>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, results) in contenders.iter_mut().zip(&mut results) {
            let time = (contender.run)();
            // The first round warms up.
            if round > 0 {
                results.push(time);
            }
        }
    }
    println!("\n### {title}\n");
    println!("| | ns | ratio | fastest round | slowest | running |\n|---|---:|---:|---:|---:|---:|");
    let base = results.first().cloned().unwrap_or_default();
    for (contender, results) in contenders.iter().zip(results) {
        let times = || results.iter().map(|time| time.nanoseconds);
        let ratio = median(times().zip(&base).map(|(time, base)| time / base.nanoseconds));
        let (fastest, slowest) = (times().fold(f64::NAN, f64::min), times().fold(f64::NAN, f64::max));
        let running = median(results.iter().map(|time| time.running)) * 100.0;
        let running = if running.is_nan() { "–".to_owned() } else { format!("{running:.0} %") };
        let time = median(times());
        println!("| {} | {time:.1} | {ratio:.2} | {fastest:.1} | {slowest:.1} | {running} |", contender.name);
    }
}

/// The middle one, or the upper of the two in the middle.
pub fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}
