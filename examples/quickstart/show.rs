//! What the quickstart prints.

use std::time::Instant;

use cached_core::Invalidations;
use console::{Alignment, measure_text_width, pad_str, style};
use examples::db::{Db, DbError};
use examples::text::{Column, Table, duration, percent, thousands};

/// Makes calls and prints a line for each: how long it took, how many queries it cost, its answer.
#[derive(Debug)]
pub struct Show<'a> {
    db: &'a Db,
}

impl<'a> Show<'a> {
    /// A show of calls that query this database.
    pub fn new(db: &'a Db) -> Self {
        Self { db }
    }

    /// Starts a group of calls.
    pub fn chapter(&self, heading: &str) {
        // The columns' titles stand once over each group, at the end of its heading.
        let titles = line("", "took", "queries", "answer");
        let gap = measure_text_width(heading).min(titles.len());
        let rest = titles.get(gap..).unwrap_or_default();
        println!("\n{}{}", style(heading).bold(), style(rest).dim());
    }

    /// Awaits a call and prints its line.
    pub async fn call<T>(
        &self,
        name: &str,
        call: impl Future<Output = Result<T, DbError>>,
        answer: impl FnOnce(&T) -> String,
    ) -> Result<(), DbError> {
        let queries = self.db.queries();
        let start = Instant::now();
        let value = call.await?;
        let took = duration(start.elapsed());
        let queries = self.db.queries() - queries;
        let took = if queries == 0 { style(took).green() } else { style(took).yellow() };
        println!("{}", line(name, &took.to_string(), &thousands(queries), &answer(&value)));
        Ok(())
    }
}

fn line(name: &str, took: &str, queries: &str, answer: &str) -> String {
    let name = pad_str(name, 42, Alignment::Left, None);
    let took = pad_str(took, 9, Alignment::Right, None);
    let queries = pad_str(queries, 9, Alignment::Right, None);
    format!("  {name}{took}{queries}   {answer}")
}

/// What the caches of this process have counted.
pub fn statistics() -> String {
    let mut table = Table::new(&[
        Column::words("cache"),
        Column::numbers("hits"),
        Column::numbers("not found"),
        Column::numbers("misses"),
        Column::numbers("waited"),
        Column::numbers("loads"),
        Column::numbers("load time"),
        Column::numbers("hit ratio"),
        Column::numbers("entries"),
        Column::words("invalidated"),
    ]);
    for cache in cached_core::caches() {
        // The last part of the function's path is enough here.
        let (name, stats) = (cache.name(), cache.stats());
        table.row([
            name.rsplit("::").next().unwrap_or_default().to_string(),
            thousands(stats.hits),
            thousands(stats.null_hits),
            thousands(stats.misses),
            thousands(stats.coalesced),
            thousands(stats.loads),
            duration(stats.load_time),
            percent(stats.hit_ratio()),
            thousands(stats.entries),
            by_kind(&stats.invalidations),
        ]);
    }
    table.render()
}

/// Such as `1 by key, 2 by tag`.
fn by_kind(invalidations: &Invalidations) -> String {
    let Invalidations { key, pattern, tag, all, .. } = *invalidations;
    let kinds = [(key, "key"), (pattern, "pattern"), (tag, "tag"), (all, "clearing")];
    let kinds =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{} by {kind}", thousands(*count)));
    kinds.collect::<Vec<_>>().join(", ")
}
