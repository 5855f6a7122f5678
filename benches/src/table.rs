//! Rounds in turn, medians, ratios.

use std::time::Duration;

/// One way of doing the same work.
pub struct Contender<'a> {
    /// As the table shows it.
    pub name: &'static str,
    /// Does the work once and says how long one operation took.
    pub run: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender.
    pub fn new(name: &'static str, run: impl FnMut() -> Duration + 'a) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// Runs the contenders in turn, so that a drift of the machine's speed meets them all, and prints the median time of an operation and its
/// ratio to the one called `base`.
pub fn compare(title: &str, base: &str, rounds: usize, mut contenders: Vec<Contender<'_>>) {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..=rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let time = (contender.run)().as_secs_f64() * 1e9;
            // The first round warms up.
            if round > 0 {
                times.push(time);
            }
        }
    }
    let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
    let base = contenders.iter().position(|contender| contender.name == base);
    println!("\n{title}\n{:<44} {:>10} {:>8}   min..max", "", "ns/op", "ratio");
    for ((contender, median), times) in contenders.iter().zip(&medians).zip(&times) {
        let ratio = base.map_or(f64::NAN, |base| median / medians[base]);
        let (least, most) = (times.first().copied().unwrap_or(0.0), times.last().copied().unwrap_or(0.0));
        println!("{:<44} {median:>10.1} {ratio:>8.2}   {least:.1}..{most:.1}", contender.name);
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
