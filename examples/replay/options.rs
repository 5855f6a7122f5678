//! The command line.

use std::fmt;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

/// What `--help` prints.
pub const USAGE: &str = "\
usage: cargo run --release --example replay -- [TRACE] [--capacity N] [--policy adaptive|lru]

  TRACE          a file of u32 little-endian keys, one per access; NAME.u32 or, compressed, NAME.u32.zst;
                 without it, a Zipf trace is made
  --capacity N   most entries in the cache; without it, a tenth of the trace's keys, at least 16
  --policy P     adaptive (default) or lru
";

/// What to replay, and through which cache.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    pub trace: Option<PathBuf>,
    pub capacity: Option<u64>,
    pub policy: Policy,
}

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    Help,
    Replay(Options),
}

/// Which entry leaves a full cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Adaptive,
    Lru,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Adaptive => "adaptive",
            Self::Lru => "lru",
        })
    }
}

impl Options {
    pub fn parse(mut words: Parser) -> Result<Request, lexopt::Error> {
        let mut options = Self { trace: None, capacity: None, policy: Policy::Adaptive };
        while let Some(word) = words.next()? {
            match word {
                Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
                Arg::Long("capacity") => options.capacity = Some(capacity(&words.value()?.string()?)?),
                Arg::Long("policy") => options.policy = policy(&words.value()?.string()?)?,
                Arg::Value(path) if options.trace.is_none() => options.trace = Some(path.into()),
                Arg::Value(second) => {
                    return Err(format!("one trace at a time: what is {}?", second.display()).into());
                }
                other => return Err(other.unexpected()),
            }
        }
        Ok(Request::Replay(options))
    }
}

fn capacity(text: &str) -> Result<u64, String> {
    match text.replace(['_', ','], "").parse() {
        Ok(0) => Err("--capacity 0 would cache nothing: it takes 1 or more".into()),
        Ok(entries) => Ok(entries),
        Err(_) => Err(format!("--capacity takes a number of entries, not `{text}`")),
    }
}

fn policy(text: &str) -> Result<Policy, String> {
    match text {
        "adaptive" => Ok(Policy::Adaptive),
        "lru" => Ok(Policy::Lru),
        other => Err(format!("--policy takes `adaptive` or `lru`, not `{other}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, String> {
        Options::parse(Parser::from_args(line.split_whitespace())).map_err(|error| error.to_string())
    }

    #[test]
    fn trace_capacity_and_policy_are_read_in_any_order() {
        let expected = Options { trace: Some("a.u32".into()), capacity: Some(1000), policy: Policy::Lru };
        assert_eq!(parse("a.u32 --capacity 1,000 --policy=lru"), Ok(Request::Replay(expected)));
        let plain = Options { trace: None, capacity: None, policy: Policy::Adaptive };
        assert_eq!(parse(""), Ok(Request::Replay(plain)));
        assert_eq!(parse("--help"), Ok(Request::Help));
    }

    #[test]
    fn mistakes_are_named() {
        let refused = |line: &str| parse(line).unwrap_err();
        assert!(refused("--capacity 0").contains("1 or more"));
        assert!(refused("--capacity many").contains("not `many`"));
        assert!(refused("--capacity -1").contains("not `-1`"));
        assert!(refused("--capacity").contains("missing"));
        assert!(refused("--policy fifo").contains("`adaptive` or `lru`, not `fifo`"));
        assert!(refused("a b").contains("one trace at a time"));
        assert!(refused("--size 3").contains("--size"));
    }
}
