//! What the functions load: versions in the ledger, behind the gate.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::OnceLock;

use tests::workers::Ledger;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub fn ledger() -> &'static Ledger {
    static LEDGER: OnceLock<Ledger> = OnceLock::new();
    LEDGER.get_or_init(|| {
        let path = PathBuf::from(std::env::var_os("WORKER_LEDGER").expect("a ledger"));
        Ledger::open(&path).expect("the ledger is there")
    })
}

fn gate() -> Option<&'static str> {
    static GATE: OnceLock<Option<String>> = OnceLock::new();
    GATE.get_or_init(|| std::env::var("WORKER_GATE").ok()).as_deref()
}

fn name(family: &str, id: u64) -> String {
    format!("{family}:{id} {}\n", std::process::id())
}

/// Reads the version, and then passes the gate: a load that is held holds what was true when it began.
pub fn load(family: &str, id: u64) -> u64 {
    let version = ledger().version(id);
    if let Some(gate) = gate() {
        let mut stream = TcpStream::connect(gate).expect("the gate is there");
        stream.write_all(name(family, id).as_bytes()).expect("the gate listens");
        stream.read_exact(&mut [0; 3]).expect("the gate answers");
    }
    version
}

/// The same without blocking the thread.
pub async fn load_async(family: &str, id: u64) -> u64 {
    let version = ledger().version(id);
    if let Some(gate) = gate() {
        let mut stream = tokio::net::TcpStream::connect(gate).await.expect("the gate is there");
        stream.write_all(name(family, id).as_bytes()).await.expect("the gate listens");
        stream.read_exact(&mut [0; 3]).await.expect("the gate answers");
    }
    version
}
