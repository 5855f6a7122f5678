//! The source of truth: a file that all processes read and write.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many things there are.
const SLOTS: u64 = 4096;
const WIDTH: u64 = 24;

/// Versions of things, by their number. Each thing has one writer at a time.
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// A new one, with every thing at version zero.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    #[must_use]
    pub fn create(path: &Path) -> Self {
        let file = File::options().read(true).write(true).create_new(true).open(path).expect("a new file");
        file.set_len(SLOTS * WIDTH).expect("room for it");
        Self(file)
    }

    /// One that is there.
    ///
    /// # Errors
    ///
    /// If it is not.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(File::options().read(true).write(true).open(path)?))
    }

    /// The thing's version.
    #[must_use]
    pub fn version(&self, id: u64) -> u64 {
        self.read(id, 0)
    }

    /// Writes the next version, and returns it.
    pub fn write(&self, id: u64) -> u64 {
        let version = self.version(id) + 1;
        self.store(id, 0, &version.to_le_bytes());
        version
    }

    /// From now on nobody may see a version older than this one: its invalidation was acknowledged.
    pub fn acknowledge(&self, id: u64, version: u64) {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&version.to_le_bytes());
        bytes[8..].copy_from_slice(&micros_now().to_le_bytes());
        self.store(id, 8, &bytes);
    }

    /// The version that was acknowledged last.
    #[must_use]
    pub fn acknowledged(&self, id: u64) -> u64 {
        self.read(id, 8)
    }

    /// When that was, in microseconds since 1970.
    #[must_use]
    pub fn acknowledged_at(&self, id: u64) -> u64 {
        self.read(id, 16)
    }

    fn read(&self, id: u64, at: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, id % SLOTS * WIDTH + at).expect("the ledger can be read");
        u64::from_le_bytes(bytes)
    }

    fn store(&self, id: u64, at: u64, bytes: &[u8]) {
        self.0.write_all_at(bytes, id % SLOTS * WIDTH + at).expect("the ledger can be written");
    }
}

/// The time of day in microseconds since 1970: the same in all processes.
#[must_use]
pub fn micros_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}
