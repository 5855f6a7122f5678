//! Access traces: one key per access, `u32` little-endian, in the order of the accesses.
//!
//! A file whose name ends in `.zst` is decompressed on the way.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ruzstd::decoding::StreamingDecoder;

/// The longest trace that is read: 256 Mi accesses, which take 1 GiB of memory.
pub const MAX_ACCESSES: usize = 1 << 28;

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
    Odd { bytes: usize },
    TooLong,
}

impl fmt::Display for TraceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.kind {
            Kind::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Kind::NotZstd(error) => {
                write!(f, "is no whole zstd file ({error}); a trace that is not compressed must not end in .zst")
            }
            Kind::Empty => f.write_str("has no accesses in it"),
            Kind::Odd { bytes } => write!(
                f,
                "is {bytes} bytes long, which is no multiple of 4: a trace is one little-endian u32 per access"
            ),
            Kind::TooLong => write!(f, "is longer than {MAX_ACCESSES} accesses"),
        }
    }
}

impl std::error::Error for TraceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Unreadable(error) => Some(error),
            _ => None,
        }
    }
}

/// Reads a trace: `.zst` compressed, any other name as it is.
///
/// # Errors
///
/// When the file is missing or unreadable, is not whole, is empty, or is too long.
pub fn read(path: &Path) -> Result<Vec<u32>, TraceError> {
    let compressed = path.extension().is_some_and(|extension| extension == "zst");
    let read = || {
        let file = File::open(path).map_err(Kind::Unreadable)?;
        if compressed { unzip(bytes_of(file)?.as_slice()) } else { bytes_of(file) }
    };
    read().and_then(keys_of).map_err(|kind| TraceError { path: path.to_path_buf(), kind })
}

/// Reads to the end, or to one byte past the longest trace.
fn bytes_of(source: impl Read) -> Result<Vec<u8>, Kind> {
    let mut bytes = Vec::new();
    let limit = 4 * MAX_ACCESSES as u64 + 1;
    source.take(limit).read_to_end(&mut bytes).map_err(Kind::Unreadable)?;
    Ok(bytes)
}

/// Decompresses all frames of a zstd file.
fn unzip(mut packed: &[u8]) -> Result<Vec<u8>, Kind> {
    let mut bytes = Vec::new();
    while !packed.is_empty() && bytes.len() <= 4 * MAX_ACCESSES {
        let frame = StreamingDecoder::new(&mut packed).map_err(|error| Kind::NotZstd(error.to_string()))?;
        bytes.extend(bytes_of(frame).map_err(|kind| match kind {
            Kind::Unreadable(error) => Kind::NotZstd(error.to_string()),
            other => other,
        })?);
    }
    Ok(bytes)
}

fn keys_of(bytes: Vec<u8>) -> Result<Vec<u32>, Kind> {
    if bytes.len() > 4 * MAX_ACCESSES {
        return Err(Kind::TooLong);
    }
    let (keys, rest) = bytes.as_chunks::<4>();
    match (keys, rest) {
        (_, [_, ..]) => Err(Kind::Odd { bytes: bytes.len() }),
        ([], []) => Err(Kind::Empty),
        (keys, []) => Ok(keys.iter().map(|key| u32::from_le_bytes(*key)).collect()),
    }
}

/// A made-up trace: key `n` of `keys` is accessed in proportion to `1 / (n + 1)^exponent`.
///
/// The same arguments give the same trace. Without keys there are no accesses.
pub fn zipf(accesses: usize, keys: u32, exponent: f64) -> Vec<u32> {
    let mut total = 0.0;
    let sums: Vec<f64> = (0..keys)
        .map(|key| {
            total += (f64::from(key) + 1.0).powf(-exponent);
            total
        })
        .collect();
    let Some(last) = keys.checked_sub(1) else {
        return Vec::new();
    };
    let mut random = fastrand::Rng::with_seed(1);
    (0..accesses)
        .map(|_| {
            let at = random.f64() * total;
            let key = sums.partition_point(|sum| *sum <= at);
            // Never past `u32`: there are at most `keys` sums.
            u32::try_from(key).unwrap_or(last).min(last)
        })
        .collect()
}

/// The keys of a trace, each once, in order.
pub fn distinct(trace: &[u32]) -> Vec<u32> {
    let mut keys = trace.to_vec();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn bytes(keys: &[u32]) -> Vec<u8> {
        keys.iter().flat_map(|key| key.to_le_bytes()).collect()
    }

    /// What reading a file of this name and content gives; an error as its message.
    fn read_as(name: &str, content: &[u8]) -> Result<Vec<u32>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn raw_and_compressed_traces_read_the_same() {
        let keys = [7, 0, u32::MAX, 7];
        assert_eq!(read_as("a.u32", &bytes(&keys)).unwrap(), keys);
        let packed = compress_to_vec(bytes(&keys).as_slice(), CompressionLevel::Fastest);
        assert_eq!(read_as("a.u32.zst", &packed).unwrap(), keys);
        let twice = [packed.clone(), packed].concat();
        assert_eq!(read_as("a.u32.zst", &twice).unwrap(), [keys, keys].concat());
    }

    #[test]
    fn a_file_that_is_no_trace_is_refused_with_the_reason() {
        let refused = |name: &str, content: &[u8]| read_as(name, content).unwrap_err();
        assert!(refused("a.u32", b"12345").contains("5 bytes long, which is no multiple of 4"));
        assert!(refused("a.u32", b"").contains("has no accesses"));
        assert!(refused("a.u32.zst", b"").contains("has no accesses"));
        assert!(refused("a.u32.zst", b"plain text").contains("no whole zstd file"));
        let packed = compress_to_vec(bytes(&[1; 5000]).as_slice(), CompressionLevel::Fastest);
        assert!(refused("a.u32.zst", &packed[..packed.len() / 2]).contains("no whole zstd file"));
        let missing = read(Path::new("no-such-folder/a.u32")).unwrap_err().to_string();
        assert!(missing.starts_with("no-such-folder/a.u32: cannot be read"), "{missing}");
    }

    #[test]
    fn a_zipf_trace_repeats_and_prefers_low_keys() {
        let trace = zipf(20_000, 1_000, 0.9);
        assert_eq!(trace, zipf(20_000, 1_000, 0.9));
        assert!(trace.iter().all(|key| *key < 1_000));
        let share = |low: u32| trace.iter().filter(|key| **key < low).count();
        assert!(share(100) > 8_000, "{}", share(100));
        assert!(distinct(&trace).len() > 900);
        assert!(zipf(10, 0, 0.9).is_empty());
    }
}
