//! Reads source text far enough to tell whether a position lies directly inside an `impl` or `trait` block.
//!
//! A macro sees the tokens of the function alone, and `fn new() -> u8` looks the same in a module and in an `impl`. The source around
//! it tells them apart, and for that it is enough to follow the braces.

/// Where a function stands.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Surroundings {
    /// In a module or in the body of a function.
    Free,
    /// In `impl Type`.
    Inherent,
    /// In `impl Trait for Type` or `trait Name`, which have only the items of the trait.
    OfTrait,
    /// Among the tokens of a macro, which says nothing about where they end up.
    Macro,
}

/// A delimiter that is open.
struct Open {
    kind: Block,
    closes: char,
    /// The first tokens of the item that it belongs to, to go on with behind it.
    header: Header,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
enum Block {
    Inherent,
    OfTrait,
    Macro,
    Braces,
    Other,
}

/// What is known of the item or statement that is being read.
#[derive(Clone, Default)]
#[cfg_attr(test, derive(Debug))]
struct Header {
    /// The first word that is not a modifier such as `pub` or `unsafe`.
    keyword: Option<String>,
    /// `!` was the last token, or `macro_rules! name` the last three.
    bang: bool,
    /// `macro_rules` was the last word.
    rules: bool,
    /// There was a `for` that is not that of `for<'a>`.
    has_for: bool,
    last: Last,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
enum Last {
    #[default]
    Nothing,
    Word,
    For,
    /// `<`, `,`, `=`: a brace behind it is an expression in the middle of a header, such as `impl Grid<{ N * 2 }>`.
    Joint,
    Other,
}

/// Where the byte at `line` and `column` stands; both count from one, columns in characters.
///
/// `None` if the text ends before, or if another word than those `expected` stands there: then it is not the text that was compiled.
pub(crate) fn surroundings(
    text: &str,
    line: usize,
    column: usize,
    expected: &[&str],
    through_macros: bool,
) -> Option<Surroundings> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let at = offset(text, line, column)?;
    let word: String = text[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '#').collect();
    if !expected.contains(&word.trim_start_matches("r#")) {
        return None;
    }
    let open = open_at(&text[..at]);
    for delimiter in open.iter().rev() {
        match delimiter.kind {
            Block::Inherent => return Some(Surroundings::Inherent),
            Block::OfTrait => return Some(Surroundings::OfTrait),
            Block::Macro if !through_macros => return Some(Surroundings::Macro),
            Block::Braces => return Some(Surroundings::Free),
            Block::Macro | Block::Other => {}
        }
    }
    Some(Surroundings::Free)
}

fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let rest = text.get(start..)?;
    let (within, _) = rest.char_indices().nth(column.checked_sub(1)?)?;
    Some(start + within)
}

/// The delimiters that are open at the end of the text, outermost first.
fn open_at(text: &str) -> Vec<Open> {
    let mut open: Vec<Open> = Vec::new();
    let mut header = Header::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = skip_trivia(rest);
        if length > 0 {
            rest = &rest[length..];
            continue;
        }
        if c.is_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '#')).unwrap_or(rest.len());
            header.word(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        match c {
            '(' | '[' | '{' => {
                let closes = if c == '(' {
                    ')'
                } else if c == '[' {
                    ']'
                } else {
                    '}'
                };
                let kind = header.opens(c, open.last());
                open.push(Open { kind, closes, header: std::mem::take(&mut header) });
            }
            ')' | ']' | '}' => {
                // What does not match is an error that the compiler reports; all that matters here is not to lose count.
                if let Some(index) = open.iter().rposition(|delimiter| delimiter.closes == c) {
                    let closed = open.swap_remove(index);
                    open.truncate(index);
                    header = closed.header;
                    header.closed(c);
                }
            }
            ';' => header = Header::default(),
            other => header.punctuation(other),
        }
        rest = &rest[c.len_utf8()..];
    }
    open
}

