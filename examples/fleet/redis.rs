//! The fleet's Redis server: started, killed and started again.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(10);

/// A server on a free port, without persistence: whenever it starts, it is empty. Killed when this is dropped.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    child: Option<Child>,
    folder: TempDir,
}

impl Redis {
    /// Starts it, and returns when it answers.
    pub async fn start() -> io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut redis = Self { port, child: None, folder: TempDir::new()? };
        redis.launch().await?;
        Ok(redis)
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The end without warning: SIGKILL.
    pub async fn kill(&mut self) -> io::Result<()> {
        match self.child.take() {
            Some(mut child) => child.kill().await,
            None => Ok(()),
        }
    }

    /// Starts it at the port where it was.
    pub async fn launch(&mut self) -> io::Result<()> {
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    io::Error::other("redis-server is not installed: apt-get install redis-server")
                }
                _ => error,
            })?;
        self.child = Some(child);
        let begun = Instant::now();
        while let Err(error) = self.ping().await {
            if begun.elapsed() > START {
                return Err(error);
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    async fn ping(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        stream.write_all(b"PING\r\n").await?;
        stream.read_exact(&mut [0; 7]).await?;
        Ok(())
    }
}
