//! Names of variables among the tokens of an expression. Tokens, because an expression may be inside of a macro such as `matches!`.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;

use crate::signature::Arguments;

/// What an expression takes its values from.
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Uses {
    /// Indices of arguments, each once.
    pub(crate) arguments: Vec<usize>,
    pub(crate) receiver: bool,
    pub(crate) result: bool,
}

impl Uses {
    pub(crate) fn and(mut self, other: &Self) -> Self {
        other.arguments.iter().for_each(|index| self.argument(*index));
        self.receiver |= other.receiver;
        self.result |= other.result;
        self
    }

    fn argument(&mut self, index: usize) {
        if !self.arguments.contains(&index) {
            self.arguments.push(index);
        }
    }
}

/// Gives names the identity they have where they are declared, and takes note of them.
///
/// A template is a string, so what it names would otherwise be looked up where the string was written. Inside a `macro_rules!`
/// that is another place than that of the arguments.
pub(crate) fn resolve(tokens: TokenStream, span: Span, arguments: &Arguments) -> (TokenStream, Uses) {
    let mut uses = Uses::default();
    let resolved = each_name(tokens, &mut |name, place| {
        let declared = if let Some((index, declared)) = argument(name, arguments) {
            if place != Place::BeforeColon {
                uses.argument(index);
            }
            declared.clone()
        } else if let Some(receiver) = arguments.receiver.as_ref().filter(|_| name == "self") {
            uses.receiver = true;
            Ident::new("self", receiver.self_token.span)
        } else if name == "result" {
            uses.result |= place != Place::BeforeColon;
            Ident::new("result", Span::mixed_site())
        } else {
            return;
        };
        *name = declared;
        name.set_span(span.resolved_at(name.span()));
    });
    (resolved, uses)
}

/// The first argument, or `self`, that an expression names. What a macro is given may mean anything.
pub(crate) fn first_input(tokens: TokenStream, arguments: &Arguments) -> Option<Ident> {
    let mut first = None;
    each_name(tokens, &mut |name, place| {
        let is_self = name == "self" && arguments.receiver.is_some();
        if place == Place::Expression && (is_self || argument(name, arguments).is_some()) {
            first.get_or_insert_with(|| name.clone());
        }
    });
    first
}

/// The `result` that an expression mentions, unless that is an argument's name.
pub(crate) fn mention_of_result(tokens: TokenStream, arguments: &Arguments) -> Option<Ident> {
    let mut first = None;
    each_result(tokens, arguments, &mut |name| {
        first.get_or_insert_with(|| name.clone());
    });
    first
}

/// The expression with `result` as the macro's own name: the binding of that name is the macro's, wherever the expression came from.
pub(crate) fn with_own_result(tokens: TokenStream, arguments: &Arguments) -> TokenStream {
    each_result(tokens, arguments, &mut |name| name.set_span(name.span().resolved_at(Span::mixed_site())))
}

fn each_result(tokens: TokenStream, arguments: &Arguments, visit: &mut dyn FnMut(&mut Ident)) -> TokenStream {
    if arguments.find("result").is_some() {
        return tokens;
    }
    each_name(tokens, &mut |name, _| {
        if name == "result" {
            visit(name);
        }
    })
}

/// The argument that a word names, its position and how it is declared. A keyword is none, even where an argument is called like it.
fn argument<'a>(word: &Ident, arguments: &'a Arguments) -> Option<(usize, &'a Ident)> {
    let plain = word.unraw();
    arguments.find(&plain.to_string()).filter(|(_, declared)| word == *declared || *word != plain)
}

/// Where a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Expression,
    /// `name: ..` is a field or a parameter.
    BeforeColon,
    Macro,
}

/// Visits each word in some tokens that may be a variable's name, and gives the tokens back.
fn each_name(tokens: TokenStream, visit: &mut dyn FnMut(&mut Ident, Place)) -> TokenStream {
    names_in(tokens, Place::Expression, visit)
}

