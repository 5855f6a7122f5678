//! How the body runs, and what type comes out of it in the end.

use proc_macro2::Span;
use syn::{GenericArgument, Path, PathArguments, ReturnType, Signature, Type, TypeParamBound, token};

/// How the body runs.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Flow {
    /// `fn`
    Sync,
    /// `async fn`
    Async,
    /// `fn` that returns a boxed future, as `#[async_trait]` makes them.
    Boxed,
}

impl Flow {
    /// The flow, and the type that the caller gets in the end.
    pub(crate) fn of(sig: &Signature) -> (Self, Type) {
        let ty = match &sig.output {
            ReturnType::Default => {
                return (if sig.asyncness.is_some() { Self::Async } else { Self::Sync }, unit(sig.ident.span()));
            }
            ReturnType::Type(_, ty) => ungroup(ty),
        };
        if sig.asyncness.is_some() {
            return (Self::Async, ty.clone());
        }
        boxed_output(ty).map_or_else(|| (Self::Sync, ty.clone()), |output| (Self::Boxed, output))
    }

    pub(crate) fn is_async(self) -> bool {
        self != Self::Sync
    }
}

fn unit(span: Span) -> Type {
    Type::Tuple(syn::TypeTuple {
        attrs: Vec::new(),
        paren_token: token::Paren(span),
        elems: syn::punctuated::Punctuated::new(),
    })
}

/// A type without the invisible groups of `macro_rules!` and without needless parentheses.
pub(crate) fn ungroup(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => ungroup(&group.elem),
        Type::Paren(paren) => ungroup(&paren.elem),
        other => other,
    }
}

/// `R` of `Pin<Box<dyn Future<Output = R> + ..>>`, and of `BoxFuture<'_, R>`, which is an alias of that.
fn boxed_output(ty: &Type) -> Option<Type> {
    if let Some(argument) = argument_of(ty, &["BoxFuture", "LocalBoxFuture"]) {
        return Some(argument.clone());
    }
    let inner = ungroup(argument_of(argument_of(ty, &["Pin"])?, &["Box"])?);
    let Type::TraitObject(object) = inner else { return None };
    object.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => future_output(&bound.path),
        _ => None,
    })
}

/// The last type argument of a path type with one of these names.
pub(crate) fn argument_of<'a>(ty: &'a Type, names: &[&str]) -> Option<&'a Type> {
    let Type::Path(path) = ungroup(ty) else { return None };
    let segment = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    if !names.iter().any(|name| segment.ident == name) {
        return None;
    }
    arguments.args.iter().rev().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// `R` of `Future<Output = R>`.
pub(crate) fn future_output(path: &Path) -> Option<Type> {
    let segment = path.segments.last().filter(|segment| segment.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenStream;
    use quote::{ToTokens, quote};

    fn flow(tokens: TokenStream) -> (Flow, String) {
        let sig: Signature = syn::parse2(tokens).expect("a signature");
        let (flow, ty) = Flow::of(&sig);
        (flow, ty.to_token_stream().to_string())
    }

    #[test]
    fn flows_are_told_by_the_signature() {
        assert_eq!(flow(quote!(fn f() -> u8)), (Flow::Sync, "u8".to_owned()));
        assert_eq!(flow(quote!(async fn f())), (Flow::Async, "()".to_owned()));
        assert_eq!(
            flow(quote!(fn f() -> Pin<Box<dyn Future<Output = u8> + Send + 'a>>)),
            (Flow::Boxed, "u8".to_owned())
        );
        assert_eq!(
            flow(quote!(fn f() -> futures::future::BoxFuture<'static, Option<u8>>)),
            (Flow::Boxed, "Option < u8 >".to_owned())
        );
        assert_eq!(flow(quote!(fn f() -> Box<dyn Future<Output = u8>>)).0, Flow::Sync);
    }
}
