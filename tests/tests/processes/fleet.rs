//! What the tests share: a server, a source of truth, a gate before it, and processes.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tempfile::TempDir;
use tests::servers::Redis;
use tests::workers::{Gate, Ledger, Settings, Worker};

pub const WORKER: &str = env!("CARGO_BIN_EXE_worker");

/// A server and processes that share it.
pub struct Fleet {
    pub workers: Vec<Worker>,
    pub gate: Gate,
    pub redis: Redis,
    pub ledger: Ledger,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Fleet {
    /// That many processes, with these settings on top.
    pub fn start(count: usize, settings: impl Fn(Settings) -> Settings) -> Self {
        let alone = alone();
        let folder = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::create(&Self::file(&folder));
        let mut fleet =
            Self { workers: Vec::new(), gate: Gate::start(), redis: Redis::start(), ledger, folder, _alone: alone };
        let settings = settings(fleet.settings(&fleet.redis.url()));
        fleet.workers = Worker::several(count, WORKER, &settings);
        fleet
    }

    /// Settings of a further process of this fleet, which finds the server there.
    pub fn settings(&self, url: &str) -> Settings {
        // Long: a busy machine is no outage.
        Settings::new(url, &Self::file(&self.folder)).gate(&self.gate).response_timeout(Duration::from_secs(5))
    }

    fn file(folder: &TempDir) -> PathBuf {
        folder.path().join("ledger")
    }
}

/// What the gate calls a load.
pub fn load_of(family: &str, id: u64) -> String {
    format!("{family}:{id}")
}

/// One test at a time: times are measured, and there are few cores.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
