//! The cells as Markdown.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Cell;
use super::contestants::Contestant;
use super::traces::Trace;

/// A row for each cell, the means, and where ours does worst.
pub fn markdown(traces: &[Trace], cells: &[&Cell]) -> String {
    let mut text = String::from("| trace | entries |");
    for contestant in Contestant::PEERS {
        text += &format!(" {} |", contestant.name());
    }
    text += " best of these | ours, LRU | **ours** | its runs | difference | optimum |\n|---|--:|";
    text += &"--:|".repeat(Contestant::PEERS.len() + 6);
    text += "\n";
    for cell in cells {
        let best = cell.ratio(cell.best_peer());
        let name = format!("{} | {}", traces[cell.size.trace].name, thousands(cell.size.capacity));
        row(
            &mut text,
            &name,
            |contestant| cell.ratio(contestant),
            best,
            &range(cell.runs(Contestant::Ours).iter().copied()),
        );
    }
    let best = mean(cells, |cell| cell.ratio(cell.best_peer()));
    row(
        &mut text,
        "**mean** | ",
        |contestant| mean(cells, |cell| cell.ratio(contestant)),
        best,
        &range(means(cells, Contestant::Ours)),
    );
    text.push('\n');
    for line in summary(traces, cells).lines() {
        text += &format!("* {line}\n");
    }
    text
}

fn row(text: &mut String, name: &str, ratio: impl Fn(Contestant) -> f64, best: f64, runs: &str) {
    *text += &format!("| {name} |");
    for peer in Contestant::PEERS {
        *text += &format!(" {:.2} |", ratio(peer));
    }
    let (ours, lru, optimum) = (ratio(Contestant::Ours), ratio(Contestant::OursLru), ratio(Contestant::Optimum));
    *text += &format!(" {best:.2} | {lru:.2} | **{ours:.2}** | {runs} | {} | {optimum:.2} |\n", signed(ours - best));
}

/// The lowest and the highest; nothing if there is only one.
fn range(ratios: impl Iterator<Item = f64> + Clone) -> String {
    if ratios.clone().count() < 2 {
        return String::new();
    }
    let (least, most) = (ratios.clone().fold(f64::NAN, f64::min), ratios.fold(f64::NAN, f64::max));
    format!("{least:.2} to {most:.2}")
}

/// Of each run.
fn means<'c>(cells: &'c [&Cell], contestant: Contestant) -> impl Iterator<Item = f64> + Clone + 'c {
    let runs = cells.iter().map(|cell| cell.runs(contestant).len()).min().unwrap_or(0);
    (0..runs).map(move |run| mean(cells, |cell| cell.runs(contestant)[run]))
}

