//! Rules about `#[invalidates]`.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{BinOp, Expr};

use super::function::{function, inside, shown};
use crate::args::{Entry, InvalidatesArgs, TargetArgs, as_str, peel};
use crate::diagnostics::Errors;
use crate::model::Subject;
use crate::names::mention_of_result;
use crate::signature::find_impl_trait;
use crate::template::mentions_result;

/// Checks `#[invalidates]` against the function below it.
pub(crate) fn invalidates(args: &InvalidatesArgs, subject: &Subject, errors: &Errors) {
    function("invalidates", subject, errors);
    something_to_invalidate(args, errors);
    no_entry_twice(args, errors);
    result_exists(args, subject, errors);
    before_knows_no_result(args, subject, errors);
    when_is_a_condition(args, errors);
    a_whole_result_is_no_condition(args, subject, errors);
}

/// An attribute that does nothing is a mistake.
fn something_to_invalidate(args: &InvalidatesArgs, errors: &Errors) {
    if args.entries.is_empty() && args.tags.is_none() && !args.incomplete {
        let message = "say what disappears: a function (`find_user(id)`), a key (`\"user:{id}\"`), a pattern (`\"users:*\"`) or `tags = [\"users\"]`";
        errors.at_span(Span::call_site(), message);
    }
}

/// The second would do nothing.
fn no_entry_twice(args: &InvalidatesArgs, errors: &Errors) {
    let texts: Vec<_> = args
        .entries
        .iter()
        .map(|entry| match entry {
            Entry::Text(literal) => literal.value(),
            Entry::Target(call) => match &call.args {
                TargetArgs::All => format!("{}(*)", call.path.to_token_stream()),
                TargetArgs::Some(args) => format!("{}({})", call.path.to_token_stream(), args.to_token_stream()),
            },
        })
        .collect();
    for (index, entry) in args.entries.iter().enumerate() {
        if texts[..index].contains(&texts[index]) {
            let message = "this is given twice; keep one";
            match entry {
                Entry::Text(literal) => errors.at(literal, message),
                Entry::Target(call) => errors.at(&call.path, message),
            }
        }
    }
}

/// Everything in the attribute that mentions the result, as tokens to underline.
fn mentions_of_result(args: &InvalidatesArgs, subject: &Subject) -> Vec<proc_macro2::TokenStream> {
    let arguments = &subject.arguments;
    let mut found = Vec::new();
    let texts =
        args.entries.iter().filter_map(|entry| if let Entry::Text(literal) = entry { Some(literal) } else { None });
    let tags = match args.tags.as_ref().map(|tags| peel(&tags.value)) {
        Some(Expr::Array(tags)) => tags.elems.iter().filter_map(as_str).collect(),
        _ => Vec::new(),
    };
    let literals = texts.chain(tags).filter(|literal| mentions_result(literal, arguments));
    found.extend(literals.map(ToTokens::to_token_stream));
    for entry in &args.entries {
        if let Entry::Target(call) = entry
            && let TargetArgs::Some(args) = &call.args
        {
            found.extend(
                args.iter()
                    .filter_map(|arg| mention_of_result(arg.to_token_stream(), arguments))
                    .map(ToTokens::into_token_stream),
            );
        }
    }
    let when = args.when.as_ref().and_then(|when| mention_of_result(when.value.to_token_stream(), arguments));
    found.extend(when.map(ToTokens::into_token_stream));
    found
}

/// There has to be a result, and a way to look at it.
fn result_exists(args: &InvalidatesArgs, subject: &Subject, errors: &Errors) {
    let problem = if subject.returns_nothing() {
        "this function returns nothing, so there is no `result`; use arguments"
    } else if find_impl_trait(&subject.output).is_some() {
        "what is inside an `impl Trait` cannot be told; name the return type to use `result`"
    } else {
        return;
    };
    for mention in mentions_of_result(args, subject) {
        errors.at(mention, problem);
    }
}

/// `before` also invalidates before the body runs, when there is no result yet.
fn before_knows_no_result(args: &InvalidatesArgs, subject: &Subject, errors: &Errors) {
    let Some(before) = args.before.as_ref().filter(|before| before.value) else { return };
    let arguments = &subject.arguments;
    let only_results = mentions_of_result(args, subject).len() >= args.entries.len() + tag_count(args);
    let when = args.when.as_ref().and_then(|when| mention_of_result(when.value.to_token_stream(), arguments));
    if let Some(result) = when {
        errors
            .at(result, "`before` invalidates before there is a `result`; remove `before`, or decide by the arguments");
    } else if only_results && (!args.entries.is_empty() || args.tags.is_some()) {
        errors.at(&before.key, "everything here is taken from the `result`, so there is nothing to invalidate before there is one; remove `before`");
    }
}

fn tag_count(args: &InvalidatesArgs) -> usize {
    match args.tags.as_ref().map(|tags| peel(&tags.value)) {
        Some(Expr::Array(tags)) => tags.elems.len(),
        _ => 0,
    }
}

/// `when` gets its `result` by that name, not as a parameter.
fn when_is_a_condition(args: &InvalidatesArgs, errors: &Errors) {
    if let Some(when) = &args.when
        && matches!(peel(&when.value), Expr::Closure(_))
    {
        errors.at(&when.value, "`when` is an expression that may use the arguments and `result`, not a closure: write `when = result.changed`");
    }
}

/// `result` is lent, so even a `bool` is none by itself. Where there is no result to speak of, that is said already.
fn a_whole_result_is_no_condition(args: &InvalidatesArgs, subject: &Subject, errors: &Errors) {
    let Some(when) = args.when.as_ref().filter(|_| args.before.is_none()) else { return };
    if subject.returns_nothing() || find_impl_trait(&subject.output).is_some() {
        return;
    }
    let value = shown(inside(inside(&subject.output, "Result"), "Option"));
    let message = match value.as_str() {
        "bool" => "`result` is a reference to the `bool`: write `*result`".to_owned(),
        _ => format!(
            "`result` is a `&{value}`, not a condition: write one over it, such as `result.changed`, `*result != before`, or `*result` if that is a `bool`"
        ),
    };
    each_operand(&when.value, &mut |operand| {
        let is_name = matches!(operand, Expr::Path(path) if path.path.is_ident("result"));
        if is_name && mention_of_result(operand.to_token_stream(), &subject.arguments).is_some() {
            errors.at(operand, &message);
        }
    });
}

/// Visits what has to be a `bool` by itself, on both sides of `&&` and `||`.
fn each_operand(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    match peel(expr) {
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) => {
            each_operand(&binary.left, visit);
            each_operand(&binary.right, visit);
        }
        operand => visit(operand),
    }
}
