//! What `#[derive(KeyPart)]` makes of a type: a part that consists of its fields.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DataEnum, DeriveInput, Fields, Generics, Member, Type, parse_quote_spanned};

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
        Data::Enum(data) => Some(of_enum(&input, data)),
        Data::Union(data) => {
            errors.at(data.union_token, "which field of a union is valid is not known here; implement `KeyPart` by hand");
            None
        }
    };
    for attr in &input.attrs {
        if attr.path().is_ident("key_part") {
            errors.at(attr.path(), "`KeyPart` takes no attributes: every field is part of the key");
        }
    }
    match (errors.check(), body) {
        (Ok(()), Some(body)) => implement(&input, body),
        (Err(error), _) => error.into_compile_error(),
        (Ok(()), None) => TokenStream::new(),
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
    let generics = bounded(&input.generics);
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

/// Each type parameter has to be a part itself.
fn bounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in generics.type_params_mut() {
        param.default = None;
        param.bounds.push(parse_quote_spanned!(Span::mixed_site()=> ::cached_core::KeyPart));
    }
    generics
}

/// `<T as KeyPart>`, pointing at the field's type where that is none.
fn as_part(ty: &Type) -> TokenStream {
    let at = super::own(syn::spanned::Spanned::span(ty));
    quote_spanned!(at=> <#ty as ::cached_core::KeyPart>)
}

/// The statements that write parts one after the other, as `Name(a,b)`.
fn write_all(name: &str, parts: &[TokenStream]) -> TokenStream {
    let at = Span::mixed_site();
    let open = Literal::string(&format!("{name}("));
    let mut tokens = quote_spanned!(at=> __out.raw(#open)?;);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            tokens.extend(quote_spanned!(at=> __out.raw(",")?;));
        }
        tokens.extend(quote_spanned!(at=> #part?;));
    }
    tokens.extend(quote_spanned!(at=> __out.raw(")")));
    tokens
}

fn of_struct(name: &Ident, fields: &Fields) -> Body {
    let at = Span::mixed_site();
    let types: Vec<_> = fields.iter().map(|field| as_part(&field.ty)).collect();
    let members: Vec<_> = fields.members().collect();
    match (types.as_slice(), members.as_slice()) {
        ([], _) => {
            let text = Literal::string(&name.unraw().to_string());
            Body {
                beside: TokenStream::new(),
                owned: quote_spanned!(at=> ()),
                hash: quote_spanned!(at=> let _ = __state;),
                eq: quote_spanned!(at=> let _ = __owned; true),
                to_owned: TokenStream::new(),
                write: quote_spanned!(at=> __out.raw(#text)),
                write_owned: quote_spanned!(at=> let _ = __owned; __out.raw(#text)),
            }
        }
        // One field is told like what it wraps, so that a newtype and its number meet under one key.
        ([ty], [member]) => Body {
            beside: TokenStream::new(),
            owned: quote_spanned!(at=> #ty::Owned),
            hash: quote_spanned!(at=> #ty::hash_part(&self.#member, __state)),
            eq: quote_spanned!(at=> #ty::eq_part(&self.#member, __owned)),
            to_owned: quote_spanned!(at=> #ty::to_owned_part(&self.#member)),
            write: quote_spanned!(at=> #ty::write_part(&self.#member, __out)),
            write_owned: quote_spanned!(at=> #ty::write_owned(__owned, __out)),
        },
        _ => {
            let positions: Vec<_> = (0..types.len()).map(Member::from).collect();
            let each = |call: &dyn Fn(&TokenStream, &Member, &Member) -> TokenStream| -> Vec<TokenStream> {
                types.iter().zip(&members).zip(&positions).map(|((ty, member), position)| call(ty, member, position)).collect()
            };
            let hash = each(&|ty, member, _| quote_spanned!(at=> #ty::hash_part(&self.#member, __state);));
            let eq = each(&|ty, member, position| quote_spanned!(at=> #ty::eq_part(&self.#member, &__owned.#position)));
            let to_owned = each(&|ty, member, _| quote_spanned!(at=> #ty::to_owned_part(&self.#member)));
            let write = each(&|ty, member, _| quote_spanned!(at=> #ty::write_part(&self.#member, __out)));
            let write_owned = each(&|ty, _, position| quote_spanned!(at=> #ty::write_owned(&__owned.#position, __out)));
            Body {
                beside: TokenStream::new(),
                owned: quote_spanned!(at=> (#(#types::Owned),*)),
                hash: quote_spanned!(at=> #(#hash)*),
                eq: quote_spanned!(at=> #(#eq)&&*),
                to_owned: quote_spanned!(at=> (#(#to_owned),*)),
                write: write_all("", &write),
                write_owned: write_all("", &write_owned),
            }
        }
    }
}

/// One variant with names for its fields on both sides.
struct Variant<'a> {
    index: u32,
    ident: &'a Ident,
    members: Vec<Member>,
    types: Vec<TokenStream>,
    here: Vec<Ident>,
    there: Vec<Ident>,
}

impl<'a> Variant<'a> {
    fn new(index: usize, variant: &'a syn::Variant) -> Self {
        let count = variant.fields.len();
        Self {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            ident: &variant.ident,
            members: variant.fields.members().collect(),
            types: variant.fields.iter().map(|field| as_part(&field.ty)).collect(),
            here: (0..count).map(|index| format_ident!("__here{index}", span = Span::mixed_site())).collect(),
            there: (0..count).map(|index| format_ident!("__there{index}", span = Span::mixed_site())).collect(),
        }
    }

    /// `Self::Name { 0: __here0, .. }`
    fn pattern(&self) -> TokenStream {
        let Self { ident, members, here, .. } = self;
        quote_spanned!(Span::mixed_site()=> Self::#ident { #(#members: #here),* })
    }

    /// `__Owned::Name(__there0, ..)`
    fn owned_pattern(&self) -> TokenStream {
        let Self { ident, there, .. } = self;
        let fields = if there.is_empty() { TokenStream::new() } else { quote!((#(#there),*)) };
        quote_spanned!(Span::mixed_site()=> __Owned::#ident #fields)
    }

    fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    fn hash_arm(&self) -> TokenStream {
        let at = Span::mixed_site();
        let (pattern, index, types, here) = (self.pattern(), Literal::u32_unsuffixed(self.index), &self.types, &self.here);
        quote_spanned! {at=>
            #pattern => {
                ::core::hash::Hasher::write_u32(__state, #index);
                #(#types::hash_part(#here, __state);)*
            }
        }
    }

    fn eq_arm(&self) -> TokenStream {
        let at = Span::mixed_site();
        let (pattern, owned, types, here, there) = (self.pattern(), self.owned_pattern(), &self.types, &self.here, &self.there);
        let equal = if types.is_empty() { quote_spanned!(at=> true) } else { quote_spanned!(at=> #(#types::eq_part(#here, #there))&&*) };
        quote_spanned!(at=> (#pattern, #owned) => #equal,)
    }

    fn to_owned_arm(&self) -> TokenStream {
        let at = Span::mixed_site();
        let (pattern, ident, types, here) = (self.pattern(), self.ident, &self.types, &self.here);
        let fields = if types.is_empty() { TokenStream::new() } else { quote_spanned!(at=> (#(#types::to_owned_part(#here)),*)) };
        quote_spanned!(at=> #pattern => __Owned::#ident #fields,)
    }

    fn write_arm(&self) -> TokenStream {
        let parts = self.types.iter().zip(&self.here).map(|(ty, here)| quote_spanned!(Span::mixed_site()=> #ty::write_part(#here, __out)));
        self.writing(&self.pattern(), &parts.collect::<Vec<_>>())
    }

    fn write_owned_arm(&self) -> TokenStream {
        let parts = self.types.iter().zip(&self.there).map(|(ty, there)| quote_spanned!(Span::mixed_site()=> #ty::write_owned(#there, __out)));
        self.writing(&self.owned_pattern(), &parts.collect::<Vec<_>>())
    }

    fn writing(&self, pattern: &TokenStream, parts: &[TokenStream]) -> TokenStream {
        let at = Span::mixed_site();
        if parts.is_empty() {
            let text = Literal::string(&self.name());
            return quote_spanned!(at=> #pattern => __out.raw(#text),);
        }
        let statements = write_all(&self.name(), parts);
        quote_spanned!(at=> #pattern => { #statements })
    }
}

/// An enum keeps an enum of the same variants. It has one type parameter for each field, which frees it from the generics of the
/// original: which of them a field mentions, and with what bounds, need not be known.
fn of_enum<'a>(input: &'a DeriveInput, data: &'a DataEnum) -> Body {
    let at = Span::mixed_site();
    let variants: Vec<_> = data.variants.iter().enumerate().map(|(index, variant)| Variant::new(index, variant)).collect();
    let mut params = Vec::new();
    let mut declared = Vec::new();
    for variant in &variants {
        let names: Vec<_> = variant.types.iter().map(|_| {
            let name = format_ident!("__T{}", params.len(), span = at);
            params.push(name.clone());
            name
        }).collect();
        let ident = variant.ident;
        let fields = if names.is_empty() { TokenStream::new() } else { quote_spanned!(at=> (#(#names),*)) };
        declared.push(quote_spanned!(at=> #ident #fields));
    }
    let owned: Vec<_> = variants.iter().flat_map(|variant| &variant.types).map(|ty| quote_spanned!(at=> #ty::Owned)).collect();
    let arms = |arm: fn(&Variant<'a>) -> TokenStream| variants.iter().map(arm).collect::<TokenStream>();
    let (hash, eq, to_owned) = (arms(Variant::hash_arm), arms(Variant::eq_arm), arms(Variant::to_owned_arm));
    let (write, write_owned) = (arms(Variant::write_arm), arms(Variant::write_owned_arm));
    let otherwise = (variants.len() > 1).then(|| quote_spanned!(at=> _ => false,));
    let doc = format!(" What a key keeps of [`{}`].", input.ident.unraw());
    Body {
        beside: quote_spanned! {at=>
            #[doc = #doc]
            #[derive(PartialEq, Eq)]
            #[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
            pub enum __Owned<#(#params),*> { #(#declared),* }
        },
        owned: quote_spanned!(at=> __Owned<#(#owned),*>),
        hash: quote_spanned!(at=> match self { #hash }),
        eq: quote_spanned!(at=> match (self, __owned) { #eq #otherwise }),
        to_owned: quote_spanned!(at=> match self { #to_owned }),
        write: quote_spanned!(at=> match self { #write }),
        write_owned: quote_spanned!(at=> match __owned { #write_owned }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_part_says_why() {
        let message = |tokens| derive_key_part(tokens).to_string();
        assert!(message(quote!(union U { a: u8, b: u8 })).contains("by hand"));
        assert!(message(quote!(enum Never {})).contains("no values"));
        assert!(message(quote!(fn f() {})).contains("compile_error"));
    }

    #[test]
    fn every_form_expands_to_items() {
        for tokens in [
            quote!(struct Unit;),
            quote!(struct Id(u64);),
            quote!(struct Range<'a, T: Copy> where T: Ord { from: &'a T, to: T }),
            quote!(enum Kind<T> { A, B(T), C { x: u8, y: String } }),
            quote!(enum r#Single { r#type }),
        ] {
            let expanded = derive_key_part(tokens.clone());
            assert!(syn::parse2::<syn::File>(expanded.clone()).is_ok(), "{tokens} -> {}", expanded);
        }
    }
}
