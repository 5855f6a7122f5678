//! The source of truth, in place of a database: the version of each item, kept by the parent process, read slowly.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stock::{ITEMS, Item, ItemId};

/// How long a read takes after it has seen the version: time enough for a write to overtake it.
const READ_TIME: Duration = Duration::from_millis(5);

/// The parent's side. Answers until it is dropped with its runtime.
#[derive(Debug)]
pub struct Truth {
    versions: Mutex<Vec<u64>>,
}

impl Truth {
    /// Starts to answer at the address that it returns.
    pub async fn start() -> std::io::Result<SocketAddr> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let truth = Arc::new(Self { versions: Mutex::new(vec![1; ITEMS as usize]) });
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let truth = Arc::clone(&truth);
                // A client that hangs up ends its task by an error.
                tokio::spawn(async move { truth.answer(client).await });
            }
        });
        Ok(address)
    }

    /// A request is two numbers, the first item to write and the one after the last; the answer is the version of each. Nothing to
    /// write means a read of the first.
    async fn answer(&self, mut client: TcpStream) -> std::io::Result<()> {
        client.set_nodelay(true)?;
        loop {
            let (from, to) = (client.read_u64().await?, client.read_u64().await?);
            let is_read = from == to;
            let versions = self.versions(from..to.max(from + 1), u64::from(!is_read));
            if is_read {
                tokio::time::sleep(READ_TIME).await;
            }
            client.write_all(&versions.concat()).await?;
        }
    }

    fn versions(&self, items: Range<u64>, raised_by: u64) -> Vec<[u8; 8]> {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = versions.iter_mut().skip(items.start as usize).take((items.end - items.start) as usize);
        asked
            .map(|version| {
                *version += raised_by;
                version.to_be_bytes()
            })
            .collect()
    }
}

/// A worker's side: a pool of connections.
#[derive(Debug)]
pub struct Source {
    address: SocketAddr,
    idle: Mutex<Vec<TcpStream>>,
}

/// The source did not answer. `Clone`, so that callers who waited for one failed load can share it.
#[derive(Clone, Debug)]
pub struct SourceError(Arc<str>);

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source of truth: {}", self.0)
    }
}

impl std::error::Error for SourceError {}

impl From<std::io::Error> for SourceError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string().into())
    }
}

impl Source {
    /// The source at this address. Nothing is connected yet.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// Reads one item.
    pub async fn read(&self, id: ItemId) -> Result<Item, SourceError> {
        let version = self.ask(id.0..id.0).await?.first().map_or(0, |item| item.version);
        Ok(Item { id, version })
    }

    /// Raises the versions of these items, and returns them as they are now.
    pub async fn write(&self, items: Range<u64>) -> Result<Vec<Item>, SourceError> {
        self.ask(items).await
    }

    async fn ask(&self, items: Range<u64>) -> Result<Vec<Item>, SourceError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => TcpStream::connect(self.address).await?,
        };
        let request = [items.start.to_be_bytes(), items.end.to_be_bytes()].concat();
        connection.write_all(&request).await?;
        let mut answer = Vec::new();
        for id in items.start..items.end.max(items.start + 1) {
            answer.push(Item { id: ItemId(id), version: connection.read_u64().await? });
        }
        // Only a connection without an answer on its way goes back.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }
}
