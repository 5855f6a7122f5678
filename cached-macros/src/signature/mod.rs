//! The annotated function: what stands in its signature, and its body as raw tokens.

mod arguments;
mod flow;
mod types;

pub(crate) use arguments::{Argument, Arguments, each_binding};
pub(crate) use flow::{Flow, argument_of, future_output, ungroup};
pub(crate) use types::{Part, each_part, find_impl_trait, infer_impl_trait};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{AttrStyle, Attribute, Path, Signature, Token, Visibility, braced, token};

/// A function with a body. The body is never parsed: it goes where it came from, token by token.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) brace: token::Brace,
    pub(crate) body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let content;
        let brace = braced!(content in input);
        // Inner attributes belong to the function; its body is about to become a block inside it.
        let inner = content.call(Attribute::parse_inner)?;
        attrs.extend(inner.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr }));
        Ok(Self { attrs, vis, sig, brace, body: content.parse()? })
    }
}

impl Function {
    /// Reads the item below `#[attribute]`; says what it should be if it is no function with a body.
    pub(crate) fn read(attribute: &str, item: &TokenStream) -> syn::Result<Self> {
        what_is.parse2(item.clone()).and_then(|kind| match kind {
            Kind::Function => syn::parse2(item.clone()),
            Kind::Declaration(sig) => {
                let message = format!("`#[{attribute}]` needs a body to run: put it on the method in each `impl` instead of the declaration in the trait");
                Err(syn::Error::new_spanned(&sig.ident, message))
            }
            Kind::Other(tokens, name) => {
                Err(syn::Error::new_spanned(tokens, format!("`#[{attribute}]` goes on a function or a method, not on {name}")))
            }
        })
    }

    /// The name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// Takes every further `#[cache]` from the function.
    pub(crate) fn take_caches(&mut self) -> Vec<Attribute> {
        self.attrs.extract_if(.., |attr| is_cache(attr.path())).collect()
    }

    /// The `#[cfg]`s, which everything that is generated beside the function has to share.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, brace, body } = self;
        tokens.append_all(attrs);
        vis.to_tokens(tokens);
        sig.to_tokens(tokens);
        brace.surround(tokens, |tokens| tokens.extend(body.clone()));
    }
}

/// Whether this can only be our `#[cache]`: by its own name, or by that of the crate.
fn is_cache(path: &Path) -> bool {
    let crate_and_name = path.segments.iter().map(|segment| &segment.ident).collect::<Vec<_>>();
    match crate_and_name.as_slice() {
        [name] => *name == "cache",
        [cached_core, name] => *cached_core == "cached_core" && *name == "cache",
        _ => false,
    }
}

enum Kind {
    Function,
    Declaration(Box<Signature>),
    Other(TokenStream, &'static str),
}

/// Tells what an item is from its first tokens, so that code which does not parse yet gets the compiler's own message.
fn what_is(input: ParseStream<'_>) -> syn::Result<Kind> {
    const OTHERS: [(&str, &str); 12] = [
        ("struct", "a struct"),
        ("enum", "an enum"),
        ("union", "a union"),
        ("impl", "an `impl` block; put it on each method"),
        ("trait", "a trait; put it on the methods of each `impl`"),
        ("mod", "a module; put it on each function"),
        ("use", "a `use`"),
        ("static", "a static"),
        ("const", "a constant"),
        ("type", "a type alias"),
        ("let", "a variable"),
        ("macro_rules", "a macro"),
    ];
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let rest: TokenStream = input.fork().parse()?;
    if let Ok(sig) = input.parse::<Signature>() {
        let declaration = input.peek(Token![;]);
        input.parse::<TokenStream>()?;
        return Ok(if declaration { Kind::Declaration(Box::new(sig)) } else { Kind::Function });
    }
    input.parse::<TokenStream>()?;
    let words = rest.into_iter().take_while(|token| matches!(token, TokenTree::Ident(_))).collect::<Vec<_>>();
    let other = words
        .iter()
        .find_map(|word| OTHERS.iter().find(|(keyword, _)| word.to_string() == *keyword).map(|(_, name)| (word, name)));
    Ok(match other {
        Some((word, name)) if !words.iter().any(|word| word.to_string() == "fn") => {
            Kind::Other(word.to_token_stream(), name)
        }
        _ => Kind::Function,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn inner_attributes_move_to_the_function() {
        let function = Function::read(
            "cache",
            &quote!(
                fn f() -> u8 {
                    #![allow(unused)]
                    1
                }
            ),
        )
        .expect("a function");
        assert_eq!(function.body.to_string(), "1");
        assert_eq!(function.attrs[0].to_token_stream().to_string(), "# [allow (unused)]");
    }

    #[test]
    fn what_is_no_function_is_named() {
        let message = |tokens| Function::read("cache", &tokens).expect_err("is no function").to_string();
        assert!(
            message(quote!(
                pub struct S;
            ))
            .contains("not on a struct")
        );
        assert!(message(quote!(impl S {})).contains("each method"));
        assert!(message(quote!(unsafe impl S {})).contains("each method"));
        assert!(
            message(quote!(
                const X: u8 = 1;
            ))
            .contains("a constant")
        );
        assert!(
            message(quote!(
                fn f(&self) -> u8;
            ))
            .contains("needs a body")
        );
    }
}
