use std::fmt;

/// Bytes that fit in without an allocation.
const INLINE: usize = 22;

/// A text as entries keep it: a short one in place, so that comparing it touches no memory but the entry's.
#[derive(Clone)]
pub struct KeyText(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<str>),
}

impl KeyText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Inline { len, bytes } => {
                // Made from text, so it is text.
                bytes.get(..usize::from(*len)).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
            }
            Repr::Heap(text) => text,
        }
    }

    /// Whether it is this text.
    #[inline(always)]
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        match &self.0 {
            Repr::Inline { len, bytes } => {
                usize::from(*len) == text.len()
                    && bytes.get(..text.len()).is_some_and(|bytes| same(bytes, text.as_bytes()))
            }
            Repr::Heap(own) => **own == *text,
        }
    }
}

/// Whether two texts of one length, which is at most [`INLINE`], are the same; without the call that a comparison of slices is.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    if let (Some(first), Some(last)) = (both(a, b, <[u8]>::first_chunk::<8>), both(a, b, <[u8]>::last_chunk::<8>)) {
        // What two words do not cover lies between them.
        let between = || a.get(8..16).zip(b.get(8..16)).is_none_or(|(a, b)| a == b);
        first && last && (a.len() <= 16 || between())
    } else if let (Some(first), Some(last)) =
        (both(a, b, <[u8]>::first_chunk::<4>), both(a, b, <[u8]>::last_chunk::<4>))
    {
        first && last
    } else {
        // At most three: the first, the one in the middle, and the last.
        a.first() == b.first() && a.get(a.len() / 2) == b.get(b.len() / 2) && a.last() == b.last()
    }
}

#[inline]
fn both<'s, T: PartialEq + 's>(a: &'s [u8], b: &'s [u8], part: impl Fn(&'s [u8]) -> Option<&'s T>) -> Option<bool> {
    Some(part(a)? == part(b)?)
}

impl From<&str> for KeyText {
    fn from(text: &str) -> Self {
        let mut bytes = [0; INLINE];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Repr::Inline { len, bytes })
            }
            _ => Self(Repr::Heap(text.into())),
        }
    }
}

impl PartialEq for KeyText {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            // What lies behind the text is zeros.
            (Repr::Inline { len, bytes }, Repr::Inline { len: other_len, bytes: other_bytes }) => {
                len == other_len && bytes == other_bytes
            }
            (Repr::Heap(text), Repr::Heap(other)) => text == other,
            // Which of the two it is depends on the length.
            _ => false,
        }
    }
}

impl Eq for KeyText {}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_equals_itself_and_no_other() {
        assert_eq!(size_of::<KeyText>(), 24);
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let text: String = (0..random.usize(..40)).map(|_| random.choice(['a', 'b', 'ß']).unwrap_or('c')).collect();
            let kept = KeyText::from(&*text);
            assert_eq!(kept.as_str(), text);
            assert!(kept.is(&text) && kept == KeyText::from(&*text));
            let mut bytes = text.clone().into_bytes();
            if let Some(at) = (!bytes.is_empty()).then(|| random.usize(..bytes.len())) {
                bytes[at] = if bytes[at].is_ascii() { b'x' } else { continue };
                let other = String::from_utf8(bytes).expect("a letter for a letter");
                assert!(!kept.is(&other) && kept != KeyText::from(&*other), "{text} and {other}");
            }
            let longer = format!("{text}\0");
            assert!(!kept.is(&longer) && kept != KeyText::from(&*longer));
        }
    }
}
