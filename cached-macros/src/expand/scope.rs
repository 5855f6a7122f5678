//! Generics: which instance of a function a call belongs to, and what of them the companion needs.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{ConstParam, GenericParam, Generics, Ident, Type, TypeParam, TypeParamBound, WherePredicate};

use crate::context::Place;
use crate::model::Subject;
use crate::signature::{find_impl_trait, ungroup};

/// `.scope(owner, generics)`: tells instances of one function apart. Nothing if there is only one.
///
/// `shared` is a function that gives the generics, where there has to be one: see [`needs_carriers`].
pub(super) fn scope(subject: &Subject, shared: Option<&TokenStream>) -> TokenStream {
    let at = Span::mixed_site();
    let has_types =
        subject.function.sig.generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)));
    let owner = match subject.place {
        Place::Free if !has_types => return TokenStream::new(),
        Place::Free => quote_spanned!(at=> __rt::TypeTag::NONE),
        Place::Associated => quote_spanned!(at=> __rt::TypeTag::of::<Self>()),
    };
    let generics = match shared {
        Some(shared) => {
            let turbofish = turbofish(&subject.function.sig.generics);
            quote_spanned!(at=> #shared #turbofish())
        }
        None => generics(subject),
    };
    quote_spanned!(at=> .scope(#owner, #generics))
}

/// `.arguments(&(&load,))`: the arguments whose type is an `impl Trait`, which only a value can tell. Nothing if there is none.
pub(super) fn nameless(subject: &Subject) -> TokenStream {
    let names: Vec<_> = subject
        .arguments
        .list
        .iter()
        .filter(|argument| find_impl_trait(&argument.ty).is_some())
        .flat_map(|argument| &argument.names)
        .collect();
    if names.is_empty() {
        return TokenStream::new();
    }
    quote_spanned!(Span::mixed_site()=> .arguments(&(#(&#names,)*)))
}

/// The name of the generics, as an expression.
pub(super) fn generics(subject: &Subject) -> TokenStream {
    let at = Span::mixed_site();
    match type_arguments(&subject.function.sig.generics).as_slice() {
        [] => quote_spanned!(at=> __rt::TypeTag::NONE),
        [only] => quote_spanned!(at=> __rt::TypeTag::of::<#only>()),
        several => quote_spanned!(at=> __rt::TypeTag::of::<(#(#several),*)>()),
    }
}

/// Whether the generics have to be given by one function: a type that carries the value of a const parameter has its place in its name, and
/// the call and the companion must come to the same.
pub(super) fn needs_carriers(subject: &Subject) -> bool {
    subject.function.sig.generics.const_params().any(|constant| !is_usize(&constant.ty))
}

/// The declarations of the types that carry the values of const parameters.
pub(super) fn carriers(subject: &Subject) -> TokenStream {
    let constants = subject.function.sig.generics.const_params().filter(|constant| !is_usize(&constant.ty));
    let carriers = constants.map(|ConstParam { ident, ty, .. }| {
        let carrier = carrier(ident);
        quote_spanned!(Span::mixed_site()=> #[allow(dead_code, non_camel_case_types)] struct #carrier<const __VALUE: #ty>;)
    });
    quote_spanned!(Span::mixed_site()=> #(#carriers)*)
}

/// One type for each type and const parameter.
fn type_arguments(generics: &Generics) -> Vec<TokenStream> {
    let at = Span::mixed_site();
    let argument = |param: &GenericParam| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(param) => {
            let name = &param.ident;
            // A type without a size cannot stand in a tuple; a pointer to it can.
            Some(if may_be_unsized(param, generics) {
                quote_spanned!(at=> *const #name)
            } else {
                name.to_token_stream()
            })
        }
        GenericParam::Const(param) => {
            let name = &param.ident;
            let carrier = carrier(name);
            Some(if is_usize(&param.ty) {
                quote_spanned!(at=> [(); #name])
            } else {
                quote_spanned!(at=> #carrier<{ #name }>)
            })
        }
    };
    generics.params.iter().filter_map(argument).collect()
}

fn is_usize(ty: &Type) -> bool {
    matches!(ungroup(ty), Type::Path(path) if path.path.is_ident("usize"))
}

/// A type that has nothing but the value of a const parameter.
fn carrier(param: &Ident) -> Ident {
    Ident::new(&format!("__Const{param}"), Span::mixed_site())
}

fn may_be_unsized(param: &TypeParam, generics: &Generics) -> bool {
    let relaxed = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Trait(bound) if bound.maybe.is_some());
    let in_where =
        generics.where_clause.iter().flat_map(|clause| &clause.predicates).any(|predicate| match predicate {
            WherePredicate::Type(predicate) => {
                matches!(&predicate.bounded_ty, Type::Path(path) if path.path.is_ident(&param.ident))
                    && predicate.bounds.iter().any(relaxed)
            }
            _ => false,
        });
    in_where || param.bounds.iter().any(relaxed)
}

/// The arguments to call the function with: `::<T, N>`, or nothing.
pub(super) fn turbofish(generics: &Generics) -> TokenStream {
    let names: Vec<_> = generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Lifetime(_) => None,
            GenericParam::Type(param) => Some(param.ident.to_token_stream()),
            // In braces, or a type of the same name would be meant.
            GenericParam::Const(ConstParam { ident, .. }) => Some(quote_spanned!(Span::mixed_site()=> { #ident })),
        })
        .collect();
    if names.is_empty() { TokenStream::new() } else { quote_spanned!(Span::mixed_site()=> ::<#(#names),*>) }
}

/// The generics without those that nothing needs: neither the types given nor, if `all_types` is set, the scope.
///
/// A caller of the companion could not let the compiler infer a parameter that no argument mentions.
pub(super) fn needed(generics: &Generics, types: &[&Type], all_types: bool) -> Generics {
    let mut needed = Vec::new();
    for ty in types {
        mentioned(ty.to_token_stream(), &mut needed);
    }
    if all_types {
        needed.extend(generics.type_params().map(|param| param.ident.to_string()));
        needed.extend(generics.const_params().map(|param| param.ident.to_string()));
    }
    // The bounds of what is needed need their own parameters, and so on.
    loop {
        let before = needed.len();
        for param in &generics.params {
            if needed.contains(&name_of(param)) {
                mentioned(param.to_token_stream(), &mut needed);
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            if is_about(predicate, generics, &needed) {
                mentioned(predicate.to_token_stream(), &mut needed);
            }
        }
        if needed.len() == before {
            break;
        }
    }
    let mut kept = generics.clone();
    kept.params = generics.params.iter().filter(|param| needed.contains(&name_of(param))).cloned().collect();
    if let Some(clause) = &mut kept.where_clause {
        clause.predicates =
            clause.predicates.iter().filter(|predicate| is_about(predicate, generics, &needed)).cloned().collect();
    }
    kept
}

/// Whether a predicate bounds something that is needed.
fn is_about(predicate: &WherePredicate, generics: &Generics, needed: &[String]) -> bool {
    let mut subject = Vec::new();
    match predicate {
        WherePredicate::Lifetime(predicate) => mentioned(predicate.lifetime.to_token_stream(), &mut subject),
        WherePredicate::Type(predicate) => mentioned(predicate.bounded_ty.to_token_stream(), &mut subject),
        _ => return true,
    }
    generics.params.iter().map(name_of).filter(|name| subject.contains(name)).all(|name| needed.contains(&name))
}

fn name_of(param: &GenericParam) -> String {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_string(),
        GenericParam::Type(param) => param.ident.to_string(),
        GenericParam::Const(param) => param.ident.to_string(),
    }
}

/// All words and lifetimes of some tokens.
fn mentioned(tokens: TokenStream, words: &mut Vec<String>) {
    let mut quote = false;
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                let word = if std::mem::take(&mut quote) { format!("'{word}") } else { word.to_string() };
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            TokenTree::Group(group) => mentioned(group.stream(), words),
            TokenTree::Punct(punct) => quote = punct.as_char() == '\'',
            TokenTree::Literal(_) => quote = false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;
    use syn::{Signature, parse_quote};

    #[test]
    fn only_what_the_key_needs_is_kept() {
        let sig: Signature =
            parse_quote!(fn f<'a, D: Db<T>, T: Into<U>, U, const N: usize>(db: &'a D, key: T) where D: Send, T: Copy);
        let ty: Type = parse_quote!(T);
        let kept = needed(&sig.generics, &[&ty], false);
        assert_eq!(kept.to_token_stream().to_string(), quote!(<T: Into<U>, U>).to_string());
        assert_eq!(kept.where_clause.to_token_stream().to_string(), quote!(where T: Copy).to_string());
        let kept = needed(&sig.generics, &[&ty], true);
        assert_eq!(kept.params.len(), 4, "all but the lifetime");
    }

    #[test]
    fn each_parameter_has_a_type_that_stands_for_it() {
        let sig: Signature = parse_quote!(fn f<'a, T, U: ?Sized, const N: usize, const B: bool>());
        let types: Vec<_> = type_arguments(&sig.generics).iter().map(ToString::to_string).collect();
        assert_eq!(types, ["T", "* const U", "[() ; N]", "__ConstB < { B } >"]);
    }
}
