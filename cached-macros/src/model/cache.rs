use proc_macro2::Span;
use syn::{Expr, ExprLit, Ident, Lit, LitStr};

use super::backend::{self, Backend, Codec, Lock};
use super::{Subject, read_choice, read_tags};
use crate::args::{CacheArgs, Keyed, as_str, peel};
use crate::context::Place;
use crate::diagnostics::Errors;
use crate::duration::{self, Time};
use crate::features::Features;
use crate::names::Uses;
use crate::template::{self, Purpose, Template};

/// `#[cache]`, understood.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Cache<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) key: Key,
    pub(crate) tags: Vec<Template>,
    pub(crate) ttl: Option<Time>,
    pub(crate) null_ttl: Option<Time>,
    pub(crate) l1_ttl: Option<Time>,
    pub(crate) capacity: Option<Expr>,
    pub(crate) policy: Option<Policy>,
    pub(crate) jitter: Option<Expr>,
    pub(crate) weight: Option<Expr>,
    pub(crate) when: Option<Expr>,
    pub(crate) unless: Option<Expr>,
    pub(crate) version: Option<Expr>,
    pub(crate) lock: Option<Lock>,
    pub(crate) backend: String,
    /// How values become bytes, where they have to.
    pub(crate) codec: Option<Codec>,
    /// Whether functions to inspect and empty the cache stand beside the function.
    pub(crate) companion: bool,
}

/// What a cached call is looked up by.
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Key {
    /// The function and these names of arguments.
    Default(Vec<(usize, Ident)>),
    Template(Template),
}

impl Key {
    pub(crate) fn uses(&self) -> Uses {
        match self {
            Self::Default(names) => {
                Uses { arguments: names.iter().map(|(index, _)| *index).collect(), ..Uses::default() }
            }
            Self::Template(template) => template.uses(),
        }
    }

    pub(crate) fn is_default(&self) -> bool {
        matches!(self, Self::Default(_))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Policy {
    Adaptive,
    Lru,
}

/// How many parts a key may have: the runtime's tuples end there.
const MOST_PARTS: usize = 12;

impl<'a> Cache<'a> {
    /// Reads the arguments. Each one that cannot be read is recorded; the model is whole if none was.
    pub(crate) fn build(args: &CacheArgs, subject: &'a Subject, features: Features, errors: &Errors) -> Option<Self> {
        let before = errors.count();
        let key = key(args, subject, errors);
        let tags = args.tags.as_ref().map_or_else(Vec::new, |tags| read_tags(tags, subject, errors));
        let ttl = args.ttl.as_ref().and_then(|ttl| errors.keep(duration::parse("ttl", &ttl.value)));
        if let Some(zero) = args.ttl.as_ref().filter(|_| ttl.as_ref().is_some_and(Time::is_zero)) {
            errors.at(&zero.value, "a `ttl` of zero would store nothing; give it time, or leave `#[cache]` out");
        }
        let null_ttl = args.null_ttl.as_ref().and_then(|ttl| errors.keep(duration::parse("null_ttl", &ttl.value)));
        let l1_ttl = l1_ttl(args, ttl.as_ref(), errors);
        let policies = [("adaptive", Policy::Adaptive), ("lru", Policy::Lru)];
        // Where there is no memory, its settings have their message already.
        let has_memory = Backend::of(args).is_none_or(Backend::has_memory);
        let policy =
            args.policy.as_ref().filter(|_| has_memory).and_then(|policy| read_choice(policy, &policies, errors));
        let backend = backend::backend(args, features, errors);
        let codec = backend::codec(args, features, errors);
        let lock = backend::lock(args, errors);
        backend::check_version(args, errors);
        check_capacity(args.capacity.as_ref().filter(|_| has_memory), errors);
        check_jitter(args.jitter.as_ref(), errors);
        let value = |argument: &Option<Keyed<Expr>>| argument.as_ref().map(|argument| argument.value.clone());
        let model = Self {
            key: key?,
            tags,
            ttl,
            null_ttl,
            l1_ttl,
            capacity: value(&args.capacity),
            policy,
            jitter: value(&args.jitter),
            weight: value(&args.weight),
            when: value(&args.when),
            unless: value(&args.unless),
            version: value(&args.version),
            lock,
            backend: backend?,
            codec,
            companion: wants_companion(args, subject),
            subject,
        };
        (errors.count() == before).then_some(model)
    }

    /// What can be told in spite of mistakes, for a companion that has the right functions with the right arguments.
    pub(crate) fn sketch(args: &CacheArgs, subject: &'a Subject) -> Self {
        let literal = args.key.as_ref().and_then(|key| as_str(&key.value));
        Self {
            key: match (&args.key, literal) {
                (None, _) => default_key(args, subject),
                (Some(_), Some(literal)) => Key::Template(template::sketch(literal, &subject.arguments)),
                (Some(key), None) => {
                    Key::Template(template::sketch(&LitStr::new("", key.key.span()), &subject.arguments))
                }
            },
            tags: Vec::new(),
            ttl: None,
            null_ttl: None,
            l1_ttl: None,
            capacity: None,
            policy: None,
            jitter: None,
            weight: None,
            when: None,
            unless: None,
            version: None,
            lock: None,
            backend: String::new(),
            codec: None,
            companion: wants_companion(args, subject),
            subject,
        }
    }

    pub(crate) fn is_free(&self) -> bool {
        self.subject.place == Place::Free
    }
}

fn wants_companion(args: &CacheArgs, subject: &Subject) -> bool {
    args.companion.as_ref().map_or(subject.place == Place::Free, |companion| companion.value)
}

fn default_key(args: &CacheArgs, subject: &Subject) -> Key {
    let skipped = |name: &Ident| args.skip.as_ref().is_some_and(|skip| skip.value.contains(name));
    let arguments = subject.arguments.list.iter().enumerate();
    let named = arguments.flat_map(|(index, argument)| argument.names.iter().map(move |name| (index, name)));
    // An argument without a name (`_`) cannot make a difference to the result.
    Key::Default(named.filter(|(_, name)| !skipped(name)).map(|(index, name)| (index, name.clone())).collect())
}

fn key(args: &CacheArgs, subject: &Subject, errors: &Errors) -> Option<Key> {
    let key = match &args.key {
        Some(key) => {
            let literal = key_literal(key, errors)?;
            Key::Template(template::parse(literal, Purpose::Key, &subject.arguments, errors)?)
        }
        None => default_key(args, subject),
    };
    let (parts, span) = match &key {
        Key::Default(names) => {
            (names.len(), names.get(MOST_PARTS).map_or_else(Span::call_site, |(_, name)| name.span()))
        }
        Key::Template(template) => (template.placeholders.len(), template.literal.span()),
    };
    if parts > MOST_PARTS {
        errors.at_span(
            span,
            format!("a key has at most {MOST_PARTS} parts; put some arguments into a struct that derives `KeyPart`"),
        );
    }
    Some(key)
}

fn key_literal<'a>(key: &'a Keyed<Expr>, errors: &Errors) -> Option<&'a LitStr> {
    let Some(literal) = as_str(&key.value) else {
        let message = match peel(&key.value) {
            Expr::Macro(_) => "write the template itself: `key = \"user:{id}\"` instead of `format!(..)`",
            _ => "`key` is a string literal with placeholders, such as `key = \"user:{id}\"`",
        };
        errors.at(&key.value, message);
        return None;
    };
    if literal.value().is_empty() {
        errors.at(literal, "the key is empty; write a text that no other function uses, such as `key = \"settings\"`");
        return None;
    }
    Some(literal)
}

