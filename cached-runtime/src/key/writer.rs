use std::fmt::{self, Write};

/// ASCII characters that are escaped in a value, in every template alike, because templates, patterns and composite parts give them a meaning:
/// controls, space, and `% * : / | , ; # ? = & < > ( ) [ ] { } " ' \ ~ ^` and the backtick.
pub(crate) const RESERVED: u128 = {
    let mut set = (1u128 << 33) - 1; // controls and space
    let marks = b"%*:/|,;#?=&<>()[]{}\"'\\~^`\x7f";
    let mut i = 0;
    while i < marks.len() {
        set |= 1 << marks[i];
        i += 1;
    }
    set
};

/// The same by byte.
static IS_RESERVED: [bool; 256] = {
    let mut reserved = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        reserved[byte] = RESERVED >> byte & 1 == 1;
        byte += 1;
    }
    reserved
};

/// Renders the parts of a key as text.
///
/// What is written through [`fmt::Write`] is a *value*: characters that mean something in a key are percent-escaped
/// (`%3A` for `:`), so that a value can neither look like a separator nor act as a pattern. What is written with
/// [`raw`](KeyWriter::raw) is *structure* and stands as it is.
pub struct KeyWriter<'a> {
    out: &'a mut dyn Write,
    /// How many `Some(..)` enclose what is written next with nothing written between.
    some_depth: usize,
}

impl<'a> KeyWriter<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, some_depth: 0 }
    }

    /// Writes structure: separators, brackets, names. Nothing is escaped.
    ///
    /// # Errors
    ///
    /// Those of the sink. Rendering into memory never fails.
    pub fn raw(&mut self, text: &str) -> fmt::Result {
        self.some_depth = 0;
        self.out.write_str(text)
    }

    /// Writes an integer as it is: neither digits nor the sign mean anything in a key.
    pub(crate) fn number(&mut self, number: impl itoa::Integer) -> fmt::Result {
        self.raw(itoa::Buffer::new().format(number))
    }

    /// Writes a value as `Display` shows it.
    pub(crate) fn shown(&mut self, value: impl fmt::Display) -> fmt::Result {
        write!(self, "{value}")
    }

    pub(crate) fn none(&mut self) -> fmt::Result {
        for _ in 0..=self.some_depth {
            self.out.write_char('~')?;
        }
        self.some_depth = 0;
        Ok(())
    }

    /// `Some(x)` reads like `x`, and `None` like `~`; only the `None` of an option in an option needs telling apart (`~~`).
    pub(crate) fn some(&mut self, write: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.some_depth += 1;
        let result = write(self);
        self.some_depth = 0;
        result
    }
}

impl Write for KeyWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        self.some_depth = 0;
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            if IS_RESERVED[usize::from(byte)] {
                self.out.write_str(&text[plain..at])?;
                write!(self.out, "%{byte:02X}")?;
                plain = at + 1;
            }
        }
        self.out.write_str(&text[plain..])
    }
}

impl fmt::Debug for KeyWriter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyWriter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        KeyWriter::new(&mut out).write_str(text).expect("writing to memory");
        out
    }

    #[test]
    fn values_are_escaped_and_plain_ones_left_alone() {
        assert_eq!(escaped("a:b*c%"), "a%3Ab%2Ac%25");
        assert_eq!(escaped("ann@example.org-1_2.3"), "ann@example.org-1_2.3");
        assert_eq!(escaped("Zürich 😀"), "Zürich%20😀");
    }
}
