//! What types are made of.

use syn::punctuated::Punctuated;
use syn::{GenericArgument, Lifetime, Path, PathArguments, ReturnType, Token, Type, TypeImplTrait, TypeParamBound};

/// What stands directly inside of a type.
pub(crate) enum Part<'a> {
    Type(&'a mut Type),
    /// What a function or a closure takes or gives back.
    Called(&'a mut Type),
    Lifetime(&'a mut Lifetime),
}

/// Visits what stands directly inside of a type. Lengths of arrays and arguments that are constants are left out.
pub(crate) fn each_part(ty: &mut Type, visit: &mut dyn FnMut(Part<'_>)) {
    match ty {
        Type::Array(array) => visit(Part::Type(&mut array.elem)),
        Type::FnPtr(function) => {
            function.inputs.iter_mut().for_each(|input| visit(Part::Called(&mut input.ty)));
            result(&mut function.output, visit);
        }
        Type::Group(group) => visit(Part::Type(&mut group.elem)),
        Type::ImplTrait(opaque) => bounds(&mut opaque.bounds, visit),
        Type::Paren(paren) => visit(Part::Type(&mut paren.elem)),
        Type::Path(named) => {
            if let Some(qself) = &mut named.qself {
                visit(Part::Type(&mut qself.ty));
            }
            path(&mut named.path, visit);
        }
        Type::Ptr(pointer) => visit(Part::Type(&mut pointer.elem)),
        Type::Reference(reference) => {
            reference.lifetime.iter_mut().for_each(|lifetime| visit(Part::Lifetime(lifetime)));
            visit(Part::Type(&mut reference.elem));
        }
        Type::Slice(slice) => visit(Part::Type(&mut slice.elem)),
        Type::TraitObject(object) => bounds(&mut object.bounds, visit),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(|elem| visit(Part::Type(elem))),
        _ => {}
    }
}

fn path(path: &mut Path, visit: &mut dyn FnMut(Part<'_>)) {
    for segment in &mut path.segments {
        match &mut segment.arguments {
            PathArguments::None => {}
            PathArguments::AngleBracketed(arguments) => {
                for argument in &mut arguments.args {
                    match argument {
                        GenericArgument::Lifetime(lifetime) => visit(Part::Lifetime(lifetime)),
                        GenericArgument::Type(ty) => visit(Part::Type(ty)),
                        GenericArgument::AssocType(assoc) => visit(Part::Type(&mut assoc.ty)),
                        GenericArgument::Constraint(constraint) => bounds(&mut constraint.bounds, visit),
                        _ => {}
                    }
                }
            }
            PathArguments::Parenthesized(arguments) => {
                arguments.inputs.iter_mut().for_each(|input| visit(Part::Called(&mut input.ty)));
                result(&mut arguments.output, visit);
            }
        }
    }
}

fn bounds(bounds: &mut Punctuated<TypeParamBound, Token![+]>, visit: &mut dyn FnMut(Part<'_>)) {
    for bound in bounds {
        match bound {
            TypeParamBound::Trait(bound) => path(&mut bound.path, visit),
            TypeParamBound::Lifetime(lifetime) => visit(Part::Lifetime(lifetime)),
            _ => {}
        }
    }
}

fn result(output: &mut ReturnType, visit: &mut dyn FnMut(Part<'_>)) {
    if let ReturnType::Type(_, ty) = output {
        visit(Part::Called(ty));
    }
}

/// The first `impl Trait` in a type.
pub(crate) fn find_impl_trait(ty: &Type) -> Option<TypeImplTrait> {
    fn find(ty: &mut Type, found: &mut Option<TypeImplTrait>) {
        match ty {
            _ if found.is_some() => {}
            Type::ImplTrait(opaque) => *found = Some(opaque.clone()),
            ty => each_part(ty, &mut |part| {
                if let Part::Type(ty) | Part::Called(ty) = part {
                    find(ty, found);
                }
            }),
        }
    }
    let mut found = None;
    find(&mut ty.clone(), &mut found);
    found
}

/// The type with `_` for each `impl Trait`: what can be said about it inside the body.
pub(crate) fn infer_impl_trait(ty: &Type) -> Type {
    fn infer(ty: &mut Type) {
        if let Type::ImplTrait(found) = ty {
            let underscore_token = Token![_](found.impl_token.span);
            *ty = Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token });
            return;
        }
        each_part(ty, &mut |part| {
            if let Part::Type(ty) | Part::Called(ty) = part {
                infer(ty);
            }
        });
    }
    let mut ty = ty.clone();
    infer(&mut ty);
    ty
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;
    use syn::parse_quote;

    #[test]
    fn impl_trait_is_found_and_inferred_wherever_it_stands() {
        let cases: [(Type, &str); 9] = [
            (parse_quote!(impl A), "_"),
            (parse_quote!((u8, [impl A; 2], &'a [impl A])), "(u8 , [_ ; 2] , & 'a [_])"),
            (parse_quote!(a::B<'a, impl A>::C<impl A>), "a :: B < 'a , _ > :: C < _ >"),
            (parse_quote!(<(impl A) as B<impl C>>::D), "< (_) as B < _ > > :: D"),
            (parse_quote!(Box<dyn A<Item = impl B> + 'a>), "Box < dyn A < Item = _ > + 'a >"),
            (parse_quote!(dyn A<Item: B<impl C>>), "dyn A < Item : B < _ > >"),
            (parse_quote!(dyn Fn(impl A) -> impl B), "dyn Fn (_) -> _"),
            (parse_quote!(fn(impl A, *const impl B) -> impl C), "fn (_ , * const _) -> _"),
            (parse_quote!(Option<Result<impl A, ()>>), "Option < Result < _ , () > >"),
        ];
        for (ty, inferred) in cases {
            assert!(find_impl_trait(&ty).is_some());
            assert_eq!(infer_impl_trait(&ty).to_token_stream().to_string(), inferred);
        }
        assert!(find_impl_trait(&parse_quote!(Vec<Box<dyn Fn(&u8) -> [u8; 3]>>)).is_none());
    }
}
