use std::fmt;
use std::hash::Hasher;

use super::part::KeyPart;
use super::writer::KeyWriter;

/// The parts of one key, in the order of their placeholders. Implemented for `()` and for tuples of up to 12 [`KeyPart`]s.
pub trait Parts: KeyPart {
    /// Renders the parts between the literal pieces; there is one piece more than there are parts.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    fn write_with(&self, pieces: &[&str], out: &mut KeyWriter<'_>) -> fmt::Result;

    /// The same from the owned form.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    fn write_owned_with(owned: &Self::Owned, pieces: &[&str], out: &mut KeyWriter<'_>) -> fmt::Result;
}

impl Parts for () {
    fn write_with(&self, pieces: &[&str], out: &mut KeyWriter<'_>) -> fmt::Result {
        out.raw(pieces.last().copied().unwrap_or(""))
    }

    fn write_owned_with((): &(), pieces: &[&str], out: &mut KeyWriter<'_>) -> fmt::Result {
        out.raw(pieces.last().copied().unwrap_or(""))
    }
}

/// Literal text around placeholders. What stands between two placeholders never stands in a value's text.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    pub(crate) pieces: &'static [&'static str],
}

impl Template {
    /// `pieces` surround the placeholders: one more than there are of them.
    #[must_use]
    pub const fn new(pieces: &'static [&'static str]) -> Self {
        Self { pieces }
    }

    /// The text with these parts.
    pub fn render<P: Parts>(&self, parts: &P) -> String {
        let mut text = String::new();
        // Writing into memory fails only if a `Display` says so; what it wrote until then is the text.
        let _ = parts.write_with(self.pieces, &mut KeyWriter::new(&mut text));
        text
    }

    /// Renders one part now, for a template that is completed when the value it came from is gone.
    pub fn capture<P: KeyPart>(&self, part: P) -> Captured {
        let mut text = String::new();
        let _ = part.write_part(&mut KeyWriter::new(&mut text));
        Captured(text.into())
    }
}

/// A part that was rendered, and escaped, earlier.
#[derive(Clone, Debug)]
pub struct Captured(Box<str>);

impl KeyPart for Captured {
    type Owned = Box<str>;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.0.hash_part(state);
    }

    fn eq_part(&self, owned: &Box<str>) -> bool {
        self.0 == *owned
    }

    fn to_owned_part(&self) -> Box<str> {
        self.0.clone()
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        out.raw(&self.0)
    }

    fn write_owned(owned: &Box<str>, out: &mut KeyWriter<'_>) -> fmt::Result {
        out.raw(owned)
    }
}
