//! Rules about `#[cache]`.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Type};

use super::backend::backend;
use super::function::{function, inside, is_future, shown};
use crate::args::{CacheArgs, Keyed, as_str, peel};
use crate::context::{Look, Place, is_certainly_associated};
use crate::diagnostics::{Errors, suggestion};
use crate::model::{Backend, Subject};
use crate::names::{first_input, mention_of_result};
use crate::scan::Surroundings;
use crate::signature::{Part, each_part, find_impl_trait, ungroup};
use crate::template::mentions_result;

/// Checks `#[cache]` against the function below it.
pub(crate) fn cache(args: &CacheArgs, subject: &Subject, look: Look, errors: &Errors) {
    function("cache", subject, errors);
    no_impl_trait_result(subject, errors);
    no_borrowed_result(subject, errors);
    no_conditional_arguments(subject, errors);
    backend(args, errors);
    key_or_skip(args, errors);
    skip_names_arguments(args, subject, errors);
    self_is_in_or_out(args, subject, errors);
    no_mutable_reference_in_default_key(args, subject, errors);
    null_ttl_needs_null(args, subject, errors);
    jitter_needs_ttl(args, errors);
    options_are_the_same_for_all_calls(args, subject, errors);
    when_comes_before(args, subject, errors);
    closures_have_their_parameters(args, subject, errors);
    result_exists(args, subject, errors);
    associated_if_it_shows(args, subject, errors);
    no_companion_in_traits(args, subject, look, errors);
}

/// The type of a stored value has to have a name.
fn no_impl_trait_result(subject: &Subject, errors: &Errors) {
    let Some(opaque) = find_impl_trait(&subject.output) else { return };
    // What is to be done about a future is said where it is found.
    if !opaque.bounds.iter().any(is_future) {
        errors.at(opaque, "a cached value needs a type with a name: return the type itself, such as `Vec<T>` for an iterator, or `Arc<dyn Trait>`");
    }
}

/// A cache outlives the call, so it can hold nothing that the call borrowed.
fn no_borrowed_result(subject: &Subject, errors: &Errors) {
    borrowed(&mut subject.output.clone(), errors);
}

fn borrowed(ty: &mut Type, errors: &Errors) {
    match ty {
        Type::Reference(reference) if reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") => {
            let owned = owned_form(reference);
            errors.at(ty, format!("a cached value outlives the call and cannot borrow from it: return {owned}"));
        }
        // What it is made of is said where it is found.
        Type::ImplTrait(_) => {}
        ty => each_part(ty, &mut |part| match part {
            Part::Type(ty) => borrowed(ty, errors),
            Part::Lifetime(lifetime) if lifetime.ident != "static" => {
                errors.at(&*lifetime, format!("a cached value outlives the call and cannot borrow from it: return an owned value instead of one with `{lifetime}`"));
            }
            // What functions and closures take and give back is not borrowed by them.
            Part::Lifetime(_) | Part::Called(_) => {}
        }),
    }
}

fn owned_form(ty: &syn::TypeReference) -> String {
    let target = shown(&ty.elem);
    match (target.as_str(), ungroup(&ty.elem)) {
        ("str", _) => "`String` or `Arc<str>`".to_owned(),
        (_, Type::Slice(slice)) => format!("`Vec<{0}>` or `Arc<[{0}]>`", shown(&slice.elem)),
        _ => format!("`{target}` or `Arc<{target}>`"),
    }
}

/// Whether such an argument exists is not known here, so the key could not name it.
fn no_conditional_arguments(subject: &Subject, errors: &Errors) {
    for argument in &subject.arguments.list {
        if let Some(cfg) = &argument.cfg {
            errors.at(cfg, "`#[cache]` cannot tell whether this argument is there; put the attribute on the whole function, once for each case");
        }
    }
}

/// `skip` takes arguments out of the default key; a template names those that are in.
fn key_or_skip(args: &CacheArgs, errors: &Errors) {
    if let (Some(_), Some(skip)) = (&args.key, &args.skip) {
        errors.at(&skip.key, "`skip` is for the default key; with `key`, leave the placeholder out instead");
    }
}

