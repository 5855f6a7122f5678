//! What `#[cache]` makes of a function: look up, run the body, store.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReturnType, Type};

use super::{companion, own, parts, scope};
use crate::duration::Time;
use crate::model::{Cache, Codec, Key, Lock, Policy, Subject};
use crate::signature::{Flow, infer_impl_trait};

pub(super) fn expand(model: &Cache<'_>) -> TokenStream {
    let function = function(model);
    let companion = if model.companion { companion::expand(model) } else { TokenStream::new() };
    quote!(#function #companion)
}

fn function(model: &Cache<'_>) -> TokenStream {
    let Subject { function, flow, .. } = model.subject;
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let entry = Entry::new(model);
    let at = Span::mixed_site();
    let look_up = look_up(model, &entry);
    let lead = lead(model.subject);
    let run = run(model.subject);
    let finish = finish(model, &entry);
    let body = quote_spanned! {at=>
        #look_up
        #lead
        let __output = #run;
        #finish
    };
    let body = if *flow == Flow::Boxed { boxed(&body) } else { body };
    quote!(#(#attrs)* #vis #sig { #body })
}

/// The body of a function that returns a boxed future.
pub(super) fn boxed(body: &TokenStream) -> TokenStream {
    quote_spanned!(Span::mixed_site()=> ::std::boxed::Box::pin(async move { #body }))
}

/// `let __begun = ..`: returns from the function if there is a value.
fn look_up(model: &Cache<'_>, entry: &Entry) -> TokenStream {
    let at = Span::mixed_site();
    let (site, local) = site(model);
    let shared = companion::generics(model);
    let carriers = if shared.is_some() { TokenStream::new() } else { scope::carriers(model.subject) };
    let parts = parts::key(model);
    let scope = scope::scope(model.subject, shared.as_ref());
    let nameless = scope::nameless(model.subject);
    let when = model.when.as_ref().map(|when| quote_spanned!(at=> .when(#when)));
    let shape = shape(model);
    let options = options(model);
    let tags = argument_tags(model);
    let found = quote_spanned! {at=>
        let __found = #site.call(#parts) #scope #nameless #when .begin(#shape, || #options, #tags);
        match __found {
            ::core::result::Result::Ok(__output) => return __output,
            ::core::result::Result::Err(__begun) => __begun,
        }
    };
    let prelude = quote_spanned! {at=>
        use ::cached_core::__private::{self as __rt, via::*};
        #local
        #carriers
    };
    let (names, values) = (&entry.kept.names, &entry.kept.values);
    if names.is_empty() {
        // A block of its own: what the placeholders made on the way (a lock guard, say) is gone before anything is waited for.
        return quote_spanned!(at=> let __begun = { #prelude #found };);
    }
    quote_spanned! {at=>
        let (__begun, #(#names),*) = {
            #prelude
            let __begun = { #found };
            (__begun, #(#values),*)
        };
    }
}

/// `let mut __flight = ..`: waits for whoever loads already, returns what that brings, or leads the load.
fn lead(subject: &Subject) -> TokenStream {
    let at = Span::mixed_site();
    let wait = if subject.flow.is_async() { quote_spanned!(at=> .await) } else { quote_spanned!(at=> .wait()) };
    quote_spanned! {at=>
        let mut __flight = match __begun #wait {
            ::cached_core::__private::Lookup::Found(__output) => return __output,
            ::cached_core::__private::Lookup::Lead(__flight) => __flight,
        };
    }
}

/// Stores what the body returned, and returns it.
fn finish(model: &Cache<'_>, entry: &Entry) -> TokenStream {
    let at = Span::mixed_site();
    let store = &entry.closure;
    if model.codec.is_none() || !model.subject.flow.is_async() {
        return quote_spanned!(at=> __flight.finish(__output, #store));
    }
    // An error need not be `Send`, and is not to be held while the store is awaited. What was ever matched on counts as held until
    // its scope ends; so the value is taken out before.
    let shape = outcome(model.subject);
    quote_spanned! {at=>
        let (__output, __stored) = __flight.finish_shared(__output, #store);
        {
            use ::cached_core::__private::{self as __rt, via::*};
            let __shape = #shape;
            let __kept = match __shape.split(__output) {
                ::core::result::Result::Ok(__kept) => __kept,
                ::core::result::Result::Err(__output) => return __output,
            };
            __stored.await;
            __shape.join(__kept)
        }
    }
}

/// How the function reaches its site, and the declaration if that is inside the body.
fn site(model: &Cache<'_>) -> (TokenStream, TokenStream) {
    let at = Span::mixed_site();
    match (model.companion, model.is_free()) {
        (true, true) => {
            let name = &model.subject.function.sig.ident;
            (quote_spanned!(at=> #name::__site()), TokenStream::new())
        }
        (true, false) => {
            let site = companion::sibling(model, "__", "_site");
            (quote_spanned!(at=> Self::#site()), TokenStream::new())
        }
        (false, _) => (quote_spanned!(at=> __SITE), site_static(model)),
    }
}

/// The one static of a cached function: what is known about it before any call.
pub(super) fn site_static(model: &Cache<'_>) -> TokenStream {
    let name = Literal::string(&model.subject.function.name());
    let (template, default_key) = match &model.key {
        Key::Template(template) => (parts::template(template), false),
        Key::Default(names) => (parts::default_template(names.len()), true),
    };
    let backend = Literal::string(&model.backend);
    let is_async = model.subject.flow.is_async();
    quote_spanned! {Span::mixed_site()=>
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: #name,
            template: #template,
            default_key: #default_key,
            backend: #backend,
            is_async: #is_async,
        });
    }
}

/// `(&&&&&&__rt::Returns::<R>::NEW).shape()`: the return type chooses what is stored. Errors about it point at that type, and so do those about
/// a value that no codec can write.
fn shape(model: &Cache<'_>) -> TokenStream {
    let output = &model.subject.output;
    let at = own(output.span());
    let shape = quote_spanned!(at=> (&&&&&&__rt::Returns::<#output>::NEW).shape());
    let Some(codec) = model.codec else { return shape };
    let codec = Ident::new(
        match codec {
            Codec::Msgpack => "Msgpack",
            Codec::Json => "Json",
            Codec::Postcard => "Postcard",
        },
        at,
    );
    quote_spanned!(at=> (&__rt::ToShared::<__rt::#codec, _>::of(#shape)).__encoded())
}

/// The same where nothing is stored, and so nothing asked of the type.
pub(super) fn outcome(subject: &Subject) -> TokenStream {
    let output = &subject.output;
    let at = own(output.span());
    quote_spanned!(at=> (&&&&__rt::Returns::<#output>::NEW).outcome())
}

fn options(model: &Cache<'_>) -> TokenStream {
    let at = Span::mixed_site();
    let ttl = model.ttl.as_ref().map(|ttl| {
        let ttl = duration(ttl);
        quote_spanned!(at=> .ttl(#ttl))
    });
    let null_ttl = model.null_ttl.as_ref().map(|ttl| {
        let ttl = duration(ttl);
        quote_spanned!(at=> .null_ttl(#ttl))
    });
    let l1_ttl = model.l1_ttl.as_ref().map(|ttl| {
        let ttl = duration(ttl);
        quote_spanned!(at=> .l1_ttl(#ttl))
    });
    let capacity = model.capacity.as_ref().map(|capacity| quote_spanned!(at=> .capacity(#capacity)));
    let policy = model.policy.map(|policy| {
        let name = Ident::new(if policy == Policy::Lru { "Lru" } else { "Adaptive" }, at);
        quote_spanned!(at=> .policy(::cached_core::Policy::#name))
    });
    let jitter = model.jitter.as_ref().map(|jitter| {
        let jitter = fraction(jitter);
        quote_spanned!(at=> .jitter(#jitter))
    });
    let version = model.version.as_ref().map(|version| quote_spanned!(at=> .version(#version)));
    let lock = lock(model);
    let tagged = (!model.tags.is_empty()).then(|| quote_spanned!(at=> .tagged()));
    // Memory need not know it beforehand.
    let of_result = model.codec.is_some() && model.tags.iter().any(|tag| tag.uses().result);
    let result_tags = of_result.then(|| quote_spanned!(at=> .result_tags()));
    let weighted = model.weight.as_ref().map(|_| quote_spanned!(at=> .weighted()));
    quote_spanned! {at=>
        __rt::Options::new() #ttl #null_ttl #l1_ttl #capacity #policy #jitter #version #lock #tagged
            #result_tags #weighted
    }
}

/// In memory there is only one's own process to share a load with.
fn lock(model: &Cache<'_>) -> Option<TokenStream> {
    let at = Span::mixed_site();
    let lock = model.lock?;
    if model.codec.is_none() {
        return (lock == Lock::None).then(|| quote_spanned!(at=> .single_flight(false)));
    }
    let name = Ident::new(
        match lock {
            Lock::Process => "Process",
            Lock::Cluster => "Cluster",
            Lock::None => "None",
        },
        at,
    );
    Some(quote_spanned!(at=> .lock(__rt::Lock::#name)))
}

fn duration(time: &Time) -> TokenStream {
    match time {
        Time::Known { seconds, nanoseconds } => {
            let (seconds, nanoseconds) = (Literal::u64_unsuffixed(*seconds), Literal::u32_unsuffixed(*nanoseconds));
            quote_spanned!(Span::mixed_site()=> ::core::time::Duration::new(#seconds, #nanoseconds))
        }
        Time::Computed(expr) => expr.to_token_stream(),
    }
}

/// `0` is a fraction to people and an integer to the compiler.
fn fraction(expr: &syn::Expr) -> TokenStream {
    match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) if number.suffix().is_empty() => {
            let mut literal = Literal::f64_unsuffixed(number.base10_parse().unwrap_or_default());
            literal.set_span(number.span());
            literal.into_token_stream()
        }
        other => other.to_token_stream(),
    }
}

/// The closure that gives an entry the tags that follow from the arguments.
fn argument_tags(model: &Cache<'_>) -> TokenStream {
    let at = Span::mixed_site();
    let texts: Vec<_> = model
        .tags
        .iter()
        .filter(|tag| !tag.uses().result)
        .map(|tag| parts::render(tag, &model.subject.arguments))
        .collect();
    match texts.as_slice() {
        [] => quote_spanned!(at=> |_| {}),
        texts => quote_spanned!(at=> |__tags| { #(__tags.add(#texts);)* }),
    }
}

/// What is decided about an entry once its value is there.
struct Entry {
    closure: TokenStream,
    /// What the closure uses of the arguments.
    kept: parts::Kept,
}

impl Entry {
    fn new(model: &Cache<'_>) -> Self {
        let at = Span::mixed_site();
        let mut kept = parts::Kept::default();
        let unless = model.unless.as_ref().map(|unless| quote_spanned!(at=> __entry.unless(#unless);));
        let weight = model.weight.as_ref().map(|weight| quote_spanned!(at=> __entry.weight(#weight);));
        let texts: Vec<_> = model
            .tags
            .iter()
            .filter(|tag| tag.uses().result)
            .map(|tag| kept.render(tag, &model.subject.arguments))
            .collect();
        let tags = (!texts.is_empty()).then(|| {
            quote_spanned! {at=>
                use ::cached_core::__private::{self as __rt, via::*};
                let result = __entry.value();
                #(__entry.tag(#texts);)*
            }
        });
        let closure = if unless.is_none() && weight.is_none() && tags.is_none() {
            quote_spanned!(at=> |_| {})
        } else {
            quote_spanned!(at=> |__entry| { #unless #weight #tags })
        };
        Self { closure, kept }
    }
}

/// The call of the body by the flight, which is to know when it begins and ends.
fn run(subject: &Subject) -> TokenStream {
    let at = Span::mixed_site();
    let future = match subject.flow {
        Flow::Sync => {
            let body = closure(subject);
            return quote_spanned!(at=> __flight.run(#body));
        }
        Flow::Async => async_block(subject),
        Flow::Boxed => call_once(subject),
    };
    quote_spanned!(at=> __flight.run_async(::core::pin::pin!(#future)).await)
}

/// The body as a closure, called. Called directly, a closure that gives out something of a `&mut` it owns would not compile: only where
/// `FnOnce` is asked for does the compiler see that nothing else can use that reference afterwards.
pub(super) fn call_once(subject: &Subject) -> TokenStream {
    let body = closure(subject);
    quote_spanned! {Span::mixed_site()=>
        {
            fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
                __body()
            }
            __call(#body)
        }
    }
}

/// `move || -> R { body }`
fn closure(subject: &Subject) -> TokenStream {
    let body = block(subject, TokenStream::new());
    let output = match &subject.function.sig.output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(arrow, ty) => {
            let ty = infer_impl_trait(ty);
            quote!(#arrow #ty)
        }
    };
    quote_spanned!(Span::mixed_site()=> move || #output #body)
}

/// `async move { body }`. A `return` that is never reached tells the block what it is to return, as a signature would; without it,
/// errors would be about the block instead of the line that is wrong.
pub(super) fn async_block(subject: &Subject) -> TokenStream {
    let edge = match &subject.function.sig.output {
        ReturnType::Default => TokenStream::new(),
        ReturnType::Type(_, ty) => edge(ty),
    };
    let body = block(subject, edge);
    quote_spanned!(Span::mixed_site()=> async move #body)
}

fn edge(ty: &Type) -> TokenStream {
    let ty = infer_impl_trait(ty);
    quote_spanned! {own(ty.span())=>
        if let ::core::option::Option::Some(__edge) = ::core::option::Option::None::<#ty> {
            return __edge;
        }
    }
}

/// The body between its own braces, with something before it.
fn block(subject: &Subject, before: TokenStream) -> TokenStream {
    let mut tokens = before;
    tokens.extend(subject.function.body.clone());
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(subject.function.brace.span.join());
    group.into_token_stream()
}
