//! What stands beside a cached function, to inspect and empty its cache.
//!
//! A free function gets a type of its own name with functions in it: `find_user::invalidate(42)`. A function of an `impl` cannot
//! have a type beside it, so it gets siblings, if it asks for them: `Catalogue::price_invalidate(..)`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{FnArg, Generics, Pat, PatIdent, Safety, Signature, Token, Type};

use super::{cache, parts, scope};
use crate::model::{Cache, Subject};
use crate::signature::{Argument, Flow, each_binding};

pub(super) fn expand(model: &Cache<'_>) -> TokenStream {
    if model.is_free() { free(model, Works::Yes) } else { siblings(model, Works::Yes) }
}

/// Stands in for the companion where the attribute has a mistake, so that code which uses it has none.
pub(super) fn inert(model: &Cache<'_>) -> TokenStream {
    let Subject { function, arguments, .. } = model.subject;
    let sig = &function.sig;
    // Of these there can be no second function with the same signature.
    let strange =
        sig.constness.is_some() || sig.variadic.is_some() || arguments.list.iter().any(|arg| arg.cfg.is_some());
    match (model.companion && !strange, model.is_free()) {
        (false, _) => TokenStream::new(),
        (true, true) => free(model, Works::No),
        (true, false) => siblings(model, Works::No),
    }
}

/// Whether the functions are to do anything, or only to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Works {
    Yes,
    No,
}

/// The name of something beside an associated function.
pub(super) fn sibling(model: &Cache<'_>, before: &str, after: &str) -> Ident {
    let name = &model.subject.function.sig.ident;
    Ident::new(&format!("{before}{}{after}", model.subject.function.name()), name.span())
}

/// The companion's function that names the generics, if it has one.
pub(super) fn generics(model: &Cache<'_>) -> Option<TokenStream> {
    let needed = model.companion && scope::needs_carriers(model.subject);
    needed.then(|| {
        if model.is_free() {
            let name = &model.subject.function.sig.ident;
            quote_spanned!(Span::mixed_site()=> #name::__generics)
        } else {
            let generics = sibling(model, "__", "_generics");
            quote_spanned!(Span::mixed_site()=> Self::#generics)
        }
    })
}

/// What a companion's functions are called.
struct Names {
    site: Ident,
    generics: Ident,
    target: Ident,
    all: Ident,
    key: Ident,
    invalidate: Ident,
    cache: Ident,
    uncached: Ident,
    refresh: Ident,
}

fn free(model: &Cache<'_>, works: Works) -> TokenStream {
    let function = &model.subject.function;
    let name = &function.sig.ident;
    let (vis, cfgs) = (&function.vis, function.cfgs().collect::<Vec<_>>());
    let hidden = function
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc") && attr.to_token_stream().to_string().contains("hidden"));
    let at = |text| Ident::new(text, Span::call_site());
    let names = Names {
        site: at("__site"),
        generics: at("__generics"),
        target: at("__target"),
        all: at("__all"),
        key: at("key"),
        invalidate: at("invalidate"),
        cache: at("cache"),
        uncached: at("uncached"),
        refresh: at("refresh"),
    };
    let functions = Functions { model, names, works }.all();
    let doc = format!(" The cache of [`{0}`](fn@{0}).", function.name());
    quote! {
        #(#cfgs)*
        #(#hidden)*
        #[doc = #doc]
        #[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
        #vis struct #name {
            __never: ::core::convert::Infallible,
        }

        #(#cfgs)*
        #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
        impl #name {
            #(#functions)*
        }
    }
}

fn siblings(model: &Cache<'_>, works: Works) -> TokenStream {
    let cfgs: Vec<_> = model.subject.function.cfgs().collect();
    let names = Names {
        site: sibling(model, "__", "_site"),
        generics: sibling(model, "__", "_generics"),
        // Named in the error where a write names a function without companion.
        target: sibling(model, "__", "_companion"),
        all: sibling(model, "__", "_companion_all"),
        key: sibling(model, "", "_key"),
        invalidate: sibling(model, "", "_invalidate"),
        cache: sibling(model, "", "_cache"),
        uncached: sibling(model, "", "_uncached"),
        refresh: sibling(model, "", "_refresh"),
    };
    let functions = Functions { model, names, works }.all();
    let with_attributes = |function: TokenStream| {
        quote! {
            #(#cfgs)*
            #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
            #function
        }
    };
    functions.into_iter().map(with_attributes).collect()
}

/// The functions themselves, the same for both forms.
struct Functions<'a> {
    model: &'a Cache<'a>,
    names: Names,
    works: Works,
}

