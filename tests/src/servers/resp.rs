//! A client of one command at a time: what tests say to a server beside the client that they test.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A status or a value.
    Bytes(Vec<u8>),
    /// A number.
    Int(i64),
    /// Several of them.
    List(Vec<Reply>),
    /// A refusal.
    Error(String),
}

impl Reply {
    /// The elements of a list; none of anything else.
    #[must_use]
    pub fn list(self) -> Vec<Self> {
        match self {
            Self::List(list) => list,
            _ => Vec::new(),
        }
    }

    /// The bytes of a value; none of anything else.
    #[must_use]
    pub fn bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl fmt::Display for Reply {
    /// As text: what is no text is replaced, lists are one element per line, nothing is `(nil)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nil => f.write_str("(nil)"),
            Self::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::Int(number) => number.fmt(f),
            Self::List(list) => {
                for (at, reply) in list.iter().enumerate() {
                    if at > 0 {
                        f.write_str("\n")?;
                    }
                    reply.fmt(f)?;
                }
                Ok(())
            }
            Self::Error(message) => write!(f, "(error) {message}"),
        }
    }
}

/// A connection to a server's Unix socket.
#[derive(Debug)]
pub struct Admin(BufReader<UnixStream>);

impl Admin {
    /// Connects; an answer may take as long as `within`.
    ///
    /// # Errors
    ///
    /// If nobody listens there.
    pub fn connect(socket: &Path, within: Duration) -> io::Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(within))?;
        stream.set_write_timeout(Some(within))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a command and waits for the answer.
    ///
    /// # Errors
    ///
    /// If the connection ends or the answer takes too long. A refusal is an answer.
    pub fn send<W: AsRef<[u8]>>(&mut self, words: &[W]) -> io::Result<Reply> {
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            let word = word.as_ref();
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.0.get_mut().write_all(&request)?;
        self.reply()
    }

    /// One line as it comes, without its end.
    pub(super) fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.pop();
        Ok(line)
    }

    pub(super) fn stream(&self) -> &UnixStream {
        self.0.get_ref()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let line = self.line()?;
        let (kind, rest) = line.split_first().ok_or(io::ErrorKind::InvalidData)?;
        let text = String::from_utf8_lossy(rest).into_owned();
        let number = || text.parse::<i64>().map_err(|_| io::Error::from(io::ErrorKind::InvalidData));
        Ok(match kind {
            b'+' => Reply::Bytes(text.into_bytes()),
            b'-' => Reply::Error(text),
            b':' => Reply::Int(number()?),
            b'$' => match usize::try_from(number()?) {
                Err(_) => Reply::Nil,
                Ok(length) => {
                    let mut bytes = vec![0; length + 2];
                    self.0.read_exact(&mut bytes)?;
                    bytes.truncate(length);
                    Reply::Bytes(bytes)
                }
            },
            b'*' => match usize::try_from(number()?) {
                Err(_) => Reply::Nil,
                Ok(length) => Reply::List((0..length).map(|_| self.reply()).collect::<io::Result<_>>()?),
            },
            _ => return Err(io::ErrorKind::InvalidData.into()),
        })
    }
}
