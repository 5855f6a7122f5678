//! Reading access traces in the formats they are published in.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ruzstd::decoding::StreamingDecoder;

use super::traces::Trace;

/// The longest trace that is read, in accesses; a file may have 8 bytes for each.
const MAX_ACCESSES: usize = 1 << 28;

/// How a file says its accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A key per line, whatever it is.
    Text,
    /// LIRS: a block number per line; lines with `*` part phases.
    Lirs,
    /// ARC: `first count ...` per line, `count` blocks from `first` on.
    Arc,
    /// Little-endian `u32`s.
    U32,
    /// Little-endian `u64`s.
    U64,
}

impl Format {
    /// By a name's ending, `.zst` aside.
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("zst") => Self::of(&path.with_extension("")),
            Some("trc" | "lirs") => Self::Lirs,
            Some("lis" | "arc") => Self::Arc,
            Some("u32") => Self::U32,
            Some("u64") => Self::U64,
            _ => Self::Text,
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "text" => Ok(Self::Text),
            "lirs" => Ok(Self::Lirs),
            "arc" => Ok(Self::Arc),
            "u32" => Ok(Self::U32),
            "u64" => Ok(Self::U64),
            _ => Err(format!("`{name}` is no format; expected text, lirs, arc, u32 or u64")),
        }
    }
}

/// Why a trace cannot be read.
#[derive(Debug)]
pub struct TraceError {
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Unreadable(io::Error),
    NotZstd(String),
    Empty,
    TooLong,
    Odd { bytes: usize, each: usize },
    Line { number: usize, expected: &'static str, found: String },
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            Kind::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Kind::NotZstd(error) => write!(f, "is no whole zstd file ({error}); only such may end in .zst"),
            Kind::Empty => f.write_str("has no accesses in it"),
            Kind::TooLong => write!(f, "is longer than {MAX_ACCESSES} accesses"),
            Kind::Odd { bytes, each } => {
                write!(f, "has {bytes} bytes, which is no multiple of {each}, the size of a key; see --format")
            }
            Kind::Line { number, expected, found } => {
                write!(f, "line {number}: expected {expected}, found `{found}`; see --format")
            }
        }
    }
}

impl std::error::Error for TraceError {}

/// Reads a trace in the format, or the one that its name ends in; `.zst` is decompressed.
///
/// # Errors
///
/// When the file is missing, is not of the format, is empty, or is too long.
pub fn read(path: &Path, format: Option<Format>) -> Result<Trace, TraceError> {
    let compressed = path.extension().is_some_and(|extension| extension == "zst");
    let format = format.unwrap_or_else(|| Format::of(path));
    let read = || {
        let file = File::open(path).map_err(Kind::Unreadable)?;
        let bytes = if compressed { unzip(&bytes_of(file)?)? } else { bytes_of(file)? };
        parse(&name_of(path), &bytes, format)
    };
    read().map_err(|kind| TraceError { path: path.to_path_buf(), kind })
}

/// Whether the name says that there is a number of fixed size for each access.
pub fn is_binary(path: &Path) -> bool {
    matches!(Format::of(path), Format::U32 | Format::U64)
}

/// The file's name without what says how it is written.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".zst").unwrap_or(&name);
    let endings = ["u32", "u64", "trc", "lirs", "lis", "arc", "txt"];
    match name.rsplit_once('.') {
        Some((name, ending)) if endings.contains(&ending) => name.to_owned(),
        _ => name.to_owned(),
    }
}

/// Reads to the end, or to one byte past the longest trace.
fn bytes_of(source: impl Read) -> Result<Vec<u8>, Kind> {
    let mut bytes = Vec::new();
    let limit = 8 * MAX_ACCESSES;
    source.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(Kind::Unreadable)?;
    if bytes.len() > limit { Err(Kind::TooLong) } else { Ok(bytes) }
}

/// Decompresses all frames of a zstd file.
fn unzip(mut packed: &[u8]) -> Result<Vec<u8>, Kind> {
    let mut bytes = Vec::new();
    while !packed.is_empty() {
        let frame = StreamingDecoder::new(&mut packed).map_err(|error| Kind::NotZstd(error.to_string()))?;
        bytes.extend(bytes_of(frame).map_err(|kind| match kind {
            Kind::Unreadable(error) => Kind::NotZstd(error.to_string()),
            other => other,
        })?);
        if bytes.len() > 8 * MAX_ACCESSES {
            return Err(Kind::TooLong);
        }
    }
    Ok(bytes)
}

