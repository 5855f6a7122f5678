//! The annotated function: what stands in its signature, and its body as raw tokens.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit::{self, Visit};
use syn::{
    AttrStyle, Attribute, FnArg, GenericArgument, Ident, Pat, PatIdent, Path, PathArguments, Receiver, ReturnType, Signature, Token, Type,
    TypeParamBound, Visibility, braced, token,
};

/// A function with a body. The body is never parsed: it goes where it came from, token by token.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) brace: token::Brace,
    pub(crate) body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        let content;
        let brace = braced!(content in input);
        // Inner attributes belong to the function; its body is about to become a block inside it.
        let inner = content.call(Attribute::parse_inner)?;
        attrs.extend(inner.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr }));
        Ok(Self { attrs, vis, sig, brace, body: content.parse()? })
    }
}

impl Function {
    /// Reads the item below `#[attribute]`; says what it should be if it is no function with a body.
    pub(crate) fn read(attribute: &str, item: &TokenStream) -> syn::Result<Self> {
        what_is.parse2(item.clone()).and_then(|kind| match kind {
            Kind::Function => syn::parse2(item.clone()),
            Kind::Declaration(sig) => {
                let message = format!("`#[{attribute}]` needs a body to run: put it on the method in each `impl` instead of the declaration in the trait");
                Err(syn::Error::new_spanned(&sig.ident, message))
            }
            Kind::Other(tokens, name) => {
                Err(syn::Error::new_spanned(tokens, format!("`#[{attribute}]` goes on a function or a method, not on {name}")))
            }
        })
    }

    /// The name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// The `#[cfg]`s, which everything that is generated beside the function has to share.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}

enum Kind {
    Function,
    Declaration(Box<Signature>),
    Other(TokenStream, &'static str),
}

/// Tells what an item is from its first tokens, so that code which does not parse yet gets the compiler's own message.
fn what_is(input: ParseStream<'_>) -> syn::Result<Kind> {
    const OTHERS: [(&str, &str); 12] = [
        ("struct", "a struct"),
        ("enum", "an enum"),
        ("union", "a union"),
        ("impl", "an `impl` block; put it on each method"),
        ("trait", "a trait; put it on the methods of each `impl`"),
        ("mod", "a module; put it on each function"),
        ("use", "a `use`"),
        ("static", "a static"),
        ("const", "a constant"),
        ("type", "a type alias"),
        ("let", "a variable"),
        ("macro_rules", "a macro"),
    ];
    input.call(Attribute::parse_outer)?;
    input.parse::<Visibility>()?;
    let rest: TokenStream = input.fork().parse()?;
    if let Ok(sig) = input.parse::<Signature>() {
        let declaration = input.peek(Token![;]);
        input.parse::<TokenStream>()?;
        return Ok(if declaration { Kind::Declaration(Box::new(sig)) } else { Kind::Function });
    }
    input.parse::<TokenStream>()?;
    let words = rest.into_iter().take_while(|token| matches!(token, TokenTree::Ident(_))).collect::<Vec<_>>();
    let other = words.iter().find_map(|word| OTHERS.iter().find(|(keyword, _)| word.to_string() == *keyword).map(|(_, name)| (word, name)));
    Ok(match other {
        Some((word, name)) if !words.iter().any(|word| word.to_string() == "fn") => Kind::Other(word.to_token_stream(), name),
        _ => Kind::Function,
    })
}

/// How the body runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            ReturnType::Default => return (if sig.asyncness.is_some() { Self::Async } else { Self::Sync }, unit(sig.ident.span())),
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
    Type::Tuple(syn::TypeTuple { attrs: Vec::new(), paren_token: token::Paren(span), elems: syn::punctuated::Punctuated::new() })
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
fn argument_of<'a>(ty: &'a Type, names: &[&str]) -> Option<&'a Type> {
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

/// One argument that is not the receiver.
#[derive(Clone, Debug)]
pub(crate) struct Argument {
    /// The names that its pattern binds.
    pub(crate) names: Vec<Ident>,
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    pub(crate) cfg: Option<Attribute>,
}

impl Argument {
    fn new(arg: &syn::PatType) -> Self {
        let mut names = Names(Vec::new());
        match &*arg.pat {
            // At the top a lone name is the argument's, whatever its case; deeper, `None` and its like are constants.
            Pat::Ident(PatIdent { ident, .. }) => names.0.push(ident.clone()),
            pat => names.visit_pat(pat),
        }
        let cfg = arg.attrs.iter().find(|attr| attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr"));
        Self { names: names.0, pat: (*arg.pat).clone(), ty: (*arg.ty).clone(), cfg: cfg.cloned() }
    }

    /// The name, if the pattern is nothing else.
    pub(crate) fn simple_name(&self) -> Option<&Ident> {
        match &self.pat {
            Pat::Ident(PatIdent { ident, subpat: None, .. }) => Some(ident),
            _ => None,
        }
    }

    pub(crate) fn is_mutable_reference(&self) -> bool {
        matches!(ungroup(&self.ty), Type::Reference(reference) if reference.mutability.is_some()) && self.simple_name().is_some()
    }
}

/// Collects the variables that a pattern binds, each once.
struct Names(Vec<Ident>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        let constant = pat.by_ref.is_none()
            && pat.mutability.is_none()
            && pat.subpat.is_none()
            && pat.ident.unraw().to_string().starts_with(|c: char| c.is_uppercase());
        if !constant && !self.0.contains(&pat.ident) {
            self.0.push(pat.ident.clone());
        }
        visit::visit_pat_ident(self, pat);
    }
}

/// All arguments of a function.
#[derive(Clone, Debug)]
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
        receiver.chain(self.list.iter().flat_map(|argument| &argument.names).map(|name| name.unraw().to_string())).collect()
    }

    /// `this function has `a` and `b``, for messages.
    pub(crate) fn sentence(&self) -> String {
        let names = self.names();
        if names.is_empty() { "this function has no arguments".to_owned() } else { format!("this function has {}", crate::diagnostics::list(&names)) }
    }
}

