//! Compression of payloads: one LZ4 block behind its length.

/// The largest payload that is compressed, and what readers allow by default: 64 MiB.
pub(crate) const LIMIT: usize = 64 << 20;

/// No LZ4 block grows to more than this many times its size: a match is told by at least a byte for every 255 it covers.
const RATIO: usize = 255;

/// `bytes` compressed; `None` if that does not make them at least a tenth smaller, or if they are larger than a reader would allow.
pub(crate) fn compress(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() > LIMIT {
        return None;
    }
    let packed = lz4_flex::block::compress_prepend_size(bytes);
    (packed.len() <= bytes.len() - bytes.len() / 10).then_some(packed)
}

/// What was compressed, if it is at most `limit` bytes long. The length in front is somebody else's word, so it is held against `limit` and
/// against what the block could hold before any memory is asked for.
pub(crate) fn decompress(packed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (len, block) = packed.split_first_chunk()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    if len > limit || len > block.len().saturating_mul(RATIO) {
        return None;
    }
    let bytes = lz4_flex::block::decompress(block, len).ok()?;
    (bytes.len() == len).then_some(bytes)
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn what_shrinks_comes_back_and_what_does_not_stays_as_it_is() {
        for bytes in [vec![0; 4096], b"{\"name\":\"Ann\"}".repeat(500), vec![7; 3 << 20]] {
            let packed = compress(&bytes).expect("compressible");
            assert!(packed.len() <= bytes.len() * 9 / 10);
            assert_eq!(decompress(&packed, LIMIT).as_deref(), Some(&bytes[..]));
        }
        let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(4096).collect();
        assert_eq!(compress(&noise), None);
        assert_eq!(compress(b""), None);
    }

    #[test]
    fn a_length_is_not_believed() {
        let packed = compress(&vec![0; 100_000]).unwrap();
        assert_eq!(decompress(&packed, 99_999), None, "over the limit");
        let claims = |len: u32| [&len.to_le_bytes()[..], &packed[4..]].concat();
        assert_eq!(decompress(&claims(u32::MAX), usize::MAX), None, "more than the block could hold");
        assert_eq!(decompress(&claims(99_999), LIMIT), None, "less than it holds");
        assert_eq!(decompress(&claims(100_001), LIMIT), None, "more than it holds");
        assert_eq!(decompress(&packed[..3], LIMIT), None);
        assert_eq!(decompress(&packed[..packed.len() - 1], LIMIT), None);
    }

    #[test]
    fn the_ratio_is_above_what_any_value_reaches() {
        let zeros = vec![0; 16 << 20];
        assert_eq!(decompress(&compress(&zeros).unwrap(), LIMIT), Some(zeros));
    }
}
