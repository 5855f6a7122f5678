//! What the example prints: on a terminal a table that is drawn again and again, elsewhere a line a second.

use std::time::Duration;

use console::{Term, style};
use examples::text::{Column, Table, duration, percent, thousands};

use crate::fleet::{Fleet, Phase, Worker};
use crate::message::Report;
use crate::options::Backend;

#[derive(Debug)]
pub struct Picture {
    backend: Backend,
    terminal: Term,
    /// How many lines the next picture takes the place of.
    lines: usize,
}

impl Picture {
    pub fn new(backend: Backend) -> Self {
        Self { backend, terminal: Term::buffered_stdout(), lines: 0 }
    }

    /// The time between two pictures.
    pub fn period(&self) -> Duration {
        Duration::from_millis(if self.terminal.is_term() { 250 } else { 1_000 })
    }

    pub fn draw(&mut self, fleet: &Fleet) {
        let text = if self.terminal.is_term() { table(fleet) } else { line(fleet) };
        self.show(&text, self.terminal.is_term());
    }

    /// A terminal that went away is no reason to stop.
    fn show(&mut self, text: &str, over_the_last: bool) {
        let _ = self.terminal.clear_last_lines(self.lines);
        let _ = self.terminal.write_str(text);
        let _ = self.terminal.flush();
        self.lines = if over_the_last { text.lines().count() } else { 0 };
    }

    /// Prints what it came to; true if nothing happened that must not happen.
    pub fn summary(&mut self, fleet: &Fleet) -> bool {
        let all = |part: fn(&Worker) -> &Report| sum(fleet.workers.iter().map(part));
        let (with, without) = (all(|worker| &worker.with), all(|worker| &worker.without));
        let mut table = Table::new(&[
            Column::words(""),
            Column::numbers("reads"),
            Column::numbers("hits"),
            Column::numbers("loads"),
            Column::numbers("writes"),
            Column::numbers("seen elsewhere after"),
            Column::numbers("at most"),
            Column::numbers("slowest read"),
        ]);
        let each = fleet.workers.iter().enumerate();
        let each =
            each.map(|(at, worker)| (format!("worker {}", at + 1), sum([&worker.with, &worker.without].into_iter())));
        let phases = [("with Redis".to_owned(), with.clone()), ("without".to_owned(), without.clone())];
        for (name, report) in each.chain(phases) {
            let (median, most) = report.delay();
            table.row([
                name,
                thousands(report.reads),
                percent(report.hit_rate()),
                thousands(report.loads),
                thousands(report.writes),
                duration(median),
                duration(most),
                duration(report.slowest),
            ]);
        }
        let failures = with.failures + without.failures;
        let recovered = matches!(fleet.phase, Phase::Back(_));
        let mut text =
            format!("\n{} workers, backend = \"{}\"\n{}\n", fleet.workers.len(), self.backend, table.render());
        text += &format!("Failed calls: {failures}\n");
        if let Some(failure) = with.failure.or(without.failure) {
            text += &format!("  such as: {failure}\n");
        }
        // A worker that has not found back keeps what it wants to invalidate, so others that have may not know of it yet.
        let (with_all, before) = (with.stale, without.stale);
        text += &format!("Stale answers: {with_all} with Redis, {before} until all workers had found back to it\n");
        if self.backend == Backend::Tiered {
            text += &format!("Memory was behind another worker's write for at most {}\n", duration(with.outdated_for));
        }
        text += if recovered { "Every worker found back to Redis\n" } else { "Not every worker found back to Redis\n" };
        self.show(&text, false);
        failures == 0 && with.stale == 0 && recovered
    }
}

fn sum<'a>(reports: impl Iterator<Item = &'a Report>) -> Report {
    reports.fold(Report::default(), |mut sum, report| {
        sum.add(report);
        sum
    })
}

/// Such as `12.0 s of 20.0 s   Redis was killed 4.0 s ago`.
fn headline(fleet: &Fleet) -> String {
    let redis = match fleet.phase {
        Phase::Up => "Redis is there".to_owned(),
        Phase::Killed(at) => format!("Redis was killed {} ago", duration(at.elapsed())),
        Phase::Returning(at) => format!("Redis is back for {}, empty", duration(at.elapsed())),
        Phase::Back(_) => "Redis is back, and used by all".to_owned(),
    };
    format!("{} of {}   {redis}", duration(fleet.begun.elapsed()), duration(fleet.seconds))
}

/// What a worker's breaker does.
fn breaker(report: &Report) -> String {
    match &report.backend {
        redis if redis.usable => style("closed").green().to_string(),
        redis if redis.closed => {
            style(format!("closed, {} invalidations to catch up", redis.waiting)).yellow().to_string()
        }
        redis => style(format!("open, {} invalidations kept", redis.waiting)).red().to_string(),
    }
}

/// The last second of a worker, and how long that was.
fn last_second(worker: &Worker) -> (Report, f64) {
    (sum(worker.recent.iter()), worker.recent.len() as f64 / 4.0)
}

fn cells(report: &Report, seconds: f64) -> [String; 6] {
    let per_second = |count: u64| thousands((count as f64 / seconds.max(0.25)) as u64);
    let (median, most) = report.delay();
    [
        per_second(report.reads),
        percent(report.hit_rate()),
        per_second(report.loads),
        per_second(report.writes),
        format!("{} / {}", duration(median), duration(most)),
        thousands(report.stale),
    ]
}

/// A row for each worker and one for all, over the last second.
fn table(fleet: &Fleet) -> String {
    let mut table = Table::new(&[
        Column::words("worker"),
        Column::numbers("reads/s"),
        Column::numbers("hits"),
        Column::numbers("loads/s"),
        Column::numbers("writes/s"),
        Column::numbers("seen elsewhere after / at most"),
        Column::numbers("stale"),
        Column::words("breaker"),
    ]);
    for (number, worker) in fleet.workers.iter().enumerate() {
        let (report, seconds) = last_second(worker);
        let name = (number + 1).to_string();
        table.row([vec![name], cells(&report, seconds).to_vec(), vec![breaker(&report)]].concat());
    }
    let (all, seconds) = everybody(fleet);
    table.row([vec!["all".into()], cells(&all, seconds).to_vec()].concat());
    format!("{}\n{}", style(headline(fleet)).bold(), table.render())
}

fn everybody(fleet: &Fleet) -> (Report, f64) {
    let each: Vec<_> = fleet.workers.iter().map(last_second).collect();
    let seconds = each.iter().map(|(_, seconds)| *seconds).fold(0.0, f64::max);
    (sum(each.iter().map(|(report, _)| report)), seconds)
}

fn line(fleet: &Fleet) -> String {
    let (all, seconds) = everybody(fleet);
    let [reads, hits, loads, _, delay, stale] = cells(&all, seconds);
    let last = fleet.workers.iter().filter_map(|worker| worker.recent.back());
    let closed = last.filter(|report| report.backend.closed).count();
    format!(
        "{}: {reads} reads/s, {hits} hits, {loads} loads/s, seen elsewhere after {delay}, {stale} stale, {closed} of {} breakers closed\n",
        headline(fleet),
        fleet.workers.len()
    )
}
