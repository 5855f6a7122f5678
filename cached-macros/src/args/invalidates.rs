use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprPath, Ident, Lit, LitStr, Path, Token, parenthesized, token};

use super::{Form, Keyed, Spec, Table, read, same};
use crate::diagnostics::Errors;

const TABLE: Table = Table {
    attribute: "invalidates",
    elsewhere: &[
        (&["key", "keys", "pattern", "patterns", "matching"], "keys and patterns have no name: write the string alone"),
        (&["unless", "except", "skip_if"], "`when` is the opposite: write it with the condition negated"),
        (&["all", "all_entries"], "all entries of a function are `find_user(*)`"),
        (
            &["cache_names", "cache_name", "caches", "cache", "value"],
            "name the cached function and which of its entries, `find_user(id)`, or the text of a key, `\"user:{id}\"`",
        ),
        (&["after"], "what disappears does so after the body, and with `before` also before it: leave this out"),
    ],
    specs: &[
        Spec { name: "tags", form: Form::Value, example: "tags = [\"users\"]", aliases: &["tag", "group", "groups"] },
        Spec { name: "when", form: Form::Value, example: "when = id != 0", aliases: &["if", "condition", "only_if"] },
        Spec { name: "on", form: Form::Value, example: "on = \"always\"", aliases: &["always", "on_error"] },
        Spec { name: "before", form: Form::Switch, example: "before", aliases: &["before_invocation", "pre"] },
    ],
};

/// What one unnamed argument invalidates.
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Entry {
    /// `"user:{id}"`, `"users:*"`
    Text(LitStr),
    /// `find_user(id)`, `list_users(*)`
    Target(Box<TargetCall>),
}

/// A cached function, and which of its entries.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct TargetCall {
    pub(crate) path: Path,
    pub(crate) args: TargetArgs,
}

#[cfg_attr(test, derive(Debug))]
pub(crate) enum TargetArgs {
    /// `(*)`
    All,
    /// `(id, &name)`
    Some(Punctuated<Expr, Token![,]>),
}

/// The arguments of `#[invalidates]` as they were written.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct InvalidatesArgs {
    pub(crate) entries: Vec<Entry>,
    pub(crate) tags: Option<Keyed<Expr>>,
    pub(crate) when: Option<Keyed<Expr>>,
    pub(crate) on: Option<Keyed<Expr>>,
    pub(crate) before: Option<Keyed<bool>>,
    pub(crate) incomplete: bool,
}

impl InvalidatesArgs {
    pub(crate) fn parse(attr: TokenStream, errors: &Errors) -> Self {
        let before = errors.count();
        let mut entries = Vec::new();
        let mut found = read(&TABLE, attr, errors, |input| match entry(input)? {
            Some(entry) => {
                entries.push(entry);
                Ok(true)
            }
            None => Ok(false),
        });
        Self {
            entries,
            tags: found.expr("tags"),
            when: found.expr("when"),
            on: found.expr("on"),
            before: found.switch("before"),
            incomplete: errors.count() > before,
        }
    }
}

/// Reads an entry, unless there is a named argument at the cursor.
fn entry(input: ParseStream<'_>) -> syn::Result<Option<Entry>> {
    if input.peek(LitStr) {
        return input.parse().map(|text| Some(Entry::Text(text)));
    }
    if input.peek(Lit) || input.peek(token::Bracket) {
        let value: Expr = input.parse()?;
        return Err(syn::Error::new_spanned(
            value,
            "expected a key (`\"user:{id}\"`), a function (`find_user(id)`) or `tags = [..]`",
        ));
    }
    if !input.peek(Ident::peek_any) && !input.peek(Token![::]) && !input.peek(Token![<]) {
        return Ok(None);
    }
    if is_named(input) {
        return Ok(None);
    }
    target(input).map(|target| Some(Entry::Target(Box::new(target))))
}

/// Whether what follows is `name = value` or a switch, here or elsewhere; all else that starts with a name is a function.
fn is_named(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(name) = ahead.call(Ident::parse_any) else { return false };
    let known = || {
        let name = name.to_string();
        TABLE.names().any(|known| known == name) || TABLE.bare_elsewhere().any(|known| same(known, &name))
    };
    ahead.peek(Token![=]) || (known() && !ahead.peek(token::Paren) && !ahead.peek(Token![::]))
}

fn target(input: ParseStream<'_>) -> syn::Result<TargetCall> {
    if input.peek(Token![self]) && input.peek2(Token![.]) {
        return Err(method_call(input));
    }
    let ExprPath { qself, path, .. } = input.parse()?;
    if let Some(qself) = qself {
        return Err(syn::Error::new_spanned(
            qself.ty,
            "name the type alone: write `Type::function(..)`, without angle brackets",
        ));
    }
    if !input.peek(token::Paren) {
        let shown = path.segments.last().map_or_else(String::new, |segment| segment.ident.to_string());
        let message = format!(
            "say which entries of `{shown}`: write `{shown}(id)` with the arguments of its key, or `{shown}(*)` for all of them"
        );
        return Err(syn::Error::new_spanned(path, message));
    }
    let content;
    parenthesized!(content in input);
    let all = content.peek(Token![*]) && content.peek2(syn::parse::End);
    let args = if all {
        content.parse::<Token![*]>()?;
        TargetArgs::All
    } else {
        let args = Punctuated::parse_terminated_with(&content, argument);
        // What is left after an error would be reported once more, as unexpected.
        TargetArgs::Some(args.inspect_err(|_| drop(content.parse::<TokenStream>()))?)
    };
    Ok(TargetCall { path, args })
}

/// One of those that lead to a key. A part of them alone leads to none.
fn argument(input: ParseStream<'_>) -> syn::Result<Expr> {
    let ahead = input.fork();
    let wildcard =
        ahead.parse::<Token![*]>().is_ok() || ahead.parse::<Token![_]>().is_ok() || ahead.parse::<Token![..]>().is_ok();
    if wildcard && (ahead.is_empty() || ahead.peek(Token![,])) {
        let message = "`(*)` alone is all entries; some of them are named by a pattern over the text of their keys, such as `\"user:{id}:*\"`";
        return Err(input.error(message));
    }
    input.parse()
}

/// The error for `self.price(sku)`, which reads naturally but is a call.
fn method_call(input: ParseStream<'_>) -> syn::Error {
    match input.parse::<Expr>() {
        Ok(Expr::MethodCall(call)) => {
            let method = &call.method;
            let message = format!(
                "name the function by its path: write `Self::{method}(self, ..)`, or `Self::{method}(..)` where `self` is not in its key"
            );
            syn::Error::new_spanned(call, message)
        }
        Ok(other) => syn::Error::new_spanned(other, "expected a key (`\"user:{id}\"`) or a function (`find_user(id)`)"),
        Err(error) => error,
    }
}
