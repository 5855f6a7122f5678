//! What an attribute means: its arguments read against the function that it stands on.

mod backend;
mod cache;
mod invalidates;

pub(crate) use backend::{Backend, Codec, Lock};
pub(crate) use cache::{Cache, Key, Policy};
pub(crate) use invalidates::{ArgKind, Goal, Invalidates, TargetArg};

use syn::{Expr, Type};

use crate::args::{Keyed, as_str, peel};
use crate::context::{Look, Place, place};
use crate::diagnostics::Errors;
use crate::signature::{Arguments, Flow, Function};
use crate::template::{self, Purpose, Template};

/// The annotated function and what is known about it.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Subject {
    pub(crate) function: Function,
    pub(crate) arguments: Arguments,
    pub(crate) place: Place,
    pub(crate) flow: Flow,
    /// What the caller gets in the end: for async functions the output of the future.
    pub(crate) output: Type,
}

impl Subject {
    /// `associated` is what the attribute says about the place, if it says anything.
    pub(crate) fn new(function: Function, look: Look, associated: Option<bool>) -> Self {
        let place = match associated {
            Some(true) => Place::Associated,
            Some(false) => Place::Free,
            None => place(&function, look),
        };
        let (flow, output) = Flow::of(&function.sig);
        Self { arguments: Arguments::of(&function.sig), place, flow, output, function }
    }

    pub(crate) fn returns_nothing(&self) -> bool {
        matches!(&self.output, Type::Tuple(tuple) if tuple.elems.is_empty())
    }
}

/// Reads `tags = ["..", ".."]`.
fn read_tags(tags: &Keyed<Expr>, subject: &Subject, errors: &Errors) -> Vec<Template> {
    let Expr::Array(array) = peel(&tags.value) else {
        let fix = match as_str(&tags.value) {
            Some(text) => format!("[{:?}]", text.value()),
            None => "[\"users\"]".to_owned(),
        };
        errors.at(&tags.value, format!("`tags` is a list of strings: write `tags = {fix}`"));
        return Vec::new();
    };
    if array.elems.is_empty() {
        errors.at(tags, "`tags` is empty; name a tag, or leave `tags` out");
    }
    let mut read: Vec<Template> = Vec::new();
    for element in &array.elems {
        let Some(literal) = as_str(element) else {
            errors.at(element, "a tag is a string literal; a value goes into it as a placeholder: `\"team:{team}\"`");
            continue;
        };
        if literal.value().is_empty() {
            errors.at(literal, "a tag needs a text, such as `\"users\"`");
        } else if read.iter().any(|earlier| earlier.literal.value() == literal.value()) {
            errors.at(literal, "this tag is given twice; keep one");
        } else {
            read.extend(template::parse(literal, Purpose::Tag, &subject.arguments, errors));
        }
    }
    read
}

/// Reads an argument whose value is a string out of a fixed set.
fn read_choice<T: Copy>(argument: &Keyed<Expr>, choices: &[(&str, T)], errors: &Errors) -> Option<T> {
    let names: Vec<_> = choices.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let valid = crate::diagnostics::any_of(&names);
    let Some(literal) = as_str(&argument.value) else {
        errors.at(&argument.value, format!("`{}` is {valid}", argument.key));
        return None;
    };
    let text = literal.value();
    let choice = choices.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
    if choice.is_none() {
        let hint = crate::diagnostics::suggestion(&text, choices.iter().map(|(name, _)| *name));
        errors.at(literal, format!("there is no `{} = \"{text}\"`; it is {valid}{hint}", argument.key));
    }
    choice
}
