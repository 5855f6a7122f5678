use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, Path};

use super::{Subject, read_choice, read_tags};
use crate::args::{Entry, InvalidatesArgs, TargetArgs, TargetCall, peel};
use crate::diagnostics::Errors;
use crate::names::mention_of_result;
use crate::signature::Arguments;
use crate::template::{self, Purpose, Template};

/// `#[invalidates]`, understood.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Invalidates {
    pub(crate) subject: Subject,
    pub(crate) goals: Vec<Goal>,
    pub(crate) when: Option<Expr>,
    pub(crate) before: bool,
    /// Also after an error.
    pub(crate) always: bool,
}

/// What disappears.
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Goal {
    Key(Template),
    Pattern(Template),
    Tag(Template),
    /// All entries of a function.
    All(Path),
    /// The entry of a function for these arguments.
    Target(Path, Vec<TargetArg>),
}

/// An argument in `find_user(id)`.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct TargetArg {
    pub(crate) expr: Expr,
    pub(crate) kind: ArgKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum ArgKind {
    /// The name of an argument: its value is copied, because the body may consume the argument.
    Name,
    /// The name of an argument that is a `&mut` reference: lent.
    MutableReference,
    /// Any other expression, as it was written.
    Written,
}

impl TargetArg {
    fn new(expr: &Expr, arguments: &Arguments) -> Self {
        let name = match peel(expr) {
            Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
            _ => None,
        };
        let argument = name.and_then(|name| arguments.find(&name.unraw().to_string()));
        let kind = match argument {
            Some((index, _)) if arguments.list[index].is_mutable_reference() => ArgKind::MutableReference,
            Some(_) => ArgKind::Name,
            None => ArgKind::Written,
        };
        Self { expr: expr.clone(), kind }
    }

    pub(crate) fn uses_result(&self, arguments: &Arguments) -> bool {
        mention_of_result(self.expr.to_token_stream(), arguments).is_some()
    }
}

impl Goal {
    /// Whether it can be told only from what the function returned.
    pub(crate) fn uses_result(&self, arguments: &Arguments) -> bool {
        match self {
            Self::Key(template) | Self::Pattern(template) | Self::Tag(template) => template.uses().result,
            Self::All(_) => false,
            Self::Target(_, args) => args.iter().any(|arg| arg.uses_result(arguments)),
        }
    }
}

impl Invalidates {
    pub(crate) fn build(args: &InvalidatesArgs, subject: Subject, errors: &Errors) -> Option<Self> {
        let before = errors.count();
        let arguments = &subject.arguments;
        let mut goals: Vec<_> = args.entries.iter().filter_map(|entry| goal(entry, arguments, errors)).collect();
        if let Some(tags) = &args.tags {
            goals.extend(read_tags(tags, &subject, errors).into_iter().map(Goal::Tag));
        }
        let on = args.on.as_ref().and_then(|on| read_choice(on, &[("ok", false), ("always", true)], errors));
        let model = Self {
            goals,
            when: args.when.as_ref().map(|when| when.value.clone()),
            before: args.before.as_ref().is_some_and(|before| before.value),
            always: on.unwrap_or(false),
            subject,
        };
        (errors.count() == before).then_some(model)
    }
}

fn goal(entry: &Entry, arguments: &Arguments, errors: &Errors) -> Option<Goal> {
    match entry {
        Entry::Text(literal) if literal.value().is_empty() => {
            errors.at(
                literal,
                "the key is empty; write the key of an entry (`\"user:{id}\"`) or a pattern (`\"users:*\"`)",
            );
            None
        }
        Entry::Text(literal) => {
            let template = template::parse(literal, Purpose::Entry, arguments, errors)?;
            Some(if template.is_pattern { Goal::Pattern(template) } else { Goal::Key(template) })
        }
        Entry::Target(call) => Some(target(call, arguments)),
    }
}

fn target(call: &TargetCall, arguments: &Arguments) -> Goal {
    match &call.args {
        TargetArgs::All => Goal::All(call.path.clone()),
        TargetArgs::Some(args) => {
            Goal::Target(call.path.clone(), args.iter().map(|arg| TargetArg::new(arg, arguments)).collect())
        }
    }
}