fn names_in(tokens: TokenStream, place: Place, visit: &mut dyn FnMut(&mut Ident, Place)) -> TokenStream {
    let mut tokens = tokens.into_iter();
    // `self.id` is a field, `module::id` an item and `'id` a label, but `..id` is a variable.
    let (mut last, mut qualified) = (' ', false);
    // Of `name!`: how far it has been read.
    let (mut after_name, mut after_bang) = (false, false);
    let mut read = TokenStream::new();
    while let Some(token) = tokens.next() {
        let was_qualified = std::mem::take(&mut qualified);
        let before = std::mem::replace(&mut last, ' ');
        let was_name = std::mem::take(&mut after_name);
        let was_bang = std::mem::take(&mut after_bang);
        read.extend([match token {
            TokenTree::Ident(mut word) => {
                let mut ahead = tokens.clone().map(|token| matches!(token, TokenTree::Punct(p) if p.as_char() == ':'));
                match (ahead.next(), ahead.next()) {
                    _ if was_qualified => {}
                    (Some(true), Some(true)) => {}
                    (Some(true), _) if place == Place::Expression => visit(&mut word, Place::BeforeColon),
                    _ => visit(&mut word, place),
                }
                after_name = !is_keyword(&word);
                TokenTree::Ident(word)
            }
            TokenTree::Group(group) => {
                let place = if was_bang { Place::Macro } else { place };
                let mut inner = Group::new(group.delimiter(), names_in(group.stream(), place, visit));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            TokenTree::Punct(punct) => {
                last = punct.as_char();
                qualified = last == '\'' || (last == '.' && before != '.') || (last == ':' && before == ':');
                after_bang = last == '!' && was_name;
                TokenTree::Punct(punct)
            }
            literal @ TokenTree::Literal(_) => literal,
        }]);
    }
    read
}

/// Whether `word !(..)` is a negation instead of a macro.
fn is_keyword(word: &Ident) -> bool {
    syn::parse_str::<Ident>(&word.to_string()).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn arguments() -> Arguments {
        Arguments::of(&syn::parse_quote!(fn f(&self, id: u8, r#type: u8, r#if: bool)))
    }

    fn first(tokens: TokenStream) -> Option<String> {
        first_input(tokens, &arguments()).map(|name| name.to_string())
    }

    #[test]
    fn variables_are_told_from_fields_items_and_labels() {
        for tokens in [quote!(60 * id), quote!(..id), quote!(f(&[id])), quote!(id.x), quote!(id(1)), quote!(S { id })] {
            assert_eq!(first(tokens).as_deref(), Some("id"));
        }
        assert_eq!(first(quote!(if !(id == 3) { 1 } else { 2 })).as_deref(), Some("id"));
        assert_eq!(first(quote!(id != (3))).as_deref(), Some("id"));
        assert_eq!(first(quote!(self.ttl)).as_deref(), Some("self"));
        assert_eq!(first(quote!(r#type + 1)).as_deref(), Some("r#type"));
        for tokens in [
            quote!(X.id),
            quote!(id::X),
            quote!(config::id),
            quote!(self::X),
            quote!('id: loop {
                break 'id 60;
            }),
            quote!(S { id: 3 }),
            quote!(seconds!(id)),
            quote!(a::seconds![x, (id)]),
            quote!(if X { 1 } else { 2 }),
        ] {
            assert_eq!(first(tokens.clone()), None, "{tokens}");
        }
    }

    #[test]
    fn uses_are_found_inside_macros_as_well() {
        let (tokens, uses) = resolve(quote!(id.max(limit!(r#type, result.x))), Span::call_site(), &arguments());
        assert_eq!(tokens.to_string(), "id . max (limit ! (r#type , result . x))");
        assert_eq!(uses, Uses { arguments: vec![0, 1], receiver: false, result: true });
        let (_, uses) =
            resolve(quote!(id.to(&S { result: 3, id: 4 }, if X { 1 } else { 2 })), Span::call_site(), &arguments());
        assert_eq!(uses, Uses { arguments: vec![0], receiver: false, result: false });
    }
}
