//! What `#[invalidates]` makes of a function: note what will be gone, run the body, let it go.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Path, PathArguments};

use super::cache::{async_block, boxed, call_once, shape};
use super::{own, parts};
use crate::model::{ArgKind, Goal, Invalidates, TargetArg, mention_of_result};
use crate::signature::{Flow, find_impl_trait};

pub(super) fn expand(model: &Invalidates) -> TokenStream {
    let function = &model.subject.function;
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let body = Expansion::new(model).body();
    let body = if model.subject.flow == Flow::Boxed { boxed(&body) } else { body };
    quote!(#(#attrs)* #vis #sig { #body })
}

struct Expansion<'a> {
    model: &'a Invalidates,
    /// `.key(..)` and so on for what is known before the body runs.
    early: Vec<TokenStream>,
    /// The same for what takes the result to tell.
    late: Vec<TokenStream>,
    kept: parts::Kept,
    /// The `result` that `when` mentions, if it does.
    when_result: Option<Ident>,
    /// Whether there is a type to look for an error or a value in.
    has_shape: bool,
}

impl<'a> Expansion<'a> {
    fn new(model: &'a Invalidates) -> Self {
        let arguments = &model.subject.arguments;
        let mut kept = parts::Kept::default();
        let (late, early): (Vec<_>, Vec<_>) = model.goals.iter().partition(|goal| goal.uses_result(arguments));
        let early = early.into_iter().map(|goal| goal_call(goal, model, None)).collect();
        let late = late.into_iter().map(|goal| goal_call(goal, model, Some(&mut kept))).collect();
        let when_result = model.when.as_ref().and_then(|when| mention_of_result(when.to_token_stream(), arguments));
        let has_shape = !model.subject.returns_nothing() && find_impl_trait(&model.subject.output).is_none();
        Self { model, early, late, kept, when_result, has_shape }
    }

