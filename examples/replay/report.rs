//! What came out of it.

use std::fmt::Write;
use std::time::Duration;

use cached_core::Stats;
use examples::text::{Column, Table, duration, percent, thousands};

/// How long calls took.
#[derive(Debug, Default)]
pub struct Latencies {
    nanos: Vec<u64>,
    sum: Duration,
}

impl Latencies {
    pub fn add(&mut self, took: Duration) {
        self.nanos.push(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.sum += took;
    }

    fn count(&self) -> u64 {
        self.nanos.len() as u64
    }

    fn mean(&self) -> Duration {
        let count = u32::try_from(self.nanos.len()).unwrap_or(u32::MAX);
        self.sum.checked_div(count).unwrap_or_default()
    }

    /// The times that half, nine tenths ... of the calls kept within; the last is the longest.
    fn percentiles(&mut self) -> Option<[Duration; 5]> {
        self.nanos.sort_unstable();
        let last = self.nanos.len().checked_sub(1)?;
        let at = |share: f64| {
            // Rounded up, so that the share is reached.
            let at = (share * self.nanos.len() as f64).ceil() as usize;
            Duration::from_nanos(self.nanos[at.saturating_sub(1).min(last)])
        };
        Some([0.5, 0.9, 0.99, 0.999, 1.0].map(at))
    }
}

/// The report, as lines.
pub fn render(stats: &Stats, took: Duration, mut hits: Latencies, mut misses: Latencies) -> String {
    let accesses = hits.count() + misses.count();
    let saved = misses.mean().saturating_sub(hits.mean()).as_secs_f64() * hits.count() as f64;
    let saved = Duration::from_secs_f64(saved);
    let mut text = format!(
        "hit ratio  {}\nloads      {}, {} saved\nevictions  {}\n",
        percent(stats.hit_ratio()),
        thousands(stats.loads),
        thousands(accesses.saturating_sub(stats.loads)),
        thousands(stats.evictions.capacity),
    );
    let mut table = Table::new(&[
        Column::words("latency"),
        Column::numbers("calls"),
        Column::numbers("p50"),
        Column::numbers("p90"),
        Column::numbers("p99"),
        Column::numbers("p99.9"),
        Column::numbers("max"),
    ]);
    for (name, latencies) in [("hits", &mut hits), ("misses", &mut misses)] {
        let times = latencies.percentiles();
        let cells = times.map(|times| times.map(duration).to_vec()).unwrap_or_default();
        table.row([name.to_string(), thousands(latencies.count())].into_iter().chain(cells));
    }
    // Writing to a `String` cannot fail.
    let _ = write!(
        text,
        "\n{}\ntime       {}; about {} saved, had every hit cost what a miss does\n",
        table.render(),
        duration(took),
        duration(saved),
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(millis: impl IntoIterator<Item = u64>) -> Latencies {
        let mut latencies = Latencies::default();
        millis.into_iter().for_each(|ms| latencies.add(Duration::from_millis(ms)));
        latencies
    }

    #[test]
    fn percentiles_are_reached_by_their_share_of_calls() {
        let times = of((1..=1000).rev()).percentiles().unwrap();
        assert_eq!(times.map(|time| time.as_millis()), [500, 900, 990, 999, 1000]);
        let times = of([7]).percentiles().unwrap();
        assert_eq!(times.map(|time| time.as_millis()), [7; 5]);
        assert_eq!(of([]).percentiles(), None);
    }

    #[test]
    fn the_mean_of_no_calls_is_zero() {
        assert_eq!(of([]).mean(), Duration::ZERO);
        assert_eq!(of([1, 3]).mean(), Duration::from_millis(2));
    }
}
