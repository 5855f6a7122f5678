//! From attribute and item to code: `args -> model -> check -> expand`, for each attribute in the same way.
//!
//! Everything here is a function from tokens to tokens and runs outside a compiler as well.

mod cache;
mod companion;
mod derive;
mod invalidates;
mod parts;
mod scope;

pub(crate) use derive::derive_key_part;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Attribute;

use crate::args::{CacheArgs, InvalidatesArgs};
use crate::check;
use crate::context::Look;
use crate::diagnostics::{Errors, with_item};
use crate::features::Features;
use crate::model::{Cache, Invalidates, Subject};
use crate::scan::Surroundings;
use crate::signature::Function;

/// `#[cache(attr)] item`
pub(crate) fn cache(attr: TokenStream, item: TokenStream, look: Look, features: Features) -> TokenStream {
    let mut function = match Function::read("cache", &item) {
        Ok(function) => function,
        Err(error) => return with_item(&error, &item),
    };
    let others = function.take_caches();
    if !others.is_empty() {
        return several_caches(&attr, &others, function, look);
    }
    let errors = Errors::new();
    let args = CacheArgs::parse(attr, &errors);
    let subject = subject_of(&args, function, look);
    check::cache(&args, &subject, look, &errors);
    let model = Cache::build(&args, &subject, features, &errors);
    finish(errors, model, &item, cache::expand, || inert_companion(&args, &subject, look))
}

/// Two caches over one function would each hold their own copy. The item comes without the `others`, each of which would make a companion
/// of the same name, and what their arguments say is judged once they stand in one attribute.
fn several_caches(attr: &TokenStream, others: &[Attribute], function: Function, look: Look) -> TokenStream {
    let item = function.to_token_stream();
    let arguments = others.iter().filter_map(|other| other.meta.require_list().ok()).map(|list| &list.tokens);
    let unjudged = Errors::new();
    let args = CacheArgs::parse(quote!(#attr #(, #arguments)*), &unjudged);
    let _ = unjudged.check();
    let errors = Errors::new();
    let message = "a function has one `#[cache]`: keep one of them, with the arguments of both";
    others.iter().take(1).for_each(|second| errors.at(second.path(), message));
    let subject = subject_of(&args, function, look);
    finish(errors, None, &item, cache::expand, || inert_companion(&args, &subject, look))
}

fn subject_of(args: &CacheArgs, function: Function, look: Look) -> Subject {
    Subject::new(function, look, args.associated.as_ref().map(|associated| associated.value))
}

/// What stands beside a function whose attribute has a mistake.
fn inert_companion(args: &CacheArgs, subject: &Subject, look: Look) -> TokenStream {
    let sketch = Cache::sketch(args, subject);
    // Siblings in a trait may be the very mistake.
    let has_room = sketch.is_free() || look(&subject.function) != Some(Surroundings::OfTrait);
    if has_room { companion::inert(&sketch) } else { TokenStream::new() }
}

/// `#[invalidates(attr)] item`
pub(crate) fn invalidates(attr: TokenStream, item: TokenStream, look: Look) -> TokenStream {
    let function = match Function::read("invalidates", &item) {
        Ok(function) => function,
        Err(error) => return with_item(&error, &item),
    };
    if function.attrs.iter().any(is_cache) {
        return below_cache(&attr, function);
    }
    let errors = Errors::new();
    let args = InvalidatesArgs::parse(attr, &errors);
    let subject = Subject::new(function, look, None);
    check::invalidates(&args, &subject, &errors);
    let model = Invalidates::build(&args, subject, &errors);
    finish(errors, model, &item, invalidates::expand, TokenStream::new)
}

/// The expansion, or all errors with the item as it was written and what stands `in_place` of the rest: one mistake then gives one
/// message, and not one more at each use of the function.
fn finish<M>(
    errors: Errors,
    model: Option<M>,
    item: &TokenStream,
    expand: impl FnOnce(&M) -> TokenStream,
    in_place: impl FnOnce() -> TokenStream,
) -> TokenStream {
    let error = match (errors.check(), model) {
        (Ok(()), Some(model)) => return expand(&model),
        (Ok(()), None) => {
            let message = "the attribute could not be read, and it is a bug that it does not say why";
            syn::Error::new(Span::call_site(), message)
        }
        (Err(error), _) => error,
    };
    let mut tokens = with_item(&error, item);
    tokens.extend(in_place());
    tokens
}

/// Whether an attribute is, or may turn out to be, `#[cache]`.
fn is_cache(attr: &Attribute) -> bool {
    let path = attr.path();
    if path.is_ident("cfg_attr") {
        let syn::Meta::List(list) = &attr.meta else { return false };
        return list
            .tokens
            .clone()
            .into_iter()
            .any(|token| matches!(&token, proc_macro2::TokenTree::Ident(word) if word == "cache"));
    }
    path.segments.last().is_some_and(|segment| segment.ident == "cache")
}

/// Puts `#[invalidates]` behind the other attributes, `#[cache]` among them, so that it ends up around the cached call. In the order
/// in which the two were written it would become part of the cached body, and a hit would invalidate nothing.
fn below_cache(attr: &TokenStream, function: Function) -> TokenStream {
    let Function { attrs, vis, sig, body, .. } = function;
    quote! {
        #(#attrs)*
        #[::cached_core::invalidates(#attr)]
        #vis #sig { #body }
    }
}

/// The place of `at` with names that no other code can mean.
fn own(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}
