//! Enums: the variant is part of the part.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{DataEnum, DeriveInput, Member};

use super::{Body, Part, write_all, write_name};

/// One variant with names for its fields on both sides.
struct Variant<'a> {
    index: u32,
    ident: &'a Ident,
    members: Vec<Member>,
    parts: Vec<Part>,
    here: Vec<TokenStream>,
    there: Vec<TokenStream>,
}

impl<'a> Variant<'a> {
    fn new(index: usize, variant: &'a syn::Variant) -> Self {
        let count = variant.fields.len();
        Self {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            ident: &variant.ident,
            members: variant.fields.members().collect(),
            parts: variant.fields.iter().map(|field| Part(field.ty.clone())).collect(),
            here: names("__here", count),
            there: names("__there", count),
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
        let (pattern, index) = (self.pattern(), Literal::u32_unsuffixed(self.index));
        let hash = self.parts.iter().zip(&self.here).map(|(part, here)| part.hash(here));
        quote_spanned! {at=>
            #pattern => {
                ::core::hash::Hasher::write_u32(__state, #index);
                #(#hash;)*
            }
        }
    }

    fn eq_arm(&self) -> TokenStream {
        let at = Span::mixed_site();
        let (pattern, owned) = (self.pattern(), self.owned_pattern());
        let eq = self.parts.iter().zip(&self.here).zip(&self.there).map(|((part, here), there)| part.eq(here, there));
        let equal = if self.parts.is_empty() { quote_spanned!(at=> true) } else { quote_spanned!(at=> #(#eq)&&*) };
        quote_spanned!(at=> (#pattern, #owned) => #equal,)
    }

    fn to_owned_arm(&self) -> TokenStream {
        let at = Span::mixed_site();
        let (pattern, ident) = (self.pattern(), self.ident);
        let to_owned = self.parts.iter().zip(&self.here).map(|(part, here)| part.to_owned(here));
        let fields = if self.parts.is_empty() { TokenStream::new() } else { quote_spanned!(at=> (#(#to_owned),*)) };
        quote_spanned!(at=> #pattern => __Owned::#ident #fields,)
    }

    fn write_arm(&self) -> TokenStream {
        let parts: Vec<_> = self.parts.iter().zip(&self.here).map(|(part, here)| part.write(here)).collect();
        self.writing(&self.pattern(), &parts)
    }

    fn write_owned_arm(&self) -> TokenStream {
        let parts: Vec<_> = self.parts.iter().zip(&self.there).map(|(part, there)| part.write_owned(there)).collect();
        self.writing(&self.owned_pattern(), &parts)
    }

    fn writing(&self, pattern: &TokenStream, parts: &[TokenStream]) -> TokenStream {
        let at = Span::mixed_site();
        if parts.is_empty() {
            let write = write_name(&self.name());
            return quote_spanned!(at=> #pattern => #write,);
        }
        let statements = write_all(&self.name(), parts);
        quote_spanned!(at=> #pattern => { #statements })
    }
}

fn names(name: &str, count: usize) -> Vec<TokenStream> {
    (0..count).map(|index| format_ident!("{name}{index}", span = Span::mixed_site()).into_token_stream()).collect()
}

/// An enum keeps an enum of the same variants. It has one type parameter for each field, which frees it from the generics of the
/// original: which of them a field mentions, and with what bounds, need not be known.
pub(super) fn of_enum<'a>(input: &'a DeriveInput, data: &'a DataEnum) -> Body {
    let at = Span::mixed_site();
    let variants: Vec<_> =
        data.variants.iter().enumerate().map(|(index, variant)| Variant::new(index, variant)).collect();
    let fields: Vec<_> = variants.iter().flat_map(|variant| &variant.parts).collect();
    let params = names("__T", fields.len());
    let mut unused = params.iter();
    let declared = variants.iter().map(|variant| {
        let (ident, types) = (variant.ident, unused.by_ref().take(variant.parts.len()).collect::<Vec<_>>());
        if types.is_empty() { ident.to_token_stream() } else { quote_spanned!(at=> #ident(#(#types),*)) }
    });
    let declared: Vec<_> = declared.collect();
    let owned = fields.iter().map(|part| part.owned());
    let arms = |arm: fn(&Variant<'a>) -> TokenStream| variants.iter().map(arm).collect::<TokenStream>();
    let (hash, eq, to_owned) = (arms(Variant::hash_arm), arms(Variant::eq_arm), arms(Variant::to_owned_arm));
    let (write, write_owned) = (arms(Variant::write_arm), arms(Variant::write_owned_arm));
    let otherwise = (variants.len() > 1).then(|| quote_spanned!(at=> _ => false,));
    let doc = format!(" What a key keeps of [`{}`].", input.ident.unraw());
    Body {
        beside: quote_spanned! {at=>
            #[doc = #doc]
            #[derive(PartialEq, Eq)]
            #[allow(missing_docs, non_camel_case_types, unreachable_pub, clippy::all, clippy::pedantic)]
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
