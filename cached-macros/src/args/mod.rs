//! Reading the arguments of an attribute: one table says what each attribute understands, one loop reads it.
//!
//! Nothing here knows what an argument means. Every value stays together with the name it was given by, so that whoever finds a
//! mistake later can underline what it is about.

mod cache;
mod invalidates;

pub(crate) use cache::CacheArgs;
pub(crate) use invalidates::{Entry, InvalidatesArgs, TargetArgs, TargetCall};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, LitBool, LitStr, Token, parenthesized, token};

use crate::diagnostics::{Errors, any_of, list, suggestion};

/// A value and the name of the argument that brought it.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

impl<T> Keyed<T> {
    pub(crate) fn and_then<U>(self, f: impl FnOnce(T) -> Option<U>) -> Option<Keyed<U>> {
        let Self { key, value } = self;
        f(value).map(|value| Keyed { key, value })
    }
}

impl<T: ToTokens> ToTokens for Keyed<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.key.to_tokens(tokens);
        self.value.to_tokens(tokens);
    }
}

/// How an argument is written.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Form {
    /// `name = expression`
    Value,
    /// `name(a, b)`
    Names,
    /// `name`, or `name = false`
    Switch,
}

/// One argument that an attribute understands.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// How it is written, for messages.
    pub(crate) example: &'static str,
    /// What people call it elsewhere.
    pub(crate) aliases: &'static [&'static str],
}

/// Everything an attribute understands.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Table {
    pub(crate) attribute: &'static str,
    pub(crate) specs: &'static [Spec],
    /// Names that are none of the attribute's, and what to write instead where that is more than another name: what a name stands for
    /// elsewhere may be the opposite here.
    pub(crate) elsewhere: &'static [(&'static [&'static str], &'static str)],
}

impl Table {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.specs.iter().map(|spec| spec.name)
    }

    /// What people write without a value, and is no name here.
    fn bare_elsewhere(&self) -> impl Iterator<Item = &'static str> {
        let switches = self.specs.iter().filter(|spec| matches!(spec.form, Form::Switch));
        let aliases = switches.flat_map(|spec| spec.aliases);
        aliases.chain(self.elsewhere.iter().flat_map(|(names, _)| *names)).copied()
    }

    fn unknown(&self, name: &str) -> String {
        let is_it = |known: &&str| same(known, name);
        let alias = self.specs.iter().find(|spec| is_it(&spec.name) || spec.aliases.iter().any(is_it));
        let elsewhere = self.elsewhere.iter().find(|(names, _)| names.iter().any(is_it));
        let hint = match (elsewhere, alias) {
            (Some((_, advice)), _) => format!("; {advice}"),
            (None, Some(spec)) => format!("; write `{}`", spec.example),
            (None, None) => suggestion(name, self.names()),
        };
        let attribute = self.attribute;
        if hint.is_empty() {
            let names: Vec<_> = self.names().collect();
            format!("`#[{attribute}]` has no argument `{name}`; it has {}", list(&names))
        } else {
            format!("`#[{attribute}]` has no argument `{name}`{hint}")
        }
    }
}

/// Whether two names are the same but for the case convention: `allEntries` is `all_entries` elsewhere.
fn same(one: &str, other: &str) -> bool {
    let letters = |name: &str| name.replace('_', "").to_ascii_lowercase();
    letters(one) == letters(other)
}

#[cfg_attr(test, derive(Debug))]
enum Value {
    Expr(Box<Expr>),
    Names(Vec<Ident>),
    Switch(bool),
}

/// The named arguments that were given, each once.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Found(Vec<Keyed<Value>>);

impl Found {
    fn take(&mut self, name: &str) -> Option<Keyed<Value>> {
        let index = self.0.iter().position(|found| found.key == name)?;
        Some(self.0.swap_remove(index))
    }

    fn expr(&mut self, name: &str) -> Option<Keyed<Expr>> {
        self.take(name)?.and_then(|value| match value {
            Value::Expr(expr) => Some(*expr),
            Value::Names(_) | Value::Switch(_) => None,
        })
    }

    fn names(&mut self, name: &str) -> Option<Keyed<Vec<Ident>>> {
        self.take(name)?.and_then(|value| match value {
            Value::Names(names) => Some(names),
            Value::Expr(_) | Value::Switch(_) => None,
        })
    }

    fn switch(&mut self, name: &str) -> Option<Keyed<bool>> {
        self.take(name)?.and_then(|value| match value {
            Value::Switch(on) => Some(on),
            Value::Expr(_) | Value::Names(_) => None,
        })
    }
}

