//! Numbers and tables as people read them.

use std::time::Duration;

use console::{Alignment, Style, measure_text_width, pad_str};

/// `1234567` as `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration in the unit that suits it, with three digits or so: `640 ns`, `12.3 µs`, `1.50 s`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    let (value, unit) = match nanos {
        n if n < 1e3 => return format!("{n:.0} ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n if n < 120e9 => (n / 1e9, "s"),
        n => (n / 60e9, "min"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// A share in percent: `0.125` as `12.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// One column of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Column {
    title: &'static str,
    alignment: Alignment,
}

impl Column {
    /// A column of words.
    pub const fn words(title: &'static str) -> Self {
        Self { title, alignment: Alignment::Left }
    }

    /// A column of numbers.
    pub const fn numbers(title: &'static str) -> Self {
        Self { title, alignment: Alignment::Right }
    }
}

/// Rows under titles, each column as wide as its widest cell.
///
/// Styles show on a terminal only, and not where `NO_COLOR` is set.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; cells that are missing stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }

    /// The table as lines, each with its line end.
    pub fn render(&self) -> String {
        let width = |at: usize, column: &Column| {
            let cells = self.rows.iter().map(|row| measure_text_width(&row[at]));
            cells.max().unwrap_or(0).max(measure_text_width(column.title))
        };
        let widths: Vec<usize> = self.columns.iter().enumerate().map(|(at, column)| width(at, column)).collect();
        let line = |cells: &[&str]| {
            let padded = cells.iter().zip(&self.columns).zip(&widths);
            let padded: Vec<_> =
                padded.map(|((cell, column), width)| pad_str(cell, *width, column.alignment, None)).collect();
            padded.join("  ").trim_end().to_string() + "\n"
        };
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title).collect();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let rule: Vec<&str> = rule.iter().map(String::as_str).collect();
        let dim = Style::new().dim();
        let mut text = format!("{}{}", dim.apply_to(line(&titles)), dim.apply_to(line(&rule)));
        for row in &self.rows {
            text += &line(&row.iter().map(String::as_str).collect::<Vec<_>>());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_threes() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn durations_take_the_unit_that_suits_them() {
        let cases = [
            (0, "0 ns"),
            (640, "640 ns"),
            (12_340, "12.3 µs"),
            (1_500_000, "1.50 ms"),
            (250_000_000, "250 ms"),
            (90_000_000_000, "90.0 s"),
            (600_000_000_000, "10.0 min"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn shares_are_shown_in_percent() {
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(0.125), "12.5 %");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&[Column::words("name"), Column::numbers("n")]);
        table.row(["a".into(), "1,000".into()]);
        table.row(["longer".into(), "5".into()]);
        table.row(["alone".into()]);
        let text = console::strip_ansi_codes(&table.render()).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, ["name        n", "------  -----", "a       1,000", "longer      5", "alone"]);
    }
}
