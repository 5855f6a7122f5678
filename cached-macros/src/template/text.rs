//! The text of a template: where placeholders begin and end, and their formats.

/// A piece of a template.
pub(super) enum Segment {
    Literal(String),
    Placeholder(String),
}

/// Cuts a template into literal text and the insides of placeholders.
pub(super) fn split(text: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            literal.push_str(brace);
            rest = after;
        } else if brace == "}" {
            return Err("`}` closes nothing; write `}}` for a brace in the text".to_owned());
        } else {
            let end = closing_brace(rest)
                .ok_or("`{` is never closed; write `{name}` for an argument, `{{` for a brace in the text")?;
            let inside = rest[..end].trim();
            if inside.is_empty() {
                return Err("`{}` is empty; write the name of an argument into it, such as `{id}`".to_owned());
            }
            segments.push(Segment::Literal(std::mem::take(&mut literal)));
            segments.push(Segment::Placeholder(inside.to_owned()));
            rest = &rest[end + 1..];
        }
    }
    literal.push_str(rest);
    segments.push(Segment::Literal(literal));
    Ok(segments)
}

/// The characters of an expression that are outside string literals, with the depth of brackets at each.
fn outside_strings(text: &str) -> impl Iterator<Item = (usize, char, isize)> {
    let mut quoted = false;
    let mut escaped = false;
    let mut depth = 0isize;
    text.char_indices().filter_map(move |(at, c)| {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
            return None;
        }
        match c {
            '"' => quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        Some((at, c, depth))
    })
}

fn closing_brace(text: &str) -> Option<usize> {
    outside_strings(text).find(|(_, c, depth)| *c == '}' && *depth < 0).map(|(at, ..)| at)
}

/// Separates `x:?` into expression and format. Colons of paths and inside brackets belong to the expression.
pub(super) fn split_format(text: &str) -> (&str, Option<&str>) {
    let colon = outside_strings(text).filter(|(at, c, depth)| {
        *c == ':' && *depth == 0 && !text[at + 1..].starts_with(':') && !text[..*at].ends_with(':')
    });
    match colon.last() {
        Some((at, ..)) => (text[..at].trim_end(), Some(text[at + 1..].trim())),
        None => (text, None),
    }
}
