use proc_macro2::Span;
use quote::ToTokens;
use syn::{LitStr, Signature, parse_quote};

use super::{Format, Purpose, Template, parse};
use crate::diagnostics::Errors;
use crate::signature::Arguments;

fn read(text: &str, purpose: Purpose) -> Result<Template, String> {
    let sig: Signature = parse_quote!(fn f(&self, id: u64, (a, b): (u8, u8), filter: &Filter, r#type: u8));
    let errors = Errors::new();
    let template = parse(&LitStr::new(text, Span::call_site()), purpose, &Arguments::of(&sig), &errors);
    match errors.check() {
        Ok(()) => Ok(template.expect("no errors")),
        Err(error) => Err(error.into_iter().map(|error| error.to_string()).collect::<Vec<_>>().join("\n")),
    }
}

fn key(text: &str) -> Result<Template, String> {
    read(text, Purpose::Key)
}

fn exprs(template: &Template) -> Vec<String> {
    template
        .placeholders
        .iter()
        .map(|placeholder| placeholder.expr.to_token_stream().to_string().replace(' ', ""))
        .collect()
}

#[test]
fn text_and_placeholders_alternate() {
    let template = key("user:{id}:{filter.name}").expect("valid");
    assert_eq!(template.pieces, ["user:", ":", ""]);
    assert_eq!(exprs(&template), ["id", "filter.name"]);
    let template = key("{ self.shop }").expect("valid");
    assert_eq!(
        (template.pieces.as_slice(), exprs(&template)),
        (&[String::new(), String::new()][..], vec!["self.shop".to_owned()])
    );
}

#[test]
fn doubled_braces_are_text() {
    assert_eq!(key("a{{b}}c{{{id}}}").expect("valid").pieces, ["a{b}c{", "}"]);
}

#[test]
fn formats_and_expressions() {
    let template =
        key(r#"{id:?}/{filter:hash}/{filter.get("a}:b")}/{filter.items[0].get::<u8>(id)}/{b}"#).expect("valid");
    let formats: Vec<_> = template.placeholders.iter().map(|placeholder| placeholder.format).collect();
    assert_eq!(formats, [Format::Debug, Format::Hash, Format::Plain, Format::Plain, Format::Plain]);
    assert_eq!(exprs(&template)[2..], [r#"filter.get("a}:b")"#, "filter.items[0].get::<u8>(id)", "b"]);
    assert_eq!(template.uses().arguments, [0, 2, 1]);
}

#[test]
fn a_raw_name_may_be_written_without_its_prefix() {
    assert_eq!(exprs(&key("{type}:{r#type}").expect("valid")), ["r#type", "r#type"]);
}

#[test]
fn what_separates_placeholders_never_stands_in_a_value() {
    for text in ["{id}:{a}", "{id}-/-{a}", "{id} | {a}", "v{id}x", "{id}->{a}"] {
        assert!(key(text).is_ok(), "{text}");
    }
    assert!(read("{id}*{a}", Purpose::Entry).is_ok(), "a wildcard");
    assert!(key("user#{id}#new").is_ok(), "no argument has this name");
}

#[test]
fn patterns_belong_to_invalidation() {
    let template = read("users:*:{id}", Purpose::Entry).expect("valid");
    assert!(template.is_pattern);
    assert_eq!(template.pieces, ["users:*:", ""]);
    assert!(read("search:{id}*", Purpose::Entry).is_ok(), "a prefix of values");
    assert!(key("users:*").expect_err("a key").contains("`#[invalidates]`"));
    assert!(read("users:*", Purpose::Tag).expect_err("a tag").contains("name each tag"));
    assert!(read("**", Purpose::Entry).expect_err("twice").contains("write one"));
}

#[test]
fn mistakes_name_the_fix() {
    for (text, expected) in [
        ("{id}{a}", "two placeholders need text between them"),
        ("{id}0{a}", "`0` cannot separate"),
        ("{id}-{a}", "`-` cannot separate"),
        ("{id}by{a}", "`by` cannot separate"),
        ("{id}%{a}", "`%` cannot separate"),
        ("{id}~{a}", "`~` cannot separate"),
        ("{id}é{a}", "`é` cannot separate"),
        ("{id", "never closed"),
        ("id}", "`}}`"),
        ("{}", "write the name of an argument"),
        ("{ }", "write the name of an argument"),
        ("{0}", "does not start with an argument"),
        ("{idd}", "did you mean `id`?"),
        ("{nothing}", "this function has `self`, `id`, `a`, `b`, `filter` and `type`"),
        ("{id:x}", "unknown format `:x`"),
        ("{id +}", "is no expression"),
        ("{result.id}", "use arguments in `key`"),
        ("{filter.get(result)}", "use arguments in `key`"),
        ("{load(id)}", "does not start with an argument"),
        ("#id", "write `{id}` for the argument"),
        ("user:#filter.name:{id}", "write `{filter}`"),
    ] {
        let message = key(text).expect_err(text);
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn all_mistakes_are_found() {
    assert_eq!(key("{x}:{y}:*").expect_err("three").lines().count(), 3);
}
