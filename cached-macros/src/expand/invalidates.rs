//! What `#[invalidates]` makes of a function: note what will be gone, run the body, let it go.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Path, PathArguments};

use super::cache::{async_block, boxed, call_once, outcome};
use super::{own, parts};
use crate::model::{ArgKind, Goal, Invalidates, TargetArg};
use crate::names::{mention_of_result, with_own_result};
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
    /// Whether `when` can be decided only then.
    when_uses_result: bool,
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
        let uses_result = |when: &syn::Expr| mention_of_result(when.to_token_stream(), arguments).is_some();
        let when_uses_result = model.when.as_ref().is_some_and(uses_result);
        let has_shape = !model.subject.returns_nothing() && find_impl_trait(&model.subject.output).is_none();
        Self { model, early, late, kept, when_uses_result, has_shape }
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
        }
    }

    /// `when`, if it can be decided before the body runs.
    fn early_when(&self) -> Option<TokenStream> {
        self.model.when.as_ref().filter(|_| !self.when_uses_result).map(ToTokens::to_token_stream)
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
        let late = self.late();
        let go = quote_spanned!(at=> #late __pending.run() #wait;);
        let checks_ok = self.has_shape && !self.model.always;
        let ok = checks_ok.then(|| quote_spanned!(at=> __shape.is_ok(&__output)));
        let conditions: Vec<_> = ok.into_iter().chain(self.late_when()).collect();
        if conditions.is_empty() && late.is_empty() {
            return quote_spanned!(at=> #go __output);
        }
        let shape = outcome(&self.model.subject);
        if checks_ok && self.model.subject.flow.is_async() {
            return self.after_awaiting(&shape, &conditions, &late);
        }
        let go = if conditions.is_empty() {
            go
        } else {
            quote_spanned!(at=> if #(#conditions)&&* { #go } else { __pending.disarm(); })
        };
        quote_spanned! {at=>
            {
                use ::cached_core::__private::{self as __rt, via::*};
                let __shape = #shape;
                #go
            }
            __output
        }
    }

    /// The same where there is something to await, and an error that should not be held meanwhile: it need not be `Send`.
    fn after_awaiting(&self, shape: &TokenStream, conditions: &[TokenStream], late: &TokenStream) -> TokenStream {
        let at = Span::mixed_site();
        // What was ever borrowed counts as held until its scope ends, moved or not; so it gets a scope of its own.
        let decided = (conditions.len() > 1 || !late.is_empty()).then(|| {
            quote_spanned! {at=>
                let __output = __output;
                if #(#conditions)&&* { #late } else { __pending.disarm(); }
            }
        });
        quote_spanned! {at=>
            use ::cached_core::__private::{self as __rt, via::*};
            let __shape = #shape;
            let __kept = {
                #decided
                match __shape.split(__output) {
                    ::core::result::Result::Ok(__kept) => __kept,
                    ::core::result::Result::Err(__output) => {
                        __pending.disarm();
                        return __output;
                    }
                }
            };
            __pending.run().await;
            __shape.join(__kept)
        }
    }

    /// `when`, if it needs the result. Without a value inside, the doubt is decided for invalidating.
    fn late_when(&self) -> Option<TokenStream> {
        let when = self.model.when.as_ref().filter(|_| self.when_uses_result)?;
        let when = with_own_result(when.to_token_stream(), &self.model.subject.arguments);
        Some(quote_spanned!(Span::mixed_site()=> __shape.value(&__output).is_none_or(|result| #when)))
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
            let function = companion(path, true);
            quote_spanned!(at=> .target(#function()))
        }
        Goal::Target(path, args) => {
            let function = companion(path, false);
            let args = args.iter().map(|arg| match kept.as_deref_mut().filter(|_| !arg.uses_result(arguments)) {
                Some(kept) => kept.keep(target_arg(arg)).into_token_stream(),
                None => with_own_result(target_arg(arg), arguments),
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

/// `users::find_user` -> `<users::find_user>::__target`; `Catalogue::price` -> `Catalogue::__price_companion`. What comes before the name
/// of an associated function is a type, and types begin with a capital. The brackets make the compiler look for a type, which is what the
/// companion is, and not for a module or a crate.
fn companion(path: &Path, all: bool) -> TokenStream {
    let mut path = path.clone();
    let Some(last) = path.segments.last_mut() else { return TokenStream::new() };
    let (name, at) = (last.ident.unraw(), last.ident.span());
    let arguments = turbofish(std::mem::replace(&mut last.arguments, PathArguments::None));
    let of_type = path.segments.iter().rev().nth(1);
    if of_type.is_some_and(|segment| segment.ident.unraw().to_string().starts_with(char::is_uppercase)) {
        let sibling = if all { format!("__{name}_companion_all") } else { format!("__{name}_companion") };
        path.segments.pop();
        let sibling = Ident::new(&sibling, at);
        quote_spanned!(at=> #path #sibling #arguments)
    } else {
        let function = Ident::new(if all { "__all" } else { "__target" }, at);
        quote_spanned!(at=> <#path>::#function #arguments)
    }
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
