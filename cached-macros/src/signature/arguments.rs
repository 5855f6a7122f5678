//! What a function is called with, and the names that its patterns bind.

use syn::ext::IdentExt;
use syn::{Attribute, FnArg, Ident, Pat, PatIdent, Receiver, Signature, Type};

use super::ungroup;

/// One argument that is not the receiver.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Argument {
    /// The names that its pattern binds.
    pub(crate) names: Vec<Ident>,
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    pub(crate) cfg: Option<Attribute>,
}

impl Argument {
    fn new(arg: &syn::PatType) -> Self {
        let mut names = Vec::new();
        let mut pat = (*arg.pat).clone();
        match &mut pat {
            // At the top a lone name is the argument's, whatever its case; deeper, `None` and its like are constants.
            Pat::Ident(PatIdent { ident, .. }) => names.push(ident.clone()),
            pat => each_binding(pat, &mut |binding| {
                if !may_be_constant(binding) && !names.contains(&binding.ident) {
                    names.push(binding.ident.clone());
                }
            }),
        }
        let cfg = arg.attrs.iter().find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"));
        Self { names, pat, ty: (*arg.ty).clone(), cfg: cfg.cloned() }
    }

    /// The name, if the pattern is nothing else.
    pub(crate) fn simple_name(&self) -> Option<&Ident> {
        match &self.pat {
            Pat::Ident(PatIdent { ident, subpat: None, .. }) => Some(ident),
            _ => None,
        }
    }

    pub(crate) fn is_mutable_reference(&self) -> bool {
        matches!(ungroup(&self.ty), Type::Reference(reference) if reference.mutability.is_some())
            && self.simple_name().is_some()
    }
}

fn may_be_constant(binding: &PatIdent) -> bool {
    binding.by_ref.is_none()
        && binding.mutability.is_none()
        && binding.subpat.is_none()
        && binding.ident.unraw().to_string().starts_with(char::is_uppercase)
}

/// Visits the names in a pattern: variables, and constants that look like them.
pub(crate) fn each_binding(pat: &mut Pat, visit: &mut dyn FnMut(&mut PatIdent)) {
    let mut each = |pat: &mut Pat| each_binding(pat, visit);
    match pat {
        Pat::Ident(binding) => {
            visit(binding);
            if let Some((_, pat)) = &mut binding.subpat {
                each_binding(pat, visit);
            }
        }
        Pat::Guard(guard) => each(&mut guard.pat),
        Pat::Or(or) => or.cases.iter_mut().for_each(each),
        Pat::Paren(paren) => each(&mut paren.pat),
        Pat::Reference(reference) => each(&mut reference.pat),
        Pat::Slice(slice) => slice.elems.iter_mut().for_each(each),
        Pat::Struct(fields) => fields.fields.iter_mut().for_each(|field| each(&mut field.pat)),
        Pat::Tuple(tuple) => tuple.elems.iter_mut().for_each(each),
        Pat::TupleStruct(tuple) => tuple.elems.iter_mut().for_each(each),
        Pat::Type(typed) => each(&mut typed.pat),
        _ => {}
    }
}

/// All arguments of a function.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Arguments {
    pub(crate) receiver: Option<Receiver>,
    pub(crate) list: Vec<Argument>,
}

impl Arguments {
    pub(crate) fn of(sig: &Signature) -> Self {
        let list = sig.inputs.iter().filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(arg) => Some(Argument::new(arg)),
        });
        Self { receiver: sig.receiver().cloned(), list: list.collect() }
    }

    /// The argument that binds `name`, and the name as it is declared.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &Ident)> {
        self.list.iter().enumerate().find_map(|(index, argument)| {
            argument.names.iter().find(|bound| bound.unraw() == name).map(|bound| (index, bound))
        })
    }

    /// All names, `self` first, for messages.
    pub(crate) fn names(&self) -> Vec<String> {
        let receiver = self.receiver.iter().map(|_| "self".to_owned());
        receiver
            .chain(self.list.iter().flat_map(|argument| &argument.names).map(|name| name.unraw().to_string()))
            .collect()
    }

    /// Which arguments there are, for messages.
    pub(crate) fn sentence(&self) -> String {
        let names = self.names();
        if names.is_empty() {
            "this function has no arguments".to_owned()
        } else {
            format!("this function has {}", crate::diagnostics::list(&names))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_bind_names_but_constants_do_not() {
        let sig: Signature = syn::parse_quote!(fn f(&self, a: u8, (b, _): (u8, u8), Point { x, y: Some(c), z: None, .. }: Point, _: u8, whole @ [first, &(ref mid), ..]: [u8; 9]));
        assert_eq!(Arguments::of(&sig).names(), ["self", "a", "b", "x", "c", "whole"]);
        let sig: Signature = syn::parse_quote!(fn f(&(ref a, (Ok(b) | Err(b)), [c, rest @ .., X, mut Y]): T));
        assert_eq!(Arguments::of(&sig).names(), ["a", "b", "c", "rest", "Y"]);
    }
}
