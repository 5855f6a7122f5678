//! Whether the annotated function is free or associated with a type.
//!
//! All that needs the compiler's own `proc_macro` is here, behind a guard: in unit tests there is none.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;

use crate::scan::{Surroundings, surroundings};
use crate::signature::Function;

/// Where a function belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Place {
    /// A function of a module or inside another function.
    Free,
    /// A function of an `impl` or `trait`, with a receiver or without.
    Associated,
}

impl From<Surroundings> for Place {
    fn from(surroundings: Surroundings) -> Self {
        match surroundings {
            Surroundings::Inherent | Surroundings::OfTrait => Self::Associated,
            Surroundings::Free | Surroundings::Macro => Self::Free,
        }
    }
}

/// Looks around a function in its source.
pub(crate) type Look = fn(&Function) -> Option<Surroundings>;

/// Tells free functions from associated ones. A receiver or `Self` in the signature settles it; else the source around the function
/// does; and where that cannot be read, `Self` in the body.
pub(crate) fn place(function: &Function, look: Look) -> Place {
    if is_certainly_associated(function) {
        return Place::Associated;
    }
    if let Some(surroundings) = look(function) {
        return surroundings.into();
    }
    if mentions_self(function.body.clone()) { Place::Associated } else { Place::Free }
}

/// Whether the signature alone shows that the function belongs to a type.
pub(crate) fn is_certainly_associated(function: &Function) -> bool {
    function.sig.receiver().is_some() || mentions_self(function.sig.to_token_stream())
}

fn mentions_self(tokens: TokenStream) -> bool {
    let mut nested_item = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => {
            // The `Self` of an `impl` inside the body is not that of the function.
            nested_item |= word == "impl" || word == "trait";
            word == "Self"
        }
        TokenTree::Group(group) => {
            let inner = !nested_item && mentions_self(group.stream());
            nested_item &= group.delimiter() != proc_macro2::Delimiter::Brace;
            inner
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Looks at the source text around the function, if the compiler tells where that is.
pub(crate) fn look_in_source(function: &Function) -> Option<Surroundings> {
    if !proc_macro::is_available() {
        return None;
    }
    // `#[async_trait]` gives `fn` the place of the `async` that it took away.
    let keyword = around(function.sig.fn_token.span, &["fn", "async"], false);
    let name = function.sig.ident.unraw().to_string();
    match keyword {
        None | Some(Surroundings::Macro) => around(function.sig.ident.span(), &[&name], true),
        found => found,
    }
}

fn around(span: Span, expected: &[&str], through_macros: bool) -> Option<Surroundings> {
    let span = span.unwrap();
    let text = std::fs::read_to_string(span.local_file()?).ok()?;
    surroundings(&text, span.line(), span.column(), expected, through_macros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn place_of(item: TokenStream, look: Look) -> Place {
        place(&Function::read("cache", &item).expect("a function"), look)
    }

    #[test]
    fn the_signature_settles_it_then_the_source_then_the_body() {
        assert_eq!(
            place_of(
                quote!(
                    fn f(&self) {}
                ),
                |_| Some(Surroundings::Free)
            ),
            Place::Associated
        );
        assert_eq!(
            place_of(
                quote!(
                    fn f() -> Self {}
                ),
                |_| Some(Surroundings::Free)
            ),
            Place::Associated
        );
        assert_eq!(
            place_of(
                quote!(
                    fn f() {
                        Self::new()
                    }
                ),
                |_| Some(Surroundings::Free)
            ),
            Place::Free
        );
        assert_eq!(
            place_of(
                quote!(
                    fn f() {}
                ),
                |_| Some(Surroundings::Inherent)
            ),
            Place::Associated
        );
        assert_eq!(
            place_of(
                quote!(
                    fn f() {
                        if x {
                            Self::new()
                        }
                    }
                ),
                |_| None
            ),
            Place::Associated
        );
        assert_eq!(
            place_of(
                quote!(
                    fn f() {
                        impl A {
                            fn g() -> Self {
                                Self
                            }
                        }
                        1
                    }
                ),
                |_| None
            ),
            Place::Free
        );
        assert_eq!(
            place_of(
                quote!(
                    fn f() {}
                ),
                |_| None
            ),
            Place::Free
        );
    }
}
