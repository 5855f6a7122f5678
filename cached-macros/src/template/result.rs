//! The name `result`, which stands for what a function returned.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

use crate::signature::Arguments;

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

/// Visits each `result` in some tokens, and gives them back. Tokens, because an expression may be inside of a macro such as `matches!`.
fn each_result(tokens: TokenStream, arguments: &Arguments, visit: &mut dyn FnMut(&mut Ident)) -> TokenStream {
    if arguments.find("result").is_some() {
        return tokens;
    }
    // `self.result` is a field and `module::result` an item, but `..result` and `field: result` are it.
    let (mut last, mut qualified) = (' ', false);
    let each = |token| {
        let was_qualified = std::mem::take(&mut qualified);
        let before = std::mem::replace(&mut last, ' ');
        match token {
            TokenTree::Ident(mut word) => {
                if word == "result" && !was_qualified {
                    visit(&mut word);
                }
                TokenTree::Ident(word)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), each_result(group.stream(), arguments, visit));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            TokenTree::Punct(punct) => {
                last = punct.as_char();
                qualified = (last == '.' && before != '.') || (last == ':' && before == ':');
                TokenTree::Punct(punct)
            }
            literal @ TokenTree::Literal(_) => literal,
        }
    };
    tokens.into_iter().map(each).collect()
}
