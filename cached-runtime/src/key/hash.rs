use std::fmt::{self, Write};
use std::hash::Hasher;

/// Feeds rendered text to a hasher. Texts that are equal hash alike, however the pieces were cut that they were written in.
pub(crate) fn hash_text<H: Hasher>(state: &mut H, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
    let mut sink = Sink { state, word: 0, length: 0 };
    // A `Display` that reports an error leaves what it wrote so far; the text stays the identity.
    let _ = write(&mut sink);
    sink.state.write_u64(sink.word);
    sink.state.write_usize(sink.length);
}

/// Puts text together to words.
struct Sink<'a, H> {
    state: &'a mut H,
    /// The bytes that do not make a whole word yet, lowest first; zeros above them.
    word: u64,
    length: usize,
}

impl<H: Hasher> Sink<'_, H> {
    /// Takes up to eight bytes, lowest first, with zeros above them.
    #[inline]
    fn take(&mut self, bytes: u64, count: usize) {
        let there = self.length % 8;
        self.length += count;
        self.word |= bytes << (8 * there);
        if there + count >= 8 {
            self.state.write_u64(self.word);
            // What did not fit.
            self.word = if there == 0 { 0 } else { bytes >> (8 * (8 - there)) };
        }
    }
}

impl<H: Hasher> Write for Sink<'_, H> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.take(u64::from_le_bytes(*word), 8);
        }
        if !rest.is_empty() {
            self.take(few(rest), rest.len());
        }
        Ok(())
    }
}

/// One to seven bytes as the lowest of a word.
#[inline]
fn few(bytes: &[u8]) -> u64 {
    // Two halves that overlap where there are not bytes enough, so that nothing is copied byte by byte.
    let high = 8 * bytes.len() as u32;
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (high - 32)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<2>(), bytes.last_chunk::<2>()) {
        u64::from(u16::from_le_bytes(*first)) | u64::from(u16::from_le_bytes(*last)) << (high - 16)
    } else {
        bytes.first().copied().map_or(0, u64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keeps what it is given.
    #[derive(Default)]
    struct Given(Vec<u64>);

    impl Hasher for Given {
        fn finish(&self) -> u64 {
            0
        }

        fn write(&mut self, _: &[u8]) {
            unreachable!("words only");
        }

        fn write_u64(&mut self, word: u64) {
            self.0.push(word);
        }

        fn write_usize(&mut self, length: usize) {
            self.0.push(length as u64);
        }
    }

    #[test]
    fn words_are_those_of_the_whole_text_however_it_is_cut() {
        let mut random = fastrand::Rng::with_seed(11);
        for _ in 0..2_000 {
            let length = random.usize(..40);
            let text: String = std::iter::repeat_with(|| random.alphanumeric()).take(length).collect();
            let mut padded = text.clone().into_bytes();
            padded.resize(padded.len() / 8 * 8 + 8, 0);
            let words = padded.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
            let expected: Vec<u64> = words.chain([text.len() as u64]).collect();
            let mut given = Given::default();
            hash_text(&mut given, |out| {
                let mut rest = text.as_str();
                while !rest.is_empty() {
                    let (now, later) = rest.split_at(random.usize(..=rest.len()));
                    out.write_str(now)?;
                    rest = later;
                }
                Ok(())
            });
            assert_eq!(given.0, expected, "{text}");
        }
    }
}