fn parse(name: &str, bytes: &[u8], format: Format) -> Result<Trace, Kind> {
    let trace = match format {
        Format::U32 => Trace::new(name, fixed::<4>(bytes)?),
        Format::U64 => Trace::new(name, fixed::<8>(bytes)?),
        Format::Text => Trace::new(name, lines(bytes).map(|(_, line)| line)),
        Format::Lirs => {
            let mut keys = Vec::new();
            for (number, line) in lines(bytes).filter(|(_, line)| *line != b"*") {
                keys.push(block(number, line, "a block number")?);
            }
            Trace::new(name, keys)
        }
        Format::Arc => {
            let mut keys = Vec::new();
            for (number, line) in lines(bytes) {
                let mut fields = line.split(u8::is_ascii_whitespace).filter(|field| !field.is_empty());
                let mut field = |expected| block(number, fields.next().unwrap_or_default(), expected);
                let (first, count) = (field("the number of the first block")?, field("a count of blocks")?);
                if count > (MAX_ACCESSES - keys.len().min(MAX_ACCESSES)) as u64 {
                    return Err(Kind::TooLong);
                }
                keys.extend(first..first.saturating_add(count));
            }
            Trace::new(name, keys)
        }
    };
    match trace.keys.len() {
        0 => Err(Kind::Empty),
        accesses if accesses > MAX_ACCESSES => Err(Kind::TooLong),
        _ => Ok(trace),
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<&[[u8; N]], Kind> {
    match bytes.as_chunks() {
        (keys, []) => Ok(keys),
        _ => Err(Kind::Odd { bytes: bytes.len(), each: N }),
    }
}

/// What is on the lines that are not blank, with their numbers.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    (1..).zip(lines).filter(|(_, line)| !line.is_empty())
}

fn block(number: usize, field: &[u8], expected: &'static str) -> Result<u64, Kind> {
    let parsed = str::from_utf8(field).ok().and_then(|field| field.parse().ok());
    parsed.ok_or_else(|| Kind::Line { number, expected, found: String::from_utf8_lossy(field).into_owned() })
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    /// What reading a file of this name and content gives; an error as its message.
    fn read_as(name: &str, content: &[u8]) -> Result<Trace, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path, None).map_err(|error| error.to_string())
    }

    fn keys(name: &str, content: &[u8]) -> Vec<u32> {
        read_as(name, content).unwrap().keys
    }

    #[test]
    fn every_format_gives_keys_by_their_first_access() {
        let numbers = [7u32, 0, u32::MAX, 7];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(keys("a.u32", &bytes), [0, 1, 2, 0]);
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| (u64::from(*number) << 32).to_le_bytes()).collect();
        assert_eq!(keys("a.u64", &bytes), [0, 1, 2, 0]);
        assert_eq!(keys("a", b"GET /a\nGET /b\r\n\nGET /a"), [0, 1, 0]);
        assert_eq!(keys("a.trc", b"5\n*\n 3\n5\n*"), [0, 1, 0]);
        assert_eq!(keys("a.lis", b"10 3 0 0\n11 1 0 1\n7 0 0 2\n9 2 0 3\n"), [0, 1, 2, 1, 3, 0]);
    }

    #[test]
    fn compressed_traces_read_the_same() {
        let packed = compress_to_vec(b"5\n3\n5\n".as_slice(), CompressionLevel::Fastest);
        let trace = read_as("b.trc.zst", &packed).unwrap();
        assert_eq!((trace.name.as_str(), trace.keys, trace.distinct), ("b", vec![0, 1, 0], 2));
        assert_eq!(keys("b.trc.zst", &[packed.clone(), packed].concat()), [0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn a_file_that_is_no_trace_is_refused_with_the_reason() {
        let refused = |name: &str, content: &[u8]| read_as(name, content).unwrap_err();
        assert!(refused("a.u32", b"12345").contains("5 bytes, which is no multiple of 4"));
        assert!(refused("a.trc", b"1\n\nabc").contains("line 3: expected a block number, found `abc`"));
        assert!(refused("a.lis", b"1 2\n1").contains("line 2: expected a count of blocks, found ``"));
        assert!(refused("a.lis", b"1 999999999999").contains("is longer than"));
        assert!(refused("a.txt", b" \n").contains("has no accesses"));
        assert!(refused("a.u32.zst", b"plain text").contains("no whole zstd file"));
        let missing = read(Path::new("no-such-folder/a.u32"), None).unwrap_err().to_string();
        assert!(missing.starts_with("no-such-folder/a.u32: cannot be read"), "{missing}");
        assert!("csv".parse::<Format>().unwrap_err().contains("expected text, lirs, arc, u32 or u64"));
    }
}