/// A name that is no argument's is a slip, and a skipped argument too few would be a needless miss.
fn skip_names_arguments(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let Some(skip) = &args.skip else { return };
    if skip.value.is_empty() {
        errors.at(&skip.key, "`skip` names nothing; write `skip(db)`, or leave it out");
    }
    let arguments = &subject.arguments;
    for (index, name) in skip.value.iter().enumerate() {
        let known = if name == "self" {
            arguments.receiver.is_some()
        } else {
            arguments.find(&name.unraw().to_string()).is_some()
        };
        if skip.value[..index].contains(name) {
            errors.at(name, format!("`{name}` is skipped twice; name it once"));
        } else if name == "result" && !known {
            errors.at(name, "the result is never in the key; skip arguments only");
        } else if !known {
            let names = arguments.names();
            let hint = suggestion(&name.to_string(), names.iter().map(String::as_str));
            errors.at(name, format!("no argument `{name}` to skip; {}{hint}", arguments.sentence()));
        }
    }
}

/// Whether two objects share entries is for a person to say: `self` is often a handle, and as often the very thing that is cached.
fn self_is_in_or_out(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let Some(receiver) = &subject.arguments.receiver else { return };
    let skipped = args.skip.as_ref().is_some_and(|skip| skip.value.iter().any(|name| name == "self"));
    if args.key.is_none() && !skipped && !args.incomplete {
        let name = subject.function.name();
        let argument = subject.arguments.list.iter().find_map(|argument| argument.names.first());
        let example = argument
            .map_or_else(|| format!("{name}:{{self.id}}"), |argument| format!("{name}:{{self.id}}:{{{argument}}}"));
        let message = format!(
            "say whether `self` is part of the key: `key = \"{example}\"` with the field that tells objects apart, or `skip(self)` if all share their entries"
        );
        errors.at(receiver, message);
    }
}

/// What a function changes cannot tell its calls apart.
fn no_mutable_reference_in_default_key(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    if args.key.is_some() {
        return;
    }
    for argument in &subject.arguments.list {
        let Type::Reference(reference) = ungroup(&argument.ty) else { continue };
        let skipped = |name: &Ident| args.skip.as_ref().is_some_and(|skip| skip.value.contains(name));
        if reference.mutability.is_none() || argument.names.iter().all(skipped) {
            continue;
        }
        let name = &argument.names[0];
        errors.at(&argument.ty, format!("a `&mut` argument is no part of a default key: write `skip({name})`, or a `key` that names what matters"));
    }
}

/// Only `None` is remembered for `null_ttl`. What a path names is for the compiler to know, so only types that are certain count.
fn null_ttl_needs_null(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let Some(null_ttl) = &args.null_ttl else { return };
    let output = inside(&subject.output, "Result");
    if is_never_null(output) {
        let message = format!(
            "`null_ttl` is how long `None` is remembered, and `{0}` is never `None`: remove it, or return `Option<{0}>`",
            shown(output)
        );
        errors.at(&null_ttl.key, message);
    }
}

fn is_never_null(ty: &Type) -> bool {
    const PLAIN: [&str; 19] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool",
        "char", "str", "String", "Vec",
    ];
    match ungroup(ty) {
        Type::Tuple(_) | Type::Array(_) | Type::Reference(_) => true,
        Type::Path(path) if path.qself.is_none() && path.path.segments.len() == 1 => {
            PLAIN.iter().any(|plain| path.path.segments[0].ident == plain)
        }
        _ => false,
    }
}

/// Jitter is a fraction of the time to live. That a shared backend lacks one is said already.
fn jitter_needs_ttl(args: &CacheArgs, errors: &Errors) {
    if let (Some(jitter), None) = (&args.jitter, &args.ttl)
        && !args.incomplete
        && !Backend::of(args).is_some_and(Backend::is_shared)
    {
        errors.at(&jitter.key, "`jitter` shortens the `ttl`, and there is none; add `ttl = 60`, or remove `jitter`");
    }
}

