//! What the trace's keys stand for, and the cached function that reads it.

use std::sync::{Arc, OnceLock};

use cached_core::{Stats, cache};
use examples::db::{Db, DbError};
use indicatif::ProgressBar;
use rusqlite::OptionalExtension;

use crate::options::Policy;

/// A row and the mean price of the rows around it, as a line of text.
type Found = Result<Option<Arc<str>>, DbError>;

/// Known when the command line has been read, which is before the first call.
static CAPACITY: OnceLock<u64> = OnceLock::new();

/// Sets the caches' capacity; only the first call counts.
pub fn settle(capacity: u64) {
    CAPACITY.get_or_init(|| capacity);
}

fn capacity() -> u64 {
    *CAPACITY.get_or_init(|| 10_000)
}

// An option may be an expression, evaluated at the first call; the policy is part of the cache's
// type of engine and stands in the attribute, so each has its function.

#[cache(key = "object:{id}", capacity = capacity(), policy = "adaptive")]
fn object_adaptive(db: &Db, id: u32) -> Found {
    load(db, id)
}

#[cache(key = "object:lru:{id}", capacity = capacity(), policy = "lru")]
fn object_lru(db: &Db, id: u32) -> Found {
    load(db, id)
}

/// The cached function with this policy.
pub fn reader(policy: Policy) -> fn(&Db, u32) -> Found {
    match policy {
        Policy::Adaptive => object_adaptive,
        Policy::Lru => object_lru,
    }
}

/// What the function's cache has counted.
pub fn stats(policy: Policy) -> Stats {
    match policy {
        Policy::Adaptive => object_adaptive::cache().stats(),
        Policy::Lru => object_lru::cache().stats(),
    }
}

fn load(db: &Db, id: u32) -> Found {
    db.query(|connection| {
        let mut query = connection.prepare_cached(
            "SELECT name, cents, (SELECT avg(cents) FROM objects WHERE id BETWEEN ?1 - 8 AND ?1 + 8)
             FROM objects WHERE id = ?1",
        )?;
        let line = |row: &rusqlite::Row<'_>| {
            let (name, cents, around): (String, u32, f64) = row.try_into()?;
            Ok(Arc::from(format!("{name}: {cents} cents, {around:.0} around it")))
        };
        query.query_row([id], line).optional()
    })
}

/// Makes a row for every key.
pub fn fill(db: &Db, keys: &[u32], bar: &ProgressBar) -> Result<(), DbError> {
    db.query(|connection| {
        let transaction = connection.transaction()?;
        transaction.execute_batch("CREATE TABLE objects (id INTEGER PRIMARY KEY, name TEXT, cents INTEGER)")?;
        let mut insert = transaction.prepare("INSERT INTO objects VALUES (?1, ?2, ?3)")?;
        for (at, key) in keys.iter().enumerate() {
            if at % 1024 == 0 {
                bar.set_position(at as u64);
            }
            insert.execute((key, format!("object number {key}"), key % 9_973))?;
        }
        drop(insert);
        transaction.commit()
    })
}