    fn body(&self) -> TokenStream {
        let at = Span::mixed_site();
        let when = self.early_when().map(|when| quote_spanned!(at=> let __when: bool = #when;));
        let pending = self.pending();
        let wait = self.wait();
        let before = self.model.before.then(|| quote_spanned!(at=> __pending.before() #wait;));
        let run = match self.model.subject.flow {
            Flow::Sync => call_once(&self.model.subject),
            Flow::Async => {
                let body = async_block(&self.model.subject);
                quote_spanned!(at=> #body.await)
            }
            Flow::Boxed => {
                let body = call_once(&self.model.subject);
                quote_spanned!(at=> #body.await)
            }
        };
        let after = self.after();
        quote_spanned! {at=>
            #when
            #pending
            #before
            let __output = #run;
            #after
            __output
        }
    }

    /// `when`, if it can be decided before the body runs.
    fn early_when(&self) -> Option<TokenStream> {
        self.model.when.as_ref().filter(|_| self.when_result.is_none()).map(ToTokens::to_token_stream)
    }

    fn wait(&self) -> TokenStream {
        let at = Span::mixed_site();
        if self.model.subject.flow.is_async() { quote_spanned!(at=> .await) } else { quote_spanned!(at=> .wait()) }
    }

    /// What is known now becomes pending: it is carried out even if the body panics or is dropped, since nobody knows how far it came.
    fn pending(&self) -> TokenStream {
        let at = Span::mixed_site();
        let early = &self.early;
        let list = quote_spanned!(at=> ::cached_core::Invalidation::new() #(#early)*);
        let list = if self.early_when().is_some() {
            quote_spanned!(at=> if __when { #list } else { ::cached_core::Invalidation::new() })
        } else {
            list
        };
        let (names, values) = (&self.kept.names, &self.kept.values);
        let prelude = quote_spanned!(at=> use ::cached_core::__private::{self as __rt, via::*};);
        if names.is_empty() {
            quote_spanned!(at=> let mut __pending = { #prelude __rt::Pending::new(#list) };)
        } else {
            quote_spanned!(at=> let (mut __pending, #(#names),*) = { #prelude (__rt::Pending::new(#list), #(#values),*) };)
        }
    }

    /// What happens once the body has returned.
    fn after(&self) -> TokenStream {
        let at = Span::mixed_site();
        let wait = self.wait();
        let go = quote_spanned!(at=> __pending.run() #wait;);
        let late = self.late();
        let checks_ok = self.has_shape && !self.model.always;
        if !checks_ok && late.is_empty() && self.when_result.is_none() {
            return go;
        }
        let shape = shape(&self.model.subject);
        let go = match self.late_when() {
            Some(when) => quote_spanned!(at=> if #when { #late #go } else { __pending.disarm(); }),
            None => quote_spanned!(at=> #late #go),
        };
        let go = if checks_ok { quote_spanned!(at=> if __shape.is_ok(&__output) { #go } else { __pending.disarm(); }) } else { go };
        quote_spanned! {at=>
            {
                use ::cached_core::__private::{self as __rt, via::*};
                let __shape = #shape;
                #go
            }
        }
    }

    /// `when`, if it needs the result. Without a value inside, the doubt is decided for invalidating.
    fn late_when(&self) -> Option<TokenStream> {
        let (result, when) = (self.when_result.as_ref()?, self.model.when.as_ref()?);
        Some(quote_spanned! {Span::mixed_site()=>
            match __shape.value(&__output) {
                ::core::option::Option::Some(#result) => #when,
                ::core::option::Option::None => true,
            }
        })
    }

    /// Adds what is taken from the result.
    fn late(&self) -> TokenStream {
        if self.late.is_empty() {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let late = &self.late;
        let add = quote_spanned!(at=> __pending.add(::cached_core::Invalidation::new() #(#late)*););
        let add = if self.early_when().is_some() { quote_spanned!(at=> if __when { #add }) } else { add };
        quote_spanned!(at=> if let ::core::option::Option::Some(result) = __shape.value(&__output) { #add })
    }
}

/// One method call on an `Invalidation`. With `kept`, it is made after the body, and takes what it needs of the arguments there.
fn goal_call(goal: &Goal, model: &Invalidates, mut kept: Option<&mut parts::Kept>) -> TokenStream {
    let arguments = &model.subject.arguments;
    let mut text = |template| match kept.as_deref_mut() {
        Some(kept) => kept.render(template, arguments),
        None => parts::render(template, arguments),
    };
    let at = Span::mixed_site();
    match goal {
        Goal::Key(template) => {
            let text = text(template);
            quote_spanned!(at=> .key(#text))
        }
        Goal::Pattern(template) => {
            let text = text(template);
            quote_spanned!(at=> .matching(#text))
        }
        Goal::Tag(template) => {
            let text = text(template);
            quote_spanned!(at=> .tag(#text))
        }
        Goal::All(path) => {
            let function = companion(path, "all");
            quote_spanned!(at=> .target(#function()))
        }
        Goal::Target(path, args) => {
            let function = companion(path, "target");
            let args = args.iter().map(|arg| match kept.as_deref_mut().filter(|_| !arg.uses_result(arguments)) {
                Some(kept) => kept.keep(target_arg(arg)).into_token_stream(),
                None => target_arg_with_result(arg, model),
            });
            quote_spanned!(at=> .target(#function(#(#args),*)))
        }
    }
}

fn target_arg(arg: &TargetArg) -> TokenStream {
    let expr = &arg.expr;
    let at = own(syn::spanned::Spanned::span(expr));
    match arg.kind {
        ArgKind::Name => quote_spanned!(at=> ::core::clone::Clone::clone(&#expr)),
        ArgKind::MutableReference => quote_spanned!(at=> &*#expr),
        ArgKind::Written => expr.to_token_stream(),
    }
}

/// The argument, with `result` bound to the value if it mentions that. The name is the person's, the binding around it the macro's.
fn target_arg_with_result(arg: &TargetArg, model: &Invalidates) -> TokenStream {
    let written = target_arg(arg);
    match mention_of_result(arg.expr.to_token_stream(), &model.subject.arguments) {
        Some(name) => quote_spanned!(Span::mixed_site()=> { let #name = result; #written }),
        None => written,
    }
}

/// `users::find_user` -> `users::find_user::__target`; `Catalogue::price` -> `Catalogue::__price_target`. What comes before the name of
/// an associated function is a type, and types begin with a capital.
fn companion(path: &Path, what: &str) -> TokenStream {
    let mut path = path.clone();
    let Some(mut last) = path.segments.pop() else { return TokenStream::new() };
    let arguments = std::mem::replace(&mut last.arguments, PathArguments::None);
    let of_type = path.segments.last().is_some_and(|segment| segment.ident.unraw().to_string().starts_with(char::is_uppercase));
    if of_type {
        last.ident = format_ident!("__{}_{what}", last.ident.unraw(), span = last.ident.span());
        path.segments.push(last);
    } else {
        let span = last.ident.span();
        path.segments.push(last);
        path.segments.push(Ident::new(&format!("__{what}"), span).into());
    }
    if let Some(last) = path.segments.last_mut() {
        last.arguments = turbofish(arguments);
    }
    path.to_token_stream()
}

/// `find_user<T>` and `find_user::<T>` are the same in an attribute, but not in an expression.
fn turbofish(arguments: PathArguments) -> PathArguments {
    match arguments {
        PathArguments::AngleBracketed(mut arguments) => {
            arguments.colon2_token.get_or_insert_with(Default::default);
            PathArguments::AngleBracketed(arguments)
        }
        other => other,
    }
}