impl Functions<'_> {
    fn all(&self) -> Vec<TokenStream> {
        let shown = [self.key(), self.invalidate(), self.cache(), self.uncached(), self.refresh()];
        let hidden = [self.target(), self.everything()];
        let site = (self.works == Works::Yes).then(|| self.site());
        shown.into_iter().chain(site).chain(hidden).chain(self.generics()).collect()
    }

    /// What a function does, if it does anything.
    fn body(&self, body: TokenStream) -> TokenStream {
        if self.works == Works::Yes { body } else { quote!(::core::unreachable!()) }
    }

    fn generics(&self) -> Option<TokenStream> {
        generics(self.model)?;
        let subject = self.model.subject;
        let (vis, name) = (&subject.function.vis, &self.names.generics);
        let (params, _, clause) = subject.function.sig.generics.split_for_impl();
        let (carriers, generics) = (scope::carriers(subject), scope::generics(subject));
        Some(quote_spanned! {Span::mixed_site()=>
            #[doc(hidden)]
            #vis fn #name #params() -> ::cached_core::__private::TypeTag #clause {
                use ::cached_core::__private as __rt;
                #carriers
                #generics
            }
        })
    }

    fn site(&self) -> TokenStream {
        let (vis, name) = (&self.model.subject.function.vis, &self.names.site);
        let site = cache::site_static(self.model);
        quote_spanned! {Span::mixed_site()=>
            #[doc(hidden)]
            #[inline]
            #vis fn #name() -> &'static ::cached_core::__private::Site {
                use ::cached_core::__private as __rt;
                #site
                &__SITE
            }
        }
    }

    fn key(&self) -> TokenStream {
        let head = self.key_head(&self.names.key, true, &quote!(-> ::std::string::String));
        let call = self.call();
        let body = self.body(quote_spanned!(Span::mixed_site()=> #call.text()));
        quote_spanned! {Span::mixed_site()=>
            /// The key of the entry for these arguments.
            #[must_use]
            #head { #body }
        }
    }

    fn target(&self) -> TokenStream {
        let head = self.key_head(&self.names.target, true, &quote!(-> ::cached_core::__private::Target));
        let call = self.call();
        let body = self.body(quote_spanned!(Span::mixed_site()=> #call.target()));
        quote_spanned! {Span::mixed_site()=>
            #[doc(hidden)]
            #head { #body }
        }
    }

    fn invalidate(&self) -> TokenStream {
        let target = &self.names.target;
        let turbofish = scope::turbofish(&self.key_generics());
        let receiver = self.key_receiver().map(|token| quote!(#token,));
        let names = self.key_arguments().into_iter().map(|(index, argument)| self.plain_name(index, argument));
        let call = quote_spanned!(Span::mixed_site()=> Self::#target #turbofish(#receiver #(#names),*).invalidate());
        let must_use = (self.model.subject.flow.is_async() && self.model.codec.is_some()).then(|| {
            let why = "the shared store may not have done it yet: `.await` it, or call `.wait()`";
            quote_spanned!(Span::mixed_site()=> #[must_use = #why])
        });
        let (output, call, doc) = if self.model.subject.flow.is_async() {
            (quote!(-> ::cached_core::Invalidated), call, " Await it, or call `wait`.")
        } else {
            (TokenStream::new(), quote_spanned!(Span::mixed_site()=> #call.wait();), "")
        };
        let head = self.key_head(&self.names.invalidate, false, &output);
        let doc = format!(
            " Removes the entry for these arguments, and keeps loads of it that are under way from storing.{doc}"
        );
        quote_spanned! {Span::mixed_site()=>
            #[doc = #doc]
            #must_use
            #head { #call }
        }
    }

    fn cache(&self) -> TokenStream {
        let (vis, name, site) = (&self.model.subject.function.vis, &self.names.cache, &self.names.site);
        let body = self.body(quote_spanned!(Span::mixed_site()=> ::cached_core::CacheHandle::of(Self::#site())));
        quote_spanned! {Span::mixed_site()=>
            /// The cache itself: its statistics, its size, and how to clear it.
            #[must_use]
            #vis fn #name() -> ::cached_core::CacheHandle { #body }
        }
    }

    fn uncached(&self) -> TokenStream {
        let function = self.around("uncached", &self.names.uncached);
        quote_spanned! {Span::mixed_site()=>
            /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
            #function
        }
    }

    fn refresh(&self) -> TokenStream {
        let function = self.around("refresh", &self.names.refresh);
        quote_spanned! {Span::mixed_site()=>
            /// Runs the function and stores the result, whatever is cached.
            #function
        }
    }

    fn everything(&self) -> TokenStream {
        let (vis, name, site) = (&self.model.subject.function.vis, &self.names.all, &self.names.site);
        let all = quote_spanned!(Span::mixed_site()=> ::cached_core::__private::Target::all_of(Self::#site()));
        let body = self.body(all);
        quote_spanned! {Span::mixed_site()=>
            #[doc(hidden)]
            #vis fn #name() -> ::cached_core::__private::Target { #body }
        }
    }

    /// `Self::__site().call(parts)`. A default key has the scope in its text. That of a template has not, and whoever names an entry by
    /// it should not have to name types that make no difference.
    fn call(&self) -> TokenStream {
        let site = &self.names.site;
        let at = Span::mixed_site();
        let parts = parts::key(self.model);
        let scoped = self.model.key.is_default();
        let scope = scoped.then(|| scope::scope(self.model.subject, generics(self.model).as_ref()));
        quote_spanned! {at=>
            use ::cached_core::__private::{self as __rt, via::*};
            Self::#site().call(#parts) #scope
        }
    }

    /// The arguments that the key uses, with their positions.
    fn key_arguments(&self) -> Vec<(usize, &Argument)> {
        let used = self.model.key.uses().arguments;
        self.model.subject.arguments.list.iter().enumerate().filter(|(index, _)| used.contains(index)).collect()
    }

    /// `self`, if the key uses it.
    fn key_receiver(&self) -> Option<Token![self]> {
        let receiver = self.model.subject.arguments.receiver.as_ref()?;
        self.model.key.uses().receiver.then_some(receiver.self_token)
    }

    fn key_generics(&self) -> Generics {
        let types: Vec<_> = self.key_arguments().into_iter().map(|(_, argument)| &argument.ty).collect();
        scope::needed(&self.model.subject.function.sig.generics, &types, self.model.key.is_default())
    }

    /// `pub fn key<..>(id: u64) -> ..`. `patterns` are needed where the parts are made.
    fn key_head(&self, name: &Ident, patterns: bool, output: &TokenStream) -> TokenStream {
        let generics = self.key_generics();
        let receiver = self.key_receiver().map(|token| quote!(&#token,));
        let inputs = self.key_arguments().into_iter().map(|(index, argument)| {
            let ty = shared(argument);
            let pat =
                if patterns { immutable(&argument.pat) } else { self.plain_name(index, argument).into_token_stream() };
            quote!(#pat: #ty)
        });
        let (vis, (params, _, clause)) = (&self.model.subject.function.vis, generics.split_for_impl());
        quote!(#vis fn #name #params (#receiver #(#inputs),*) #output #clause)
    }

    /// A function with the signature of the cached one that calls it through a method of the site.
    fn around(&self, method: &str, name: &Ident) -> TokenStream {
        let at = Span::mixed_site();
        let subject = self.model.subject;
        let original = &subject.function.sig;
        let turbofish = scope::turbofish(&original.generics);
        let receiver = original.receiver().map(|receiver| {
            let token = receiver.self_token;
            quote!(#token,)
        });
        let names = subject.arguments.list.iter().enumerate().map(|(index, argument)| self.plain_name(index, argument));
        let ident = &original.ident;
        let path = if self.model.is_free() { quote!(#ident) } else { quote!(Self::#ident) };
        let call = quote_spanned!(at=> #path #turbofish(#receiver #(#names),*));
        let call =
            if matches!(original.safety, Safety::Unsafe(_)) { quote_spanned!(at=> unsafe { #call }) } else { call };
        let site = &self.names.site;
        let (method, argument, wait) = if subject.flow.is_async() {
            let pinned = quote_spanned!(at=> ::core::pin::pin!(#call));
            (format_ident!("{method}_async", span = at), pinned, quote_spanned!(at=> .await))
        } else {
            (Ident::new(method, at), quote_spanned!(at=> move || #call), TokenStream::new())
        };
        let (vis, sig) = (&subject.function.vis, self.signature(name));
        match self.works {
            Works::Yes => quote_spanned!(at=> #vis #sig { Self::#site().#method(#argument) #wait }),
            Works::No => quote_spanned!(at=> #vis #sig { #call #wait }),
        }
    }

    fn signature(&self, name: &Ident) -> Signature {
        let subject = self.model.subject;
        let mut sig = subject.function.sig.clone();
        sig.ident = name.clone();
        sig.abi = None;
        let mut index = 0;
        for input in &mut sig.inputs {
            match input {
                FnArg::Receiver(receiver) => {
                    receiver.attrs.clear();
                    receiver.mutability = None;
                }
                FnArg::Typed(arg) => {
                    arg.attrs.clear();
                    let name = self.plain_name(index, &subject.arguments.list[index]);
                    *arg.pat = Pat::Ident(PatIdent {
                        attrs: Vec::new(),
                        by_ref: None,
                        mutability: None,
                        ident: name,
                        subpat: None,
                    });
                    index += 1;
                }
            }
        }
        if subject.flow == Flow::Boxed {
            let output: &Type = &subject.output;
            sig.asyncness = Some(Token![async](sig.fn_token.span));
            sig.output = syn::parse_quote!(-> #output);
        }
        sig
    }

    /// The argument's own name, unless it has none, or one that hides the function.
    fn plain_name(&self, index: usize, argument: &Argument) -> Ident {
        match argument.simple_name() {
            Some(name) if *name != self.model.subject.function.sig.ident => name.clone(),
            _ => format_ident!("__arg{index}", span = Span::mixed_site()),
        }
    }
}

/// The type of an argument in a function that only reads: `&T` where the cached one takes `&mut T`.
fn shared(argument: &Argument) -> Type {
    let mut ty = argument.ty.clone();
    if argument.is_mutable_reference()
        && let Type::Reference(reference) = &mut ty
    {
        reference.mutability = None;
    }
    ty
}

/// The pattern without `mut`, for functions that only read.
fn immutable(pat: &Pat) -> TokenStream {
    let mut pat = pat.clone();
    each_binding(&mut pat, &mut |binding| {
        if binding.by_ref.is_none() {
            binding.mutability = None;
        }
    });
    pat.into_token_stream()
}
