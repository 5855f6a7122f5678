//! A `redis-server` of a benchmark's own.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(10);

/// An empty server without persistence, on a free port of this machine. Killed when it is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Server {
    /// Starts one, and returns when it answers.
    ///
    /// # Errors
    ///
    /// If it is not installed, or does not start.
    pub fn start() -> io::Result<Self> {
        let folder = TempDir::new()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    io::Error::other("redis-server is not installed: apt-get install redis-server")
                }
                _ => error,
            })?;
        let server = Self { child, port, _folder: folder };
        let begun = Instant::now();
        while let Err(error) = server.ping() {
            if begun.elapsed() > START {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(server)
    }

    /// Where clients find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn ping(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut [0; 7])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that is gone already needs no killing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