impl Header {
    fn word(&mut self, word: &str) {
        const MODIFIERS: [&str; 7] = ["pub", "unsafe", "default", "auto", "crate", "const", "async"];
        if self.keyword.is_none() && !MODIFIERS.contains(&word) {
            self.keyword = Some(word.to_owned());
        }
        self.bang &= self.rules;
        self.rules = word == "macro_rules";
        self.has_for |= word == "for";
        self.last = if word == "for" { Last::For } else { Last::Word };
    }

    fn punctuation(&mut self, c: char) {
        if c == '<' && self.last == Last::For {
            self.has_for = false;
        }
        self.bang = c == '!';
        self.last = if matches!(c, '<' | ',' | '=') { Last::Joint } else { Last::Other };
    }

    fn opens(&self, c: char, around: Option<&Open>) -> Block {
        if self.bang {
            return Block::Macro;
        }
        let is_block = c == '{' && self.last != Last::Joint;
        match self.keyword.as_deref() {
            Some("trait") if is_block => return Block::OfTrait,
            Some("impl") if is_block => return if self.has_for { Block::OfTrait } else { Block::Inherent },
            _ => {}
        }
        match c {
            // A rule of `macro_rules!`: what it holds goes wherever the macro is used.
            '{' | '(' | '[' if around.is_some_and(|open| open.kind == Block::Macro) && self.last == Last::Other => {
                Block::Macro
            }
            '{' => Block::Braces,
            _ => Block::Other,
        }
    }

    /// Goes on behind a closing delimiter: a block ends its item unless it was in the middle of a header.
    fn closed(&mut self, c: char) {
        if c == '}' && self.last != Last::Joint {
            *self = Self::default();
        } else {
            self.bang = false;
            self.last = Last::Other;
            // `#[attribute]` and `pub(crate)` come before the keyword and leave it open.
        }
    }
}

