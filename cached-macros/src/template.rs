//! Key templates: `"user:{id}:{filter.name}:{kind:?}"`, with `*` as wildcard where a pattern may stand.

mod text;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Expr, ExprPath, LitStr};

use crate::diagnostics::{Errors, did_you_mean, suggestion};
use crate::names::{Uses, mention_of_result, resolve};
use crate::signature::Arguments;

use self::text::{Segment, split, split_format};

/// What a template is for, which decides what may stand in it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Purpose {
    /// `key = ".."` of `#[cache]`
    Key,
    /// An element of `tags = [..]`
    Tag,
    /// A string in `#[invalidates]`: a key or a pattern
    Entry,
}

/// Literal text around placeholders; one piece more than there are placeholders.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Template {
    pub(crate) literal: LitStr,
    pub(crate) pieces: Vec<String>,
    pub(crate) placeholders: Vec<Placeholder>,
    /// Whether the literal text has a `*`.
    pub(crate) is_pattern: bool,
}

impl Template {
    pub(crate) fn uses(&self) -> Uses {
        self.placeholders.iter().fold(Uses::default(), |all, placeholder| all.and(&placeholder.uses))
    }
}

/// How a placeholder's value becomes text.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Format {
    Plain,
    Debug,
    Hash,
}

#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Placeholder {
    pub(crate) expr: Expr,
    pub(crate) format: Format,
    /// Where errors about its type belong: at the string literal.
    pub(crate) span: Span,
    pub(crate) uses: Uses,
}

/// Reads a template. Everything that is wrong with it is recorded, and there is none then.
pub(crate) fn parse(literal: &LitStr, purpose: Purpose, arguments: &Arguments, errors: &Errors) -> Option<Template> {
    let before = errors.count();
    let text = literal.value();
    let segments = errors.keep(split(&text).map_err(|message| syn::Error::new(literal.span(), message)))?;
    let mut template =
        Template { literal: literal.clone(), pieces: vec![String::new()], placeholders: Vec::new(), is_pattern: false };
    for segment in segments {
        match segment {
            Segment::Literal(text) => template.pieces.last_mut()?.push_str(&text),
            Segment::Placeholder(text) => {
                template.placeholders.extend(errors.keep(placeholder(&text, literal, purpose, arguments)));
                template.pieces.push(String::new());
            }
        }
    }
    template.is_pattern = template.pieces.iter().any(|piece| piece.contains('*'));
    let problems = [wildcards(&template, purpose), inseparable(&template, purpose), hash_sign(&template, arguments)];
    for problem in problems.into_iter().flatten() {
        errors.at(literal, problem);
    }
    (errors.count() == before).then_some(template)
}

