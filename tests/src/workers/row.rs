//! What processes measured under load.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Reads of an `async fn` over `redis`.
    RedisAsync,
    /// Reads of a `fn` over `redis`.
    RedisSync,
    /// Reads of an `async fn` over `tiered`.
    TieredAsync,
    /// Reads of a `fn` over `tiered`.
    TieredSync,
    /// Annotated writes of all of them.
    Write,
    /// No calls: how much too late a task and a thread came back from a pause. What the machine adds to everything else.
    Idle,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::RedisAsync, Self::RedisSync, Self::TieredAsync, Self::TieredSync, Self::Write, Self::Idle];

    /// As a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RedisAsync => "redis-async",
            Self::RedisSync => "redis-sync",
            Self::TieredAsync => "tiered-async",
            Self::TieredSync => "tiered-sync",
            Self::Write => "write",
            Self::Idle => "idle",
        }
    }

    /// From its word.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is a read of a cached function.
    #[must_use]
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::Write | Self::Idle)
    }

    /// Whether another process' memory may answer.
    #[must_use]
    pub const fn is_tiered(self) -> bool {
        matches!(self, Self::TieredAsync | Self::TieredSync)
    }
}

/// Calls of one kind in one phase of a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// How many calls.
    pub calls: u64,
    /// Of these, with an error, a panic, or somebody else's value.
    pub errors: u64,
    /// How often the body ran.
    pub loads: u64,
    /// Answers older than an invalidation that was acknowledged before the call.
    pub stale: u64,
    /// The longest time from that acknowledgement to the call, in microseconds.
    pub stale_for: u64,
    /// What each call lost to the cache, in microseconds: its time without that of the body. Sorted.
    pub lost: Vec<u32>,
}

impl Row {
    /// The time that this share of the calls, in thousandths, does not exceed; in microseconds.
    #[must_use]
    pub fn lost_at(&self, thousandths: usize) -> u32 {
        let last = self.lost.len().saturating_sub(1);
        self.lost.get(last * thousandths / 1000).copied().unwrap_or(0)
    }

    /// The most that a call lost, in microseconds.
    #[must_use]
    pub fn most(&self) -> u32 {
        self.lost_at(1000)
    }

    /// Adds another process' row.
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.loads += other.loads;
        self.stale += other.stale;
        self.stale_for = self.stale_for.max(other.stale_for);
        self.lost.extend(other.lost);
        self.lost.sort_unstable();
    }

    /// As one word; times are rounded so that there are few different ones.
    #[must_use]
    pub fn to_word(&self) -> String {
        let mut counts = BTreeMap::<u32, u32>::new();
        for time in &self.lost {
            // Three leading digits of a binary kind: within one part in 64 and never too low.
            let shift = (32 - time.leading_zeros()).saturating_sub(6);
            *counts.entry((time + (1 << shift) - 1) >> shift << shift).or_default() += 1;
        }
        let mut word = format!("{},{},{},{},{}", self.calls, self.errors, self.loads, self.stale, self.stale_for);
        for (time, count) in counts {
            let _ = write!(word, ",{time}x{count}");
        }
        word
    }

    /// Reads what [`to_word`](Self::to_word) wrote.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let mut parts = word.split(',');
        let mut number = || parts.next()?.parse().ok();
        let (calls, errors, loads, stale, stale_for) = (number()?, number()?, number()?, number()?, number()?);
        let mut lost = Vec::new();
        for part in parts {
            let (time, count) = part.split_once('x')?;
            lost.extend(std::iter::repeat_n(time.parse::<u32>().ok()?, count.parse().ok()?));
        }
        Some(Self { calls, errors, loads, stale, stale_for, lost })
    }
}

/// The rows of several processes as one for each phase and kind.
#[must_use]
pub fn merged(reports: impl IntoIterator<Item = BTreeMap<(usize, Kind), Row>>) -> BTreeMap<(usize, Kind), Row> {
    let mut all = BTreeMap::<(usize, Kind), Row>::new();
    for (of, row) in reports.into_iter().flatten() {
        all.entry(of).or_default().add(row);
    }
    all
}

/// For people.
#[must_use]
pub fn table(title: &str, phases: &[&str], rows: &BTreeMap<(usize, Kind), Row>) -> String {
    let mut text = format!(
        "{title}\n  {:<11} {:<13} {:>8} {:>6} {:>8} {:>6} {:>9} {:>9} {:>9} {:>9}\n",
        "phase", "calls of", "calls", "errors", "loads", "stale", "for ms", "p50 ms", "p99 ms", "max ms"
    );
    for ((phase, kind), row) in rows {
        let ms = |micros: u64| format!("{}.{:03}", micros / 1000, micros % 1000);
        let lost = |thousandths| ms(u64::from(row.lost_at(thousandths)));
        let _ = writeln!(
            text,
            "  {:<11} {:<13} {:>8} {:>6} {:>8} {:>6} {:>9} {:>9} {:>9} {:>9}",
            phases.get(*phase).unwrap_or(&"?"),
            kind.name(),
            row.calls,
            row.errors,
            row.loads,
            row.stale,
            ms(row.stale_for),
            lost(500),
            lost(990),
            lost(1000),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_survives_the_way_between_processes() {
        let row =
            Row { calls: 7, errors: 1, loads: 2, stale: 3, stale_for: 4, lost: vec![0, 1, 63, 64, 1000, 250_001] };
        let read = Row::from_word(&row.to_word()).unwrap();
        assert_eq!(Row { lost: Vec::new(), ..read.clone() }, Row { lost: Vec::new(), ..row.clone() });
        for (before, after) in row.lost.iter().zip(&read.lost) {
            assert!(before <= after && after - before <= before / 32, "{before} became {after}");
        }
        assert_eq!(Row::from_word(&Row::default().to_word()), Some(Row::default()));
    }

    #[test]
    fn quantiles_are_of_all_processes() {
        let mut row = Row { lost: (1..=50).collect(), ..Row::default() };
        row.add(Row { lost: (51..=101).collect(), ..Row::default() });
        assert_eq!((row.lost_at(500), row.lost_at(990), row.most()), (51, 100, 101));
    }
}