/// The length of the white space, comment, string, character or lifetime at the start, or 0.
fn skip_trivia(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes[0] {
        b'/' if text.starts_with("//") => text.find('\n').unwrap_or(text.len()),
        b'/' if text.starts_with("/*") => block_comment(text),
        b'"' => string(text, 1),
        b'\'' => quote(text),
        b'r' | b'b' | b'c' => prefixed_string(text),
        c if c.is_ascii_whitespace() || c.is_ascii_digit() => 1,
        _ => 0,
    }
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        if text.as_bytes()[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if text.as_bytes()[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of a string whose opening quote ends at `start`.
fn string(text: &str, start: usize) -> usize {
    let mut escaped = false;
    for (at, c) in text.as_bytes().iter().enumerate().skip(start) {
        match c {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character, or just the quote of a lifetime.
fn quote(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text[3.min(text.len())..].find('\'').map_or(text.len(), |end| end + 4),
        Some((at, c)) if text[at + c.len_utf8()..].starts_with('\'') => at + c.len_utf8() + 1,
        _ => 1,
    }
}

/// `b".."`, `c".."`, `r".."`, `br#".."#` and so on; 0 if it is a word.
fn prefixed_string(text: &str) -> usize {
    let letters = text.find(|c: char| !matches!(c, 'r' | 'b' | 'c')).unwrap_or(text.len());
    let rest = &text[letters..];
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    if letters > 2 || !rest[hashes..].starts_with('"') {
        return if text.starts_with("b'") { 1 + quote(&text[1..]) } else { 0 };
    }
    if !text[..letters].contains('r') {
        return if hashes == 0 { string(text, letters + 1) } else { 0 };
    }
    let body = letters + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    text[body..].find(&end).map_or(text.len(), |at| body + at + end.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the `§` in the text stands.
    fn at_mark(text: &str, through_macros: bool) -> Option<Surroundings> {
        let at = text.find('§').expect("a mark");
        let line = text[..at].matches('\n').count() + 1;
        let column = text[..at].chars().rev().take_while(|c| *c != '\n').count() + 1;
        surroundings(&text.replace('§', ""), line, column, &["fn", "price"], through_macros)
    }

    #[test]
    fn the_innermost_brace_decides() {
        let cases = [
            ("§fn f() {}", Surroundings::Free),
            ("mod a { §fn f() {} }", Surroundings::Free),
            ("impl A { §fn f() {} }", Surroundings::Inherent),
            ("impl A { fn g() {} #[x(y)] pub(crate) §fn f() {} }", Surroundings::Inherent),
            ("unsafe impl<T> A for B<T> where T: C { §fn f() {} }", Surroundings::OfTrait),
            ("pub unsafe auto trait A: B { §fn f() {} }", Surroundings::OfTrait),
            ("#[attr({ x })] pub(in crate::a) trait A { §fn f() {} }", Surroundings::OfTrait),
            ("impl A { fn g() { §fn f() {} } }", Surroundings::Free),
            ("impl A { fn g() {} } §fn f() {}", Surroundings::Free),
            ("impl Grid<{ N * 2 }> { §fn f() {} }", Surroundings::Inherent),
            ("impl Grid<3, { N }> for X<{ M }> { §fn f() {} }", Surroundings::OfTrait),
            ("impl<F> A<F> where F: for<'a> Fn(&'a u8) { §fn f() {} }", Surroundings::Inherent),
            ("impl A for (B, C) { §fn f() {} }", Surroundings::OfTrait),
            ("impl Grid<[u8; 3]> { §fn f() {} }", Surroundings::Inherent),
            ("fn g() -> impl Trait { §fn f() {} }", Surroundings::Free),
            ("const X: u8 = { §fn f() {} }", Surroundings::Free),
            ("static A: B = B { c: 1 }; impl A { const X: u8 = { 1 }; §fn f() {} }", Surroundings::Inherent),
            ("fn impl_it() { §fn f() {} }", Surroundings::Free),
            ("fn g() { if !x { §fn f() {} } }", Surroundings::Free),
            ("use a::{b, c}; impl A { §fn f() {} }", Surroundings::Inherent),
        ];
        for (text, expected) in cases {
            assert_eq!(at_mark(text, false), Some(expected), "{text}");
        }
    }

    #[test]
    fn text_that_only_looks_like_code_is_skipped() {
        for text in [
            "/* impl A { /* { */ */ §fn f() {}",
            "// impl A {\n§fn f() {}",
            "const S: &str = \"impl A {\\\" {\"; §fn f() {}",
            "const S: &str = r#\"impl A { \" {\"#; §fn f() {}",
            "const S: &[u8] = b\"{\"; const C: char = '{'; const D: char = '\\''; const E: u8 = b'{'; §fn f() {}",
            "fn g<'a>(x: &'a str) -> &'a str { x } §fn f() {}",
            "fn é<'é>() {} const C: char = 'é'; §fn f() {}",
        ] {
            assert_eq!(at_mark(text, false), Some(Surroundings::Free), "{text}");
        }
    }

    #[test]
    fn macros_hide_what_is_around_them_unless_looked_through() {
        let rule = "macro_rules! make { ($n:ident) => { §fn f() {} } }";
        assert_eq!(at_mark(rule, false), Some(Surroundings::Macro));
        let inner = "macro_rules! make { ($n:ident) => { impl A { §fn f() {} } } }";
        assert_eq!(at_mark(inner, false), Some(Surroundings::Inherent));
        assert_eq!(at_mark("impl A { make!(§price); }", true), Some(Surroundings::Inherent));
        assert_eq!(at_mark("impl A { make! { §price } }", true), Some(Surroundings::Inherent));
        assert_eq!(at_mark("make! { §price }", true), Some(Surroundings::Free));
        assert_eq!(at_mark("fn g() { assert!(x); §fn f() {} }", false), Some(Surroundings::Free));
        assert_eq!(at_mark("impl A { make!{} §fn f() {} }", false), Some(Surroundings::Inherent));
    }

    #[test]
    fn another_text_than_was_compiled_says_nothing() {
        assert_eq!(surroundings("impl A { let", 1, 10, &["fn"], false), None);
        assert_eq!(surroundings("", 3, 1, &["fn"], false), None);
    }
}
