//! What `#[derive(KeyPart)]` makes of a type: a part that consists of its fields.

mod enums;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, Generics, Member, Type, parse_quote_spanned};

use crate::diagnostics::Errors;

/// `#[derive(KeyPart)] input`
pub(crate) fn derive_key_part(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let errors = Errors::new();
    let body = match &input.data {
        Data::Struct(data) => Some(of_struct(&input.ident, &data.fields)),
        Data::Enum(data) if data.variants.is_empty() => {
            errors.at(&input.ident, "an enum without variants has no values that could be part of a key");
            None
        }
        Data::Enum(data) => Some(enums::of_enum(&input, data)),
        Data::Union(data) => {
            errors
                .at(data.union_token, "which field of a union is valid is not known here; implement `KeyPart` by hand");
            None
        }
    };
    no_attributes(&input, &errors);
    match (errors.check(), body) {
        (Ok(()), Some(body)) => implement(&input, body),
        (Err(error), _) => error.into_compile_error(),
        (Ok(()), None) => TokenStream::new(),
    }
}

/// There is nothing to choose, and an attribute that changes nothing would mislead.
fn no_attributes(input: &DeriveInput, errors: &Errors) {
    let variants = match &input.data {
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.attrs).collect(),
        Data::Struct(_) | Data::Union(_) => Vec::new(),
    };
    let fields = types(&input.data).flat_map(|field| &field.attrs);
    for attr in input.attrs.iter().chain(variants).chain(fields) {
        if attr.path().is_ident("key_part") {
            errors.at(
                attr.path(),
                "`KeyPart` takes no attributes: every field is part of the key. Implement it by hand to leave one out",
            );
        }
    }
}

/// All fields of all variants.
fn types(data: &Data) -> Box<dyn Iterator<Item = &Field> + '_> {
    match data {
        Data::Struct(data) => Box::new(data.fields.iter()),
        Data::Enum(data) => Box::new(data.variants.iter().flat_map(|variant| &variant.fields)),
        Data::Union(data) => Box::new(data.fields.named.iter()),
    }
}

/// The items of the implementation, and what it needs beside it.
struct Body {
    beside: TokenStream,
    owned: TokenStream,
    hash: TokenStream,
    eq: TokenStream,
    to_owned: TokenStream,
    write: TokenStream,
    write_owned: TokenStream,
}

fn implement(input: &DeriveInput, body: Body) -> TokenStream {
    let at = Span::mixed_site();
    let name = &input.ident;
    let generics = bounded(input);
    let (params, arguments, clause) = generics.split_for_impl();
    let Body { beside, owned, hash, eq, to_owned, write, write_owned } = body;
    quote_spanned! {at=>
        const _: () = {
            #beside

            #[automatically_derived]
            impl #params ::cached_core::KeyPart for #name #arguments #clause {
                type Owned = #owned;

                #[inline]
                fn hash_part<__H: ::core::hash::Hasher>(&self, __state: &mut __H) {
                    #hash
                }

                #[inline]
                fn eq_part(&self, __owned: &Self::Owned) -> bool {
                    #eq
                }

                fn to_owned_part(&self) -> Self::Owned {
                    #to_owned
                }

                fn write_part(&self, __out: &mut ::cached_core::__private::KeyWriter<'_>) -> ::core::fmt::Result {
                    #write
                }

                fn write_owned(__owned: &Self::Owned, __out: &mut ::cached_core::__private::KeyWriter<'_>) -> ::core::fmt::Result {
                    #write_owned
                }
            }
        };
    }
}

