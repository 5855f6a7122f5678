//! An SQLite database behind a small pool of connections, for sync and async callers.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// A handle on the database; clones share it.
#[derive(Clone, Debug)]
pub struct Db(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    /// Connections at rest. One is opened when there is none, so there are as many as callers at one time.
    idle: Mutex<Vec<Connection>>,
    queries: AtomicU64,
    /// Removes the file when the last handle goes. After `idle`, so that it is closed by then.
    _folder: Option<TempDir>,
}

/// An error of the database. `Clone`, so that callers who waited for one failed load can share it.
#[derive(Clone, Debug)]
pub struct DbError(Arc<str>);

impl DbError {
    fn new(error: &dyn fmt::Display) -> Self {
        Self(error.to_string().into())
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database: {}", self.0)
    }
}

impl std::error::Error for DbError {}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(&error)
    }
}

impl Db {
    /// A new database in a temporary folder, removed with the last handle.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be made.
    pub fn temporary() -> Result<Self, DbError> {
        let folder = tempfile::tempdir().map_err(|error| DbError::new(&error))?;
        Self::new(folder.path().join("data.sqlite"), Some(folder))
    }

    /// The database in this file, made if there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or is no database.
    pub fn open(path: &Path) -> Result<Self, DbError> {
        Self::new(path.to_path_buf(), None)
    }

    fn new(path: PathBuf, folder: Option<TempDir>) -> Result<Self, DbError> {
        let first = connect(&path)?;
        // Readers go on while somebody writes, as with a database server.
        first.pragma_update(None, "journal_mode", "WAL")?;
        let pool = Pool { path, idle: Mutex::new(vec![first]), queries: AtomicU64::new(0), _folder: folder };
        Ok(Self(Arc::new(pool)))
    }

    /// How many calls of [`query`](Self::query) and [`run`](Self::run) there were.
    pub fn queries(&self) -> u64 {
        self.0.queries.load(Ordering::Relaxed)
    }

    /// Runs `work` on a connection, on this thread.
    ///
    /// # Errors
    ///
    /// What `work` returns, and when no connection can be opened.
    pub fn query<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, DbError> {
        self.0.queries.fetch_add(1, Ordering::Relaxed);
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = idle().pop();
        let mut connection = match rested {
            Some(connection) => connection,
            None => connect(&self.0.path)?,
        };
        let result = work(&mut connection);
        idle().push(connection);
        Ok(result?)
    }

    /// Runs `work` on a connection, on a thread where it may block, and waits without blocking.
    ///
    /// The work is done also if the caller goes away.
    ///
    /// # Errors
    ///
    /// As [`query`](Self::query).
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DbError> {
        let db = self.clone();
        let done = tokio::task::spawn_blocking(move || db.query(work)).await;
        done.map_err(|error| DbError::new(&error))?
    }
}

fn connect(path: &Path) -> Result<Connection, DbError> {
    // Each connection is used by one thread at a time: no mutex of SQLite's is needed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // The examples' data need not survive a power cut.
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(db: &Db) -> Result<i64, DbError> {
        db.query(|connection| connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)))
    }

    #[test]
    fn connections_share_one_database_and_queries_are_counted() {
        let db = Db::temporary().unwrap();
        db.query(|connection| connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);")).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(count(&db).unwrap(), 1));
            }
        });
        assert_eq!(db.queries(), 5);
    }

    #[test]
    fn a_failed_query_is_an_error_and_its_connection_is_kept() {
        let db = Db::temporary().unwrap();
        assert!(count(&db).unwrap_err().to_string().starts_with("database: no such table"));
        assert_eq!(db.0.idle.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_is_no_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "this is plain text, and long enough to be looked at as a header".repeat(20)).unwrap();
        assert!(Db::open(&path).unwrap_err().to_string().contains("not a database"));
    }
}
