//! Rules about the function, for both attributes.

use syn::{GenericArgument, PathArguments, ReturnType, Type, TypeParamBound};

use crate::diagnostics::Errors;
use crate::model::Subject;
use crate::signature::{Flow, argument_of, future_output, ungroup};

pub(super) fn function(attribute: &str, subject: &Subject, errors: &Errors) {
    no_const_function(attribute, subject, errors);
    no_variadic_function(attribute, subject, errors);
    something_is_returned(attribute, subject, errors);
    no_bare_future(attribute, subject, errors);
}

/// A constant is computed while compiling, when there is no cache.
fn no_const_function(attribute: &str, subject: &Subject, errors: &Errors) {
    if let Some(constness) = &subject.function.sig.constness {
        errors.at(constness, format!("a `const fn` cannot use a cache; remove `const`, or `#[{attribute}]`"));
    }
}

/// Variadic arguments have no names to pass on.
fn no_variadic_function(attribute: &str, subject: &Subject, errors: &Errors) {
    if let Some(variadic) = &subject.function.sig.variadic {
        errors.at(variadic, format!("`#[{attribute}]` does not support variadic functions"));
    }
}

/// What never returns leaves nothing to do after it.
fn something_is_returned(attribute: &str, subject: &Subject, errors: &Errors) {
    if matches!(ungroup(&subject.output), Type::Never(_)) {
        errors.at(&subject.output, format!("this function never returns; remove `#[{attribute}]`"));
    }
}

/// A future that is returned bare, or in a `Box` without `Pin`, would itself be what the function returns, and not what comes out of it.
fn no_bare_future(attribute: &str, subject: &Subject, errors: &Errors) {
    let (Flow::Sync, ReturnType::Type(_, ty)) = (subject.flow, &subject.function.sig.output) else { return };
    let inside = argument_of(ty, &["Box"]).unwrap_or(ty);
    let bounds = match ungroup(inside) {
        Type::ImplTrait(opaque) => &opaque.bounds,
        Type::TraitObject(object) => &object.bounds,
        _ => return,
    };
    if !bounds.iter().any(is_future) {
        return;
    }
    let output = bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => future_output(&bound.path),
        _ => None,
    });
    let output = output.map_or_else(|| "T".to_owned(), |output| shown(&output));
    let name = &subject.function.sig.ident;
    let message = format!(
        "`#[{attribute}]` has to await the future: write `async fn {name}(..) -> {output}`, or return `Pin<Box<dyn Future<Output = {output}> + Send>>`"
    );
    errors.at(ty, message);
}

pub(super) fn is_future(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|segment| segment.ident == "Future"))
}

/// The first type argument of what is called `name`, or else the type itself.
pub(super) fn inside<'a>(ty: &'a Type, name: &str) -> &'a Type {
    let Type::Path(path) = ungroup(ty) else { return ty };
    let Some(segment) = path.path.segments.last().filter(|segment| segment.ident == name) else { return ty };
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return ty };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.next().unwrap_or(ty)
}

/// A type as a person would write it, for messages.
pub(super) fn shown(ty: &Type) -> String {
    let mut text = quote::ToTokens::to_token_stream(ty).to_string();
    for (wide, narrow) in
        [(" < ", "<"), (" >", ">"), ("< ", "<"), (" :: ", "::"), (" ,", ","), ("& ", "&"), (" <", "<")]
    {
        text = text.replace(wide, narrow);
    }
    text
}