/// Each type parameter has to be a part itself, and so has each field: said once, up here, a field that is none gives one error, where
/// it stands, and not one more for each use.
fn bounded(input: &DeriveInput) -> Generics {
    let mut generics = input.generics.clone();
    for param in generics.type_params_mut() {
        param.default = None;
        param.bounds.push(parse_quote_spanned!(Span::mixed_site()=> ::cached_core::KeyPart));
    }
    let mut said: Vec<_> = input.generics.type_params().map(|param| param.ident.to_string()).collect();
    for Field { ty, .. } in types(&input.data) {
        let text = ty.to_token_stream().to_string();
        if said.contains(&text) {
            continue;
        }
        said.push(text);
        let at = super::own(syn::spanned::Spanned::span(ty));
        generics.make_where_clause().predicates.push(parse_quote_spanned!(at=> #ty: ::cached_core::KeyPart));
    }
    generics
}

/// A field's type. Errors about it point at it.
#[derive(Clone)]
struct Part(Type);

impl Part {
    /// `<T as KeyPart>::item`
    fn item(&self, item: &str) -> TokenStream {
        let ty = &self.0;
        let at = super::own(syn::spanned::Spanned::span(ty));
        let item = Ident::new(item, at);
        quote_spanned!(at=> <#ty as ::cached_core::KeyPart>::#item)
    }

    fn owned(&self) -> TokenStream {
        self.item("Owned")
    }

    fn hash(&self, field: &TokenStream) -> TokenStream {
        let function = self.item("hash_part");
        quote_spanned!(Span::mixed_site()=> #function(#field, __state))
    }

    fn eq(&self, field: &TokenStream, owned: &TokenStream) -> TokenStream {
        let function = self.item("eq_part");
        quote_spanned!(Span::mixed_site()=> #function(#field, #owned))
    }

    fn to_owned(&self, field: &TokenStream) -> TokenStream {
        let function = self.item("to_owned_part");
        quote_spanned!(Span::mixed_site()=> #function(#field))
    }

    fn write(&self, field: &TokenStream) -> TokenStream {
        let function = self.item("write_part");
        quote_spanned!(Span::mixed_site()=> #function(#field, __out))
    }

    fn write_owned(&self, owned: &TokenStream) -> TokenStream {
        let function = self.item("write_owned");
        quote_spanned!(Span::mixed_site()=> #function(#owned, __out))
    }
}

/// The statements that write parts one after the other, as `Name(a,b)`.
fn write_all(name: &str, parts: &[TokenStream]) -> TokenStream {
    let at = Span::mixed_site();
    let named = (!name.is_empty()).then(|| write_name(name)).map(|write| quote_spanned!(at=> #write?;));
    let mut tokens = quote_spanned!(at=> #named __out.raw("(")?;);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            tokens.extend(quote_spanned!(at=> __out.raw(",")?;));
        }
        tokens.extend(quote_spanned!(at=> #part?;));
    }
    tokens.extend(quote_spanned!(at=> __out.raw(")")));
    tokens
}

/// A name is written like a value: it may hold the character that separates it from the next part.
fn write_name(name: &str) -> TokenStream {
    let name = Literal::string(name);
    quote_spanned!(Span::mixed_site()=> ::core::fmt::Write::write_str(__out, #name))
}

fn of_struct(name: &Ident, fields: &Fields) -> Body {
    let at = Span::mixed_site();
    let parts: Vec<_> = fields.iter().map(|field| Part(field.ty.clone())).collect();
    let here: Vec<_> = fields.members().map(|member| quote_spanned!(at=> &self.#member)).collect();
    match (parts.as_slice(), here.as_slice()) {
        ([], _) => {
            let write = write_name(&name.unraw().to_string());
            Body {
                beside: TokenStream::new(),
                owned: quote_spanned!(at=> ()),
                hash: quote_spanned!(at=> let _ = __state;),
                eq: quote_spanned!(at=> let _ = __owned; true),
                to_owned: TokenStream::new(),
                write_owned: quote_spanned!(at=> let _ = __owned; #write),
                write,
            }
        }
        // One field is told like what it wraps, so that a newtype and its number meet under one key.
        ([part], [here]) => {
            let there = quote_spanned!(at=> __owned);
            Body {
                beside: TokenStream::new(),
                owned: part.owned(),
                hash: part.hash(here),
                eq: part.eq(here, &there),
                to_owned: part.to_owned(here),
                write: part.write(here),
                write_owned: part.write_owned(&there),
            }
        }
        _ => {
            let there: Vec<_> =
                (0..parts.len()).map(Member::from).map(|member| quote_spanned!(at=> &__owned.#member)).collect();
            let (owned, hash, eq, to_owned) = (
                parts.iter().map(Part::owned),
                parts.iter().zip(&here).map(|(part, here)| part.hash(here)),
                parts.iter().zip(&here).zip(&there).map(|((part, here), there)| part.eq(here, there)),
                parts.iter().zip(&here).map(|(part, here)| part.to_owned(here)),
            );
            let write: Vec<_> = parts.iter().zip(&here).map(|(part, here)| part.write(here)).collect();
            let write_owned: Vec<_> = parts.iter().zip(&there).map(|(part, there)| part.write_owned(there)).collect();
            Body {
                beside: TokenStream::new(),
                owned: quote_spanned!(at=> (#(#owned),*)),
                hash: quote_spanned!(at=> #(#hash;)*),
                eq: quote_spanned!(at=> #(#eq)&&*),
                to_owned: quote_spanned!(at=> (#(#to_owned),*)),
                write: write_all("", &write),
                write_owned: write_all("", &write_owned),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn what_cannot_be_a_part_says_why() {
        let message = |tokens| derive_key_part(tokens).to_string();
        assert!(message(quote!(union U { a: u8, b: u8 })).contains("by hand"));
        assert!(
            message(quote!(
                enum Never {}
            ))
            .contains("no values")
        );
        assert!(
            message(quote!(
                fn f() {}
            ))
            .contains("compile_error")
        );
    }

    #[test]
    fn every_form_expands_to_items() {
        for tokens in [
            quote!(
                struct Unit;
            ),
            quote!(
                struct Id(u64);
            ),
            quote!(
                struct Range<'a, T: Copy>
                where
                    T: Ord,
                {
                    from: &'a T,
                    to: T,
                }
            ),
            quote!(
                enum Kind<T> {
                    A,
                    B(T),
                    C { x: u8, y: String },
                }
            ),
            quote!(
                enum r#Single {
                    r#type,
                }
            ),
        ] {
            let expanded = derive_key_part(tokens.clone());
            assert!(syn::parse2::<syn::File>(expanded.clone()).is_ok(), "{tokens} -> {expanded}");
        }
    }
}