/// Reads all arguments. `positional` reads one that has no name, if there is one at the cursor.
///
/// A broken argument is recorded and skipped, and reading goes on at the next.
fn read(
    table: &Table,
    attr: TokenStream,
    errors: &Errors,
    mut positional: impl FnMut(ParseStream<'_>) -> syn::Result<bool>,
) -> Found {
    let mut found = Found::default();
    let all = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let read_one = positional(input)
                .and_then(|done| if done { Ok(()) } else { read_named(table, input, errors, &mut found) });
            if let Err(error) = read_one {
                errors.push(error);
                skip_argument(table, input);
            }
            end_of_argument(table, input, errors);
        }
        Ok(())
    };
    // The closure consumes all input and keeps its errors to itself; what syn could still report is a broken token stream.
    errors.keep(all.parse2(attr));
    found
}

fn read_named(table: &Table, input: ParseStream<'_>, errors: &Errors, found: &mut Found) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        let names: Vec<_> = table.specs.iter().map(|spec| spec.example).take(3).collect();
        return Err(input.error(format!(
            "expected an argument of `#[{}]`, such as {}",
            table.attribute,
            any_of(&names)
        )));
    }
    let key = input.call(Ident::parse_any)?;
    let name = key.to_string();
    let Some(spec) = table.specs.iter().find(|spec| spec.name == name) else {
        errors.push(syn::Error::new(key.span(), table.unknown(&name)));
        skip_argument(table, input);
        return Ok(());
    };
    let value = read_value(spec, &key, input)?;
    if found.0.iter().any(|earlier| earlier.key == key) {
        errors.push(syn::Error::new(key.span(), format!("`{name}` is given twice; keep one")));
    } else {
        found.0.push(Keyed { key, value });
    }
    Ok(())
}

fn read_value(spec: &Spec, key: &Ident, input: ParseStream<'_>) -> syn::Result<Value> {
    let misshapen = |span: Span| syn::Error::new(span, format!("write `{}`", spec.example));
    match spec.form {
        Form::Value => {
            let equals: Token![=] = input.parse().map_err(|_| misshapen(key.span()))?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new(
                    equals.span,
                    format!("`{}` needs a value: write `{}`", spec.name, spec.example),
                ));
            }
            input.parse().map(|expr| Value::Expr(Box::new(expr)))
        }
        Form::Names => {
            if !input.peek(token::Paren) {
                return Err(misshapen(key.span()));
            }
            let content;
            parenthesized!(content in input);
            let names = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any);
            let names = names.map_err(|error| {
                // What is left would be reported once more, as unexpected.
                let _ = content.parse::<TokenStream>();
                let message = format!("`{}` takes the names of arguments: write `{}`", spec.name, spec.example);
                syn::Error::new(error.span(), message)
            })?;
            Ok(Value::Names(names.into_iter().collect()))
        }
        Form::Switch => {
            if input.peek(token::Paren) {
                return Err(misshapen(key.span()));
            }
            let Some(_) = input.parse::<Option<Token![=]>>()? else { return Ok(Value::Switch(true)) };
            let on: LitBool =
                input.parse().map_err(|error| syn::Error::new(error.span(), format!("write `{}` alone", spec.name)))?;
            Ok(Value::Switch(on.value))
        }
    }
}

/// Reads the comma after an argument. A forgotten one is reported, and what follows is read as if it were there.
fn end_of_argument(table: &Table, input: ParseStream<'_>, errors: &Errors) {
    if input.is_empty() || input.parse::<Token![,]>().is_ok() {
        return;
    }
    let next = input.fork().parse::<TokenTree>().map_or_else(|_| String::new(), |token| token.to_string());
    errors.push(input.error(format!("expected `,` before `{next}`")));
    if !input.peek(Ident::peek_any) {
        skip_argument(table, input);
        let _ = input.parse::<Token![,]>();
    }
}

/// Moves on to the comma before the next thing that looks like an argument, or to the end.
fn skip_argument(table: &Table, input: ParseStream<'_>) {
    while !input.is_empty() {
        if input.peek(Token![,]) && argument_follows(table, input) {
            return;
        }
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Whether there is an argument behind the comma at the cursor. A lone name counts only if it is that of a switch: it may as well be
/// a parameter of a closure.
fn argument_follows(table: &Table, input: ParseStream<'_>) -> bool {
    let is_switch = |name: &Ident| table.specs.iter().any(|spec| spec.form == Form::Switch && name == spec.name);
    let ahead = input.fork();
    let _ = ahead.parse::<Token![,]>();
    if ahead.peek(LitStr) {
        return true;
    }
    ahead.call(Ident::parse_any).is_ok_and(|name| ahead.peek(Token![=]) || ahead.peek(token::Paren) || is_switch(&name))
}

/// The expression inside parentheses and the invisible groups that `macro_rules!` puts around what it passes on.
pub(crate) fn peel(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => peel(&group.expr),
        Expr::Paren(paren) => peel(&paren.expr),
        other => other,
    }
}

/// The string literal that an expression is, if it is one.
pub(crate) fn as_str(expr: &Expr) -> Option<&LitStr> {
    match peel(expr) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}