/// How long memory in front of a shared store keeps what that may keep longer.
fn l1_ttl(args: &CacheArgs, ttl: Option<&Time>, errors: &Errors) -> Option<Time> {
    let l1_ttl = args.l1_ttl.as_ref().filter(|_| Backend::of(args) == Some(Backend::Tiered))?;
    let time = errors.keep(duration::parse("l1_ttl", &l1_ttl.value))?;
    if time.is_zero() {
        errors.at(
            &l1_ttl.value,
            "an `l1_ttl` of zero would keep nothing in memory; give it time, or use `backend = \"redis\"`",
        );
    } else if ttl.is_some_and(|ttl| time.is_certainly_longer_than(ttl)) {
        let message = "`l1_ttl` is longer than `ttl`, but memory keeps nothing that has expired in Redis; write a shorter one, or leave `l1_ttl` out";
        errors.at(&l1_ttl.value, message);
    }
    Some(time)
}

fn check_capacity(capacity: Option<&Keyed<Expr>>, errors: &Errors) {
    let Some(capacity) = capacity else { return };
    let problem = match peel(&capacity.value) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match number.base10_parse::<u64>() {
            Ok(0) => {
                "a `capacity` of zero would store nothing; write how many entries to keep, such as `capacity = 10_000`"
            }
            Ok(_) => return,
            Err(_) => "`capacity` is a number of entries that fits into 64 bits",
        },
        Expr::Lit(_) | Expr::Unary(_) => "`capacity` is a number of entries: write `capacity = 10_000`",
        _ => return,
    };
    errors.at(&capacity.value, problem);
}

fn check_jitter(jitter: Option<&Keyed<Expr>>, errors: &Errors) {
    let Some(jitter) = jitter else { return };
    let number = match peel(&jitter.value) {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse::<f64>().ok(),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse::<f64>().ok(),
        Expr::Lit(_) | Expr::Unary(_) => None,
        _ => return,
    };
    if !number.is_some_and(|number| (0.0..1.0).contains(&number)) {
        let message = "`jitter` is the fraction of the `ttl` by which it is shortened at most: a number from 0 to below 1, such as `jitter = 0.1`";
        errors.at(&jitter.value, message);
    }
}