/// One cache serves all calls, so what it is made of cannot depend on one of them.
fn options_are_the_same_for_all_calls(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let options = [&args.ttl, &args.null_ttl, &args.l1_ttl, &args.capacity, &args.jitter, &args.version];
    for option in options.into_iter().flatten() {
        if let Some(name) = first_input(option.value.to_token_stream(), &subject.arguments) {
            let key = &option.key;
            errors
                .at(&name, format!("`{key}` is the same for all calls and cannot depend on `{name}`; use a constant"));
        }
    }
}

/// `when` decides before the call; what is decided by the result is `unless`.
fn when_comes_before(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let Some(when) = &args.when else { return };
    if matches!(peel(&when.value), Expr::Closure(_)) {
        errors.at(&when.value, "`when` is an expression over the arguments, such as `when = id != 0`; over the result there is `unless = |value| ..`, for what is not to be stored");
    } else if let Some(result) = mention_of_result(when.value.to_token_stream(), &subject.arguments) {
        errors.at(
            result,
            "`when` is decided before there is a `result`; write `unless = |result| ..` for what is not to be stored",
        );
    }
}

/// The closures get what the attribute's table says.
fn closures_have_their_parameters(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let closures =
        [(&args.unless, 1, "|value| value.is_empty()"), (&args.weight, 2, "|key, value| value.len() as u32")];
    for (argument, expected, example) in closures {
        let Some(Keyed { key, value }) = argument else { continue };
        match peel(value) {
            Expr::Closure(closure) if closure.inputs.len() != expected => {
                let parameters = if expected == 1 { "the value" } else { "the key's text and the value" };
                errors.at(value, format!("`{key}` gets {parameters}: write `{key} = {example}`"));
            }
            Expr::Closure(closure) if closure.asyncness.is_some() => {
                errors.at(
                    closure.asyncness,
                    format!("`{key}` is asked while the value is stored and cannot wait; write a plain closure"),
                );
            }
            Expr::Closure(_) | Expr::Path(_) => {}
            Expr::Lit(_) => errors.at(value, format!("`{key}` is a closure: write `{key} = {example}`")),
            other => {
                if mention_of_result(other.to_token_stream(), &subject.arguments).is_some() {
                    errors.at(value, format!("`{key}` is a closure over the result: write `{key} = |result| ..`"));
                } else if first_input(other.to_token_stream(), &subject.arguments).is_some() {
                    let instead = if expected == 1 {
                        "; over the arguments, write `when` with the condition negated"
                    } else {
                        ""
                    };
                    errors.at(value, format!("`{key}` is a closure: write `{key} = {example}`{instead}"));
                }
            }
        }
    }
}

/// A tag taken from the result needs a result to be taken from.
fn result_exists(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    if !subject.returns_nothing() {
        return;
    }
    let Some(Expr::Array(tags)) = args.tags.as_ref().map(|tags| peel(&tags.value)) else { return };
    for tag in tags.elems.iter().filter_map(as_str) {
        if mentions_result(tag, &subject.arguments) {
            errors.at(tag, "this function returns nothing, so there is no `result`; use arguments");
        }
    }
}

/// `associated` is for what cannot be seen; what can be seen, it cannot deny.
fn associated_if_it_shows(args: &CacheArgs, subject: &Subject, errors: &Errors) {
    let denied = args.associated.as_ref().filter(|associated| !associated.value);
    if let Some(denied) = denied.filter(|_| is_certainly_associated(&subject.function)) {
        errors.at(
            &denied.key,
            "this function has a receiver or names `Self`, so it is associated; remove `associated = false`",
        );
    }
}

/// The siblings that `companion` asks for would be no items of the trait.
fn no_companion_in_traits(args: &CacheArgs, subject: &Subject, look: Look, errors: &Errors) {
    let Some(companion) = args.companion.as_ref().filter(|companion| companion.value) else { return };
    if subject.place == Place::Associated && look(&subject.function) == Some(Surroundings::OfTrait) {
        let message = "a trait has no room for a `companion`; put the attribute on an inherent method that this one calls, or remove `companion`";
        errors.at(&companion.key, message);
    }
}
