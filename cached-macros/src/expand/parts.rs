//! Keys and texts, as expressions.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::own;
use crate::model::{Cache, Key};
use crate::signature::Arguments;
use crate::template::{Format, Placeholder, Template};

/// `(&&__rt::Part(&id)).part()`: the value's type chooses how it takes part. Errors about the type point at `at`.
fn plain(reference: &TokenStream, at: Span) -> TokenStream {
    quote_spanned!(own(at)=> (&&__rt::Part(#reference)).part())
}

/// A placeholder as a part.
pub(super) fn part(placeholder: &Placeholder, arguments: &Arguments) -> TokenStream {
    let at = own(placeholder.span);
    let reference = reference(&placeholder.expr, arguments, at);
    match placeholder.format {
        Format::Plain => plain(&reference, placeholder.span),
        Format::Debug => quote_spanned!(at=> __rt::DebugPart(#reference)),
        Format::Hash => quote_spanned!(at=> __rt::HashPart(#reference)),
    }
}

/// A reference to what the expression denotes.
fn reference(expr: &Expr, arguments: &Arguments, at: Span) -> TokenStream {
    match expr {
        // Through a `&mut` the value itself is lent, and not the reference to it.
        Expr::Path(path) => match path.path.get_ident().and_then(|name| arguments.find(&name.to_string())) {
            Some((index, _)) if arguments.list[index].is_mutable_reference() => quote_spanned!(at=> &*#expr),
            _ => quote_spanned!(at=> &#expr),
        },
        Expr::Cast(_) => quote_spanned!(at=> &(#expr)),
        _ => quote_spanned!(at=> &#expr),
    }
}

/// `(a, b,)` or `()`.
pub(super) fn tuple(parts: &[TokenStream]) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> (#(#parts,)*))
}

/// The parts of the key of a cached call.
pub(super) fn key(model: &Cache<'_>) -> TokenStream {
    let arguments = &model.subject.arguments;
    let parts: Vec<_> = match &model.key {
        Key::Template(template) => {
            template.placeholders.iter().map(|placeholder| part(placeholder, arguments)).collect()
        }
        Key::Default(names) => {
            names.iter().map(|(_, name)| plain(&quote_spanned!(own(name.span())=> &#name), name.span())).collect()
        }
    };
    tuple(&parts)
}

/// `__rt::Template::new(&["user:", ""])`
pub(super) fn template(template: &Template) -> TokenStream {
    let pieces = template.pieces.iter().map(|piece| Literal::string(piece));
    quote_spanned!(Span::mixed_site()=> __rt::Template::new(&[#(#pieces),*]))
}

/// The template of a default key: parts with `:` between; the runtime writes the function's name before them.
pub(super) fn default_template(parts: usize) -> TokenStream {
    let pieces = (0..=parts).map(|index| Literal::string(if index == 0 || index == parts { "" } else { ":" }));
    quote_spanned!(Span::mixed_site()=> __rt::Template::new(&[#(#pieces),*]))
}

/// The text of a template, as an expression of type `String`.
pub(super) fn render(source: &Template, arguments: &Arguments) -> TokenStream {
    render_with(source, source.placeholders.iter().map(|placeholder| part(placeholder, arguments)))
}

fn render_with(source: &Template, parts: impl Iterator<Item = TokenStream>) -> TokenStream {
    let template = template(source);
    let parts = tuple(&parts.collect::<Vec<_>>());
    quote_spanned!(Span::mixed_site()=> #template.render(&#parts))
}

/// What has to be taken from the arguments before the body may consume them, and the variables it is kept in.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) names: Vec<Ident>,
    pub(super) values: Vec<TokenStream>,
}

impl Kept {
    pub(super) fn keep(&mut self, value: TokenStream) -> Ident {
        let name = Ident::new(&format!("__kept{}", self.names.len()), Span::mixed_site());
        self.names.push(name.clone());
        self.values.push(value);
        name
    }

    /// The text of a template that uses the result: parts that come from arguments alone are kept now.
    pub(super) fn render(&mut self, source: &Template, arguments: &Arguments) -> TokenStream {
        let parts: Vec<_> = source
            .placeholders
            .iter()
            .map(|placeholder| {
                let part = part(placeholder, arguments);
                if placeholder.uses.result {
                    return part;
                }
                let template = template(source);
                self.keep(quote_spanned!(Span::mixed_site()=> #template.capture(#part))).into_token_stream()
            })
            .collect();
        render_with(source, parts.into_iter())
    }
}