/// A template with the right placeholders as far as they can be told, for what is only to look right.
pub(crate) fn sketch(literal: &LitStr, arguments: &Arguments) -> Template {
    let names = arguments.names();
    let placeholder = |text: String| {
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let meant = did_you_mean(&name, names.iter().map(String::as_str)).unwrap_or(&name);
        let (expr, uses) = match arguments.find(meant) {
            Some((index, name)) => (quote!(#name), Uses { arguments: vec![index], ..Uses::default() }),
            None if meant == "self" && arguments.receiver.is_some() => {
                (quote!(self), Uses { receiver: true, ..Uses::default() })
            }
            None => return None,
        };
        Some(Placeholder { expr: syn::parse2(expr).ok()?, format: Format::Plain, span: literal.span(), uses })
    };
    Template {
        literal: literal.clone(),
        pieces: Vec::new(),
        placeholders: placeholders(literal).into_iter().filter_map(placeholder).collect(),
        is_pattern: false,
    }
}

/// Whether a template mentions the function's result, as far as it can be read.
pub(crate) fn mentions_result(literal: &LitStr, arguments: &Arguments) -> bool {
    let tokens = placeholders(literal).into_iter().filter_map(|text| split_format(&text).0.parse().ok());
    tokens.into_iter().any(|tokens| mention_of_result(tokens, arguments).is_some())
}

/// The insides of the placeholders.
fn placeholders(literal: &LitStr) -> Vec<String> {
    let placeholder = |segment| match segment {
        Segment::Placeholder(text) => Some(text),
        Segment::Literal(_) => None,
    };
    split(&literal.value()).unwrap_or_default().into_iter().filter_map(placeholder).collect()
}

fn placeholder(text: &str, literal: &LitStr, purpose: Purpose, arguments: &Arguments) -> syn::Result<Placeholder> {
    let wrong = |message: String| syn::Error::new(literal.span(), message);
    let (source, format) = split_format(text);
    let format = match format {
        None => Format::Plain,
        Some("?") => Format::Debug,
        Some("hash") => Format::Hash,
        Some(other) => {
            return Err(wrong(format!(
                "unknown format `:{other}`; write `{{{source}}}`, `{{{source}:?}}` for `Debug` or `{{{source}:hash}}` for a digest"
            )));
        }
    };
    let (expr, uses) = parse_expr(source, literal, arguments).map_err(|_| {
        wrong(format!("`{{{source}}}` is no expression; a placeholder is an argument, or a field or a method of one"))
    })?;
    let Some(root) = root(&expr).cloned() else {
        return Err(wrong(format!(
            "`{{{source}}}` does not start with an argument; {}, and a placeholder is one of them, or a field or a method of one",
            arguments.sentence()
        )));
    };
    check_root(&root, purpose, arguments).map_err(wrong)?;
    if purpose == Purpose::Key && uses.result {
        return Err(wrong(result_in_key()));
    }
    Ok(Placeholder { expr, format, span: literal.span(), uses })
}

/// Parses an expression so that each token points at the literal. An argument named like `r#type` may be written `type`.
fn parse_expr(source: &str, literal: &LitStr, arguments: &Arguments) -> syn::Result<(Expr, Uses)> {
    let end = source.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(source.len());
    let raw = arguments.find(&source[..end]).is_some_and(|(_, name)| *name != name.unraw());
    let source = if raw { format!("r#{source}") } else { source.to_owned() };
    // A place of their own keeps the compiler from offering to put what it thinks is meant in the place of the whole literal.
    let tokens: TokenStream = LitStr::new(&source, Span::mixed_site().located_at(literal.span())).parse()?;
    let (tokens, uses) = resolve(tokens, literal.span(), arguments);
    Ok((syn::parse2(tokens)?, uses))
}

/// The name that a field, method or index expression starts from.
fn root(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(ExprPath { qself: None, path, .. }) => path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Index(index) => root(&index.expr),
        Expr::Paren(paren) => root(&paren.expr),
        Expr::Reference(reference) => root(&reference.expr),
        Expr::Unary(unary) => root(&unary.expr),
        Expr::Cast(cast) => root(&cast.expr),
        _ => None,
    }
}

fn check_root(root: &Ident, purpose: Purpose, arguments: &Arguments) -> Result<(), String> {
    let name = root.unraw().to_string();
    let known = arguments.find(&name).is_some() || (name == "self" && arguments.receiver.is_some());
    match (name.as_str(), purpose) {
        ("result", Purpose::Tag | Purpose::Entry) if known => {
            Err("`result` is the value that the function returns, and also an argument here; give the argument another name".to_owned())
        }
        ("result", Purpose::Tag | Purpose::Entry) => Ok(()),
        _ if known => Ok(()),
        ("result", Purpose::Key) => Err(result_in_key()),
        ("self", _) => Err(format!("there is no `self` here; {}", arguments.sentence())),
        _ => {
            let names = arguments.names();
            let hint = suggestion(&name, names.iter().map(String::as_str));
            let hint = if hint.is_empty() && names.iter().any(|name| is_positional(name)) { HIDDEN_PATTERN } else { &hint };
            Err(format!("no argument `{name}`; {}{hint}", arguments.sentence()))
        }
    }
}

/// Whether `#[async_trait]` has put this name in the place of a pattern, which it moved into the body.
fn is_positional(name: &str) -> bool {
    name.strip_prefix("__arg").is_some_and(|number| number.parse::<usize>().is_ok())
}

const HIDDEN_PATTERN: &str =
    "; `#[async_trait]` hides what a pattern binds: give the argument a name, and take it apart in the body";

fn result_in_key() -> String {
    "the key is needed before there is a `result`; use arguments in `key`, and `{result..}` in `tags`".to_owned()
}

/// Characters that never stand in a value's text; one of them between two placeholders keeps these apart. Of those that values escape,
/// all but `%`, with which an escape begins, and `~`, which stands for `None`.
fn is_separator(c: char) -> bool {
    c.is_ascii_control() || " *:/|,;#?=&<>()[]{}\"'\\^`".contains(c)
}

/// What is wrong with the wildcards of a template.
fn wildcards(template: &Template, purpose: Purpose) -> Option<String> {
    if template.is_pattern && purpose == Purpose::Key {
        return Some("`*` has no meaning in a key; patterns belong into `#[invalidates]`".to_owned());
    }
    if template.is_pattern && purpose == Purpose::Tag {
        return Some(
            "`*` has no meaning in a tag; name each tag, or use a pattern of keys in `#[invalidates]`".to_owned(),
        );
    }
    template
        .pieces
        .iter()
        .any(|piece| piece.contains("**"))
        .then(|| "one `*` stands for any text; write one instead of `**`".to_owned())
}

/// What is wrong with the text between two placeholders: different values must give different texts, so something has to stand
/// there that never stands in a value.
///
/// What values escape is the same for all templates. If it took the template to tell, a write that spells a key another way
/// (`"price:{shop}-all"` for `"price:{shop}-{kind}"`) would miss it.
fn inseparable(template: &Template, purpose: Purpose) -> Option<String> {
    let between = template.pieces.get(1..template.pieces.len() - 1)?;
    let between = between.iter().find(|piece| !piece.contains(is_separator))?;
    let example = match purpose {
        Purpose::Key | Purpose::Entry => "\"{a}:{b}\"",
        Purpose::Tag => "\"team:{a}:{b}\"",
    };
    Some(if between.is_empty() {
        format!(
            "two placeholders need text between them, or different values would give one text; write `:` as in `{example}`"
        )
    } else {
        format!(
            "`{between}` cannot separate two placeholders, because values may contain it; write `:` as in `{example}`, or another of `/ | , ; # =`"
        )
    })
}

/// Whether an argument is written as elsewhere, `#id`, which is text here: all values of it would share one entry.
fn hash_sign(template: &Template, arguments: &Arguments) -> Option<String> {
    let after = template.pieces.iter().flat_map(|piece| piece.split('#').skip(1));
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let name = after.map(name).find(|name| arguments.find(name).is_some())?;
    Some(format!("`#{name}` is text; write `{{{name}}}` for the argument"))
}

#[cfg(test)]
mod tests;
