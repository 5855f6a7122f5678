//! Errors: collected until all are known, and worded so that they name the fix.

use std::cell::RefCell;
use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// All mistakes of one attribute, reported together.
///
/// A collector that is dropped without [`check`](Errors::check) panics in debug builds: an error that nobody reports is a silent
/// acceptance of wrong code.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Errors(RefCell<Option<Vec<syn::Error>>>);

impl Errors {
    pub(crate) fn new() -> Self {
        Self(RefCell::new(Some(Vec::new())))
    }

    /// Records a mistake and underlines `tokens`.
    pub(crate) fn at(&self, tokens: impl ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Records a mistake where there are no tokens to underline, only a place.
    pub(crate) fn at_span(&self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    pub(crate) fn push(&self, error: syn::Error) {
        if let Some(found) = self.0.borrow_mut().as_mut() {
            let behind = found.partition_point(|earlier| start(earlier) <= start(&error));
            found.insert(behind, error);
        }
    }

    /// Keeps the error of a result, and hands on its value.
    pub(crate) fn keep<T>(&self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// How many there are so far; lets a step tell whether it has added any.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().as_ref().map_or(0, Vec::len)
    }

    /// All that was recorded, as one error, in the order of the source.
    pub(crate) fn check(self) -> syn::Result<()> {
        let mut found = self.0.borrow_mut().take().unwrap_or_default().into_iter();
        let Some(mut all) = found.next() else { return Ok(()) };
        found.for_each(|error| all.combine(error));
        Err(all)
    }
}

/// Line and column, where there is a source.
fn start(error: &syn::Error) -> Option<(usize, usize)> {
    proc_macro::is_available().then(|| error.span().unwrap().start()).map(|start| (start.line(), start.column()))
}

impl Drop for Errors {
    fn drop(&mut self) {
        if cfg!(debug_assertions) && !std::thread::panicking() {
            assert!(self.0.borrow().is_none(), "the errors of an attribute were never checked");
        }
    }
}

/// The errors, and the item as it was written.
pub(crate) fn with_item(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let mut tokens = error.to_compile_error();
    tokens.extend(item.clone());
    tokens
}

/// The candidate that `name` was probably meant to be.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    // One slip in a short word, two in a longer one: more finds words that have nothing to do with it.
    let tolerance = if name.chars().count() < 4 { 1 } else { 2 };
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(&name, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance && *distance < candidate.chars().count())
        .min_by_key(|(distance, candidate)| (*distance, !same_letters(&candidate.to_lowercase(), &name)))
        .map(|(_, candidate)| candidate)
}

/// Of two words as near, the one that has the same letters was meant.
fn same_letters(one: &str, other: &str) -> bool {
    let mut left: Vec<_> = other.chars().collect();
    let each = |letter| left.iter().position(|other| *other == letter).map(|found| left.swap_remove(found)).is_some();
    one.chars().all(each) && left.is_empty()
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replaced = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
                let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[from.len()][to.len()]
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    join(names, "and")
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn any_of<S: AsRef<str>>(names: &[S]) -> String {
    join(names, "or")
}

fn join<S: AsRef<str>>(names: &[S], word: &str) -> String {
    match names {
        [] => "nothing".to_owned(),
        [only] => format!("`{}`", only.as_ref()),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|name| format!("`{}`", name.as_ref())).collect();
            format!("{} {word} `{}`", first.join(", "), last.as_ref())
        }
    }
}

/// `` ; did you mean `ttl`? `` or nothing.
pub(crate) fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(name, candidates).map_or_else(String::new, |candidate| format!("; did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let names = ["ttl", "null_ttl", "tags", "capacity", "jitter"];
        assert_eq!(did_you_mean("tll", names), Some("ttl"));
        assert_eq!(did_you_mean("TTL", names), Some("ttl"));
        assert_eq!(did_you_mean("tag", names), Some("tags"));
        assert_eq!(did_you_mean("capcity", names), Some("capacity"));
        assert_eq!(did_you_mean("jiter", names), Some("jitter"));
        assert_eq!(did_you_mean("colour", names), None);
        assert_eq!(did_you_mean("di", ["db", "id"]), Some("id"));
        assert_eq!(did_you_mean("x", ["y"]), None);
    }

    #[test]
    fn all_errors_come_out_in_one() {
        let errors = Errors::new();
        errors.at_span(Span::call_site(), "first");
        errors.at_span(Span::call_site(), "second");
        assert_eq!(errors.count(), 2);
        let error = errors.check().expect_err("two were recorded");
        assert_eq!(error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>(), ["first", "second"]);
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "never checked")]
    fn errors_that_nobody_reports_are_a_bug() {
        drop(Errors::new());
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(list::<&str>(&[]), "nothing");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(any_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
