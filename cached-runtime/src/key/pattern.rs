/// A key text in which `*` stands for any text, the empty one included.
///
/// Values are escaped wherever a pattern is made from a template, so a `*` in a pattern is always one that somebody wrote.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Box<str>);

/// Without the text, which is part of a key (G14).
impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pattern({} bytes)", self.0.len())
    }
}

impl Pattern {
    pub(crate) fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is any wildcard; without one the pattern is a key.
    pub(crate) fn is_literal(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether `text` matches: each literal piece is found as early as possible after the one before. Linear for one
    /// wildcard, at worst O(length of the text × length of the pattern).
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((head, rest)) = self.0.split_once('*') else { return *self.0 == *text };
        let Some(mut text) = text.strip_prefix(head) else { return false };
        let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
        for piece in middle.split('*') {
            match text.find(piece) {
                Some(at) => text = &text[at + piece.len()..],
                None => return false,
            }
        }
        text.ends_with(tail)
    }

    /// Whether some text that begins with `prefix` could match.
    pub(crate) fn may_match_prefix(&self, prefix: &str) -> bool {
        let head = self.0.split('*').next().unwrap_or("");
        let common = head.len().min(prefix.len());
        if self.is_literal() && prefix.len() > head.len() {
            return false;
        }
        head.as_bytes()[..common] == prefix.as_bytes()[..common]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_any_text_and_literals_only_themselves() {
        let cases = [
            ("users:list:*", "users:list:7:1", true),
            ("users:list:*", "users:list:", true),
            ("users:list:*", "users:lis", false),
            ("*", "", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("u:*:list:*", "u:7:list:9", true),
            ("u:*:list:*:x", "u:7:list:9:x", true),
            ("u:*:list:*:x", "u:7:list:x", false),
            ("**", "z", true),
            ("é*é", "ééé", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_prefix_rules_out_only_what_cannot_match() {
        assert!(Pattern::new("users:*").may_match_prefix("users:list:"));
        assert!(Pattern::new("us*").may_match_prefix("users:"));
        assert!(!Pattern::new("orders:*").may_match_prefix("users:"));
        assert!(Pattern::new("user:42").may_match_prefix("user:"));
        assert!(!Pattern::new("user").may_match_prefix("user:"));
    }
}