/// Whether `impl Trait` stands anywhere in a type.
pub(crate) fn find_impl_trait(ty: &Type) -> Option<&syn::TypeImplTrait> {
    struct Find<'ast>(Option<&'ast syn::TypeImplTrait>);
    impl<'ast> Visit<'ast> for Find<'ast> {
        fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
            self.0 = self.0.or(Some(ty));
        }
    }
    let mut find = Find(None);
    find.visit_type(ty);
    find.0
}

/// The type with `_` for each `impl Trait`: what can be said about it inside the body.
pub(crate) fn infer_impl_trait(ty: &Type) -> Type {
    struct Infer;
    impl syn::visit_mut::VisitMut for Infer {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Type::ImplTrait(found) = ty {
                *ty = Type::Infer(syn::TypeInfer { attrs: Vec::new(), underscore_token: Token![_](found.impl_token.span) });
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
    }
    let mut ty = ty.clone();
    syn::visit_mut::VisitMut::visit_type_mut(&mut Infer, &mut ty);
    ty
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn flow(tokens: TokenStream) -> (Flow, String) {
        let sig: Signature = syn::parse2(tokens).expect("a signature");
        let (flow, ty) = Flow::of(&sig);
        (flow, ty.to_token_stream().to_string())
    }

    #[test]
    fn flows_are_told_by_the_signature() {
        assert_eq!(flow(quote!(fn f() -> u8)), (Flow::Sync, "u8".to_owned()));
        assert_eq!(flow(quote!(async fn f())), (Flow::Async, "()".to_owned()));
        assert_eq!(flow(quote!(fn f() -> Pin<Box<dyn Future<Output = u8> + Send + 'a>>)), (Flow::Boxed, "u8".to_owned()));
        assert_eq!(flow(quote!(fn f() -> futures::future::BoxFuture<'static, Option<u8>>)), (Flow::Boxed, "Option < u8 >".to_owned()));
        assert_eq!(flow(quote!(fn f() -> Box<dyn Future<Output = u8>>)).0, Flow::Sync);
    }

    #[test]
    fn patterns_bind_names_but_constants_do_not() {
        let sig: Signature = syn::parse_quote!(fn f(&self, a: u8, (b, _): (u8, u8), Point { x, y: Some(c), .. }: Point, _: u8));
        assert_eq!(Arguments::of(&sig).names(), ["self", "a", "b", "x", "c"]);
    }

    #[test]
    fn inner_attributes_move_to_the_function() {
        let function = Function::read("cache", &quote!(fn f() -> u8 { #![allow(unused)] 1 })).expect("a function");
        assert_eq!(function.body.to_string(), "1");
        assert_eq!(function.attrs[0].to_token_stream().to_string(), "# [allow (unused)]");
    }

    #[test]
    fn what_is_no_function_is_named() {
        let message = |tokens| Function::read("cache", &tokens).expect_err("is no function").to_string();
        assert!(message(quote!(pub struct S;)).contains("not on a struct"));
        assert!(message(quote!(impl S {})).contains("each method"));
        assert!(message(quote!(unsafe impl S {})).contains("each method"));
        assert!(message(quote!(const X: u8 = 1;)).contains("a constant"));
        assert!(message(quote!(fn f(&self) -> u8;)).contains("needs a body"));
    }
}
