//! A sentinel: it names the primary of a service, and replaces one that fails.

use std::fs;

use tempfile::TempDir;

use super::eventually;
use super::port;
use super::process::{Process, Program};
use super::redis::Redis;

/// A single sentinel that may decide alone. Killed when it is dropped.
#[derive(Debug)]
pub struct Sentinel {
    port: u16,
    service: String,
    _process: Process,
    folder: TempDir,
}

impl Sentinel {
    /// Watches `primary`, and its replicas, under the name `service`; returns when it knows as many replicas as there are.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(service: &str, primary: &Redis, replicas: usize) -> Self {
        let folder = tempfile::Builder::new().prefix("cached-sentinel-").tempdir().expect("a folder");
        let port = port::free();
        let settings = format!(
            "port {port}\nbind 127.0.0.1\nunixsocket socket\n\
             sentinel monitor {service} 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds {service} 700\n\
             sentinel failover-timeout {service} 3000\n",
            primary.port()
        );
        fs::write(folder.path().join("sentinel.conf"), settings).expect("a file for the settings");
        let arguments = ["sentinel.conf".to_owned(), "--sentinel".to_owned()];
        let process = Process::start(&Program::Redis.path(), &arguments, folder.path());
        let sentinel = Self { port, service: service.into(), _process: process, folder };
        eventually("the sentinel knows the service", || sentinel.replicas() == Some(replicas));
        sentinel
    }

    /// Where clients ask it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The port of the service's primary.
    ///
    /// # Panics
    ///
    /// If the sentinel does not answer.
    #[must_use]
    pub fn primary(&self) -> u16 {
        let address = self.ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", &self.service]).expect("an address");
        address.list().get(1).and_then(|port| port.to_string().parse().ok()).expect("a port")
    }

    fn replicas(&self) -> Option<usize> {
        Some(self.ask(&["SENTINEL", "REPLICAS", &self.service])?.list().len())
    }

    fn ask(&self, words: &[&str]) -> Option<super::Reply> {
        let socket = self.folder.path().join("socket");
        super::Admin::connect(&socket, super::LIMIT).and_then(|mut admin| admin.send(words)).ok()
    }
}