fn summary(traces: &[Trace], cells: &[&Cell]) -> String {
    let mut text = String::new();
    let name = |cell: &Cell| format!("`{}` at {}", traces[cell.size.trace].name, thousands(cell.size.capacity));
    let mut by_lead = cells.to_vec();
    by_lead.sort_by(|a, b| a.lead().total_cmp(&b.lead()));
    if let Some(worst) = by_lead.first() {
        let (peer, lead) = (worst.best_peer(), signed(worst.lead()));
        let runs: Vec<String> = worst.runs(Contestant::Ours).iter().map(|ratio| format!("{ratio:.2}")).collect();
        _ = writeln!(
            text,
            "Worst cell: {}, {lead} against {} ({:.2}); runs of ours: {}.",
            name(worst),
            peer.name(),
            worst.ratio(peer),
            runs.join(", ")
        );
    }
    let behind: Vec<&&Cell> = by_lead.iter().filter(|cell| cell.lead() < -2.0).collect();
    _ = writeln!(text, "Cells more than 2 points below the best peer: {} of {}.", behind.len(), cells.len());
    if by_lead.len() > 1 {
        let next = by_lead.iter().skip(1).take(4).filter(|cell| cell.lead() < 0.0);
        let next: Vec<String> = next.map(|cell| format!("{} {}", name(cell), signed(cell.lead()))).collect();
        if !next.is_empty() {
            _ = writeln!(text, "Next worst: {}.", next.join("; "));
        }
        let ahead = cells.iter().filter(|cell| cell.lead() >= 0.0).count();
        _ = writeln!(text, "Cells where no peer is better: {ahead} of {}.", cells.len());
    }
    let runs = cells.iter().map(|cell| cell.runs(Contestant::Ours).len()).min().unwrap_or(0);
    if runs > 1 {
        text += "Means of single runs:";
        for contestant in [Contestant::Ours, Contestant::QuickCache, Contestant::Moka] {
            let means: Vec<String> = means(cells, contestant).map(|mean| format!("{mean:.2}")).collect();
            let end = if contestant == Contestant::Moka { "." } else { ";" };
            text += &format!(" {} {}{end}", contestant.name(), means.join(", "));
        }
        text += "\n";
        let behind = |cell: &Cell| {
            let best = cell.ratio(cell.best_peer());
            cell.runs(Contestant::Ours).iter().filter(|ratio| **ratio < best - 2.0).count()
        };
        let cells_behind: Vec<String> = cells
            .iter()
            .filter(|cell| behind(cell) > 0)
            .map(|cell| format!("{} ({} of {runs})", name(cell), behind(cell)))
            .collect();
        let list = if cells_behind.is_empty() { "none".to_owned() } else { cells_behind.join(", ") };
        _ = writeln!(text, "Single runs of ours more than 2 points below the best peer's median: {list}.");
        let spread = |cell: &Cell| {
            let runs = cell.runs(Contestant::Ours);
            runs.iter().copied().fold(f64::NAN, f64::max) - runs.iter().copied().fold(f64::NAN, f64::min)
        };
        if let Some(widest) = cells.iter().max_by(|a, b| spread(a).total_cmp(&spread(b))) {
            _ = writeln!(text, "Widest spread between runs of ours: {}, {:.2} points.", name(widest), spread(widest));
        }
    }
    text
}

fn mean(cells: &[&Cell], number: impl Fn(&Cell) -> f64) -> f64 {
    cells.iter().map(|cell| number(cell)).sum::<f64>() / cells.len() as f64
}

fn signed(points: f64) -> String {
    // Adding zero makes -0.0 positive.
    let rounded = (points * 100.0).round() / 100.0 + 0.0;
    format!("{rounded:+.2}")
}

/// With separators: `76,349`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Today in UTC, as `2026-11-21`.
pub fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    date(since.as_secs() / 86_400)
}

/// The date that is as many days after the first of 1970.
fn date(days: u64) -> String {
    // Years that begin in March end with the leap day; 400 of them have 146,097 days (Hinnant, *chrono-compatible low-level date algorithms*).
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year)
}

/// The processor, as far as it matters: peers divide themselves by the number of cores.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map_or(std::env::consts::ARCH, |(_, model)| model);
    format!("{cores} cores, {}, {model}", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::super::{Size, measure};
    use super::*;

    #[test]
    fn a_table_has_a_row_for_each_cell_and_names_the_worst() {
        let traces = [Trace::zipf("a", 5_000, 500, 0.9), Trace::new("loop", (0..3_000).map(|at| at % 60))];
        let sizes = [Size { trace: 0, capacity: 50, runs: 2 }, Size { trace: 1, capacity: 20, runs: 2 }];
        let cells = measure(&traces, &sizes, 1);
        let cells: Vec<&Cell> = cells.iter().collect();
        let text = markdown(&traces, &cells);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 2 + 2 + 1);
        assert!(rows.iter().all(|row| row.matches('|').count() == rows[0].matches('|').count()), "{text}");
        assert!(rows[3].starts_with("| loop | 20 | 0.00 |"), "{text}");
        let worst =
            if cells[0].lead() < cells[1].lead() { "Worst cell: `a` at 50" } else { "Worst cell: `loop` at 20" };
        assert!(text.contains(worst), "{text}");
        assert_eq!(range([50.0, 49.0, 51.25].into_iter()), "49.00 to 51.25");
        assert_eq!(range([50.0].into_iter()), "", "one run has no range");
    }

    #[test]
    fn numbers_and_dates_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 11_016, 11_017, 20_778].map(date), ["1970-01-01", "2000-02-29", "2000-03-01", "2026-11-21"]);
        assert_eq!([-0.001, 0.5, -2.346].map(signed), ["+0.00", "+0.50", "-2.35"]);
    }
}
