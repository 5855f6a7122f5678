//! The command line.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};

pub const USAGE: &str = "\
usage: cargo run --example fleet -- [--seconds N] [--backend redis|tiered]

  --seconds N   how long, at least 5; without it, 20
  --backend B   redis: every hit asks the server; tiered, which is the default: memory in front of it
";

/// Where the workers keep their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Redis,
    Tiered,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redis => "redis",
            Self::Tiered => "tiered",
        })
    }
}

impl std::str::FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "redis" => Ok(Self::Redis),
            "tiered" => Ok(Self::Tiered),
            _ => Err("expected `redis` or `tiered`".into()),
        }
    }
}

/// What this process is.
#[derive(Clone, Debug)]
pub enum Role {
    /// Starts all the others.
    Parent { seconds: Duration, backend: Backend },
    /// One of the fleet, started by the parent with these words.
    Worker { source: SocketAddr, redis: String, backend: Backend },
    /// Says how to use the program.
    Help,
}

impl Role {
    /// Reads the words after the program's name.
    pub fn parse(mut words: Parser) -> Result<Self, lexopt::Error> {
        let (mut seconds, mut backend, mut source, mut redis) = (20.0, Backend::Tiered, None, None);
        while let Some(word) = words.next()? {
            match word {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Long("seconds") => seconds = words.value()?.parse::<f64>()?,
                Arg::Long("backend") => backend = words.value()?.parse()?,
                Arg::Long("source") => source = Some(words.value()?.parse()?),
                Arg::Long("redis") => redis = Some(words.value()?.string()?),
                other => return Err(other.unexpected()),
            }
        }
        if let (Some(source), Some(redis)) = (source, redis) {
            return Ok(Self::Worker { source, redis, backend });
        }
        if !(5.0..=3600.0).contains(&seconds) {
            return Err("--seconds: expected 5 to 3600".into());
        }
        Ok(Self::Parent { seconds: Duration::from_secs_f64(seconds), backend })
    }
}
