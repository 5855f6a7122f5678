//! Servers that tests start, break and stop: child processes on free ports of the loopback interface, killed when they are dropped.
//!
//! * [`Redis`] is one server, with password, ACL, TLS or a Unix socket if asked for; it can be killed, stopped, restarted, spoken to and listened to.
//! * [`Cluster`] is a Redis Cluster; [`Sentinel`] a watcher of a primary and its replicas.
//! * [`Proxy`] stands between a client and a server, and delays, cuts or swallows what goes through.
//!
//! They panic when something cannot be done: a test that cannot have its server has failed.

mod certificates;
mod cluster;
mod monitor;
mod port;
mod process;
mod proxy;
mod redis;
mod resp;
mod sentinel;

pub use certificates::Certificates;
pub use cluster::{Cluster, Migration};
pub use monitor::{Monitor, Seen};
pub use process::Program;
pub use proxy::{Fault, Proxy};
pub use redis::{Builder, Redis};
pub use resp::{Admin, Reply};
pub use sentinel::Sentinel;

use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything here takes; what takes longer hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// Asks again and again until the answer is yes.
///
/// # Panics
///
/// If it does not come: says what was waited for.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "waited {LIMIT:?} for this: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
