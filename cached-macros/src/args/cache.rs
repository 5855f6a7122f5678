use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{Expr, Ident, Lit};

use super::{Form, Keyed, Spec, Table, read};
use crate::diagnostics::Errors;

const fn value(name: &'static str, example: &'static str, aliases: &'static [&'static str]) -> Spec {
    Spec { name, form: Form::Value, example, aliases }
}

/// Where other libraries ask the opposite, or ask for what is done here without a word.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &[
            "cache_if",
            "cache_when",
            "store_if",
            "store_when",
            "keep_if",
            "cacheable",
            "is_cacheable",
            "response_filter",
        ],
        "`unless = |value| ..` is the opposite, for what is not to be stored: write it with the condition negated; one over the arguments is `when`, as it is",
    ),
    (
        &["skip_if", "skip_when", "bypass_if", "no_cache_if", "ignore_if", "exclude_if"],
        "over the result it is `unless = |value| value.is_empty()`; over the arguments it is `when`, with the condition negated",
    ),
    (
        &["disable", "disabled", "bypass", "no_cache"],
        "write `when` with the condition negated: where it is false, the call goes past the cache",
    ),
    (
        &["include", "include_args", "args", "arguments", "vary", "vary_by", "vary_on"],
        "the key has all arguments but those in `skip(..)`; to name the ones that are in it, write `key = \"user:{id}\"`",
    ),
    (
        &["tti", "time_to_idle", "idle", "idle_timeout", "expire_after_access", "sliding", "refresh", "time_refresh"],
        "`ttl = 60` counts from when a value was stored, and a hit does not prolong it",
    ),
    (&["ttl_ms", "ttl_millis", "time_ms", "timeout_ms"], "the unit is part of the value: write `ttl = \"250ms\"`"),
    (&["redis"], "write `backend = \"redis\"`"),
    (
        &["ty", "create", "map_error"],
        "the attribute makes the cache, by `capacity`, `policy` and `backend`, and no error of a store reaches the caller: leave this out",
    ),
    (&["result", "cache_err", "cache_error", "cache_errors"], "errors are never stored, and no argument changes that"),
    (
        &["option", "cache_none", "cache_null", "cache_nulls"],
        "`None` is remembered for `null_ttl`: write `null_ttl = 0` for not at all",
    ),
    (
        &["sync", "sync_writes", "single_flight", "coalesce"],
        "calls that miss the same key share one load as it is; `lock = \"none\"` lets each of them load",
    ),
];

const TABLE: Table = Table {
    attribute: "cache",
    elsewhere: ELSEWHERE,
    specs: &[
        value(
            "ttl",
            "ttl = 60",
            &[
                "time",
                "time_to_live",
                "expire",
                "expires",
                "expiry",
                "timeout",
                "max_age",
                "duration",
                "ttl_secs",
                "ttl_seconds",
            ],
        ),
        value("null_ttl", "null_ttl = 30", &["none_ttl", "negative_ttl"]),
        value("backend", "backend = \"memory\"", &["store", "storage", "memory"]),
        value("key", "key = \"user:{id}\"", &["name", "prefix", "convert", "key_prefix"]),
        Spec {
            name: "skip",
            form: Form::Names,
            example: "skip(db)",
            aliases: &["ignore", "exclude", "skip_all", "without"],
        },
        value("tags", "tags = [\"users\"]", &["group", "groups", "label", "labels"]),
        value(
            "capacity",
            "capacity = 10_000",
            &["size", "max_size", "max_capacity", "max_entries", "limit", "maxsize"],
        ),
        value("weight", "weight = |key, value| value.len() as u32", &["weigher", "cost"]),
        value("policy", "policy = \"lru\"", &["eviction", "evict", "strategy"]),
        value("jitter", "jitter = 0.1", &["spread", "random"]),
        value("when", "when = id != 0", &["if", "condition", "only_if", "enabled"]),
        value("unless", "unless = |value| value.is_empty()", &["except"]),
        value("l1_ttl", "l1_ttl = 5", &["memory_ttl", "local_ttl", "near_ttl"]),
        value("version", "version = 2", &["schema"]),
        value("lock", "lock = \"process\"", &["locking"]),
        value("codec", "codec = \"msgpack\"", &["serializer", "format", "encoding"]),
        Spec { name: "companion", form: Form::Switch, example: "companion", aliases: &["companions", "helpers"] },
        Spec { name: "associated", form: Form::Switch, example: "associated", aliases: &["method", "in_impl"] },
    ],
};

/// The arguments of `#[cache]` as they were written.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct CacheArgs {
    pub(crate) ttl: Option<Keyed<Expr>>,
    pub(crate) null_ttl: Option<Keyed<Expr>>,
    pub(crate) backend: Option<Keyed<Expr>>,
    pub(crate) key: Option<Keyed<Expr>>,
    pub(crate) skip: Option<Keyed<Vec<Ident>>>,
    pub(crate) tags: Option<Keyed<Expr>>,
    pub(crate) capacity: Option<Keyed<Expr>>,
    pub(crate) weight: Option<Keyed<Expr>>,
    pub(crate) policy: Option<Keyed<Expr>>,
    pub(crate) jitter: Option<Keyed<Expr>>,
    pub(crate) when: Option<Keyed<Expr>>,
    pub(crate) unless: Option<Keyed<Expr>>,
    pub(crate) l1_ttl: Option<Keyed<Expr>>,
    pub(crate) version: Option<Keyed<Expr>>,
    pub(crate) lock: Option<Keyed<Expr>>,
    pub(crate) codec: Option<Keyed<Expr>>,
    pub(crate) companion: Option<Keyed<bool>>,
    pub(crate) associated: Option<Keyed<bool>>,
    /// Whether something could not be read: what seems to be missing may then be what was misspelt.
    pub(crate) incomplete: bool,
}

impl CacheArgs {
    pub(crate) fn parse(attr: TokenStream, errors: &Errors) -> Self {
        let before = errors.count();
        let mut found = read(&TABLE, attr, errors, unnamed);
        Self {
            ttl: found.expr("ttl"),
            null_ttl: found.expr("null_ttl"),
            backend: found.expr("backend"),
            key: found.expr("key"),
            skip: found.names("skip"),
            tags: found.expr("tags"),
            capacity: found.expr("capacity"),
            weight: found.expr("weight"),
            policy: found.expr("policy"),
            jitter: found.expr("jitter"),
            when: found.expr("when"),
            unless: found.expr("unless"),
            l1_ttl: found.expr("l1_ttl"),
            version: found.expr("version"),
            lock: found.expr("lock"),
            codec: found.expr("codec"),
            companion: found.switch("companion"),
            associated: found.switch("associated"),
            incomplete: errors.count() > before,
        }
    }
}

/// Every argument of `#[cache]` has a name; a bare value is told which one it probably needs.
fn unnamed(input: ParseStream<'_>) -> syn::Result<bool> {
    if !input.peek(Lit) {
        return Ok(false);
    }
    let literal: Lit = input.parse()?;
    let name = match &literal {
        Lit::Str(text) if text.value().contains(['{', ':']) => "key",
        _ => "ttl",
    };
    let shown = quote::quote!(#literal);
    Err(syn::Error::new(literal.span(), format!("the arguments of `#[cache]` have names: write `{name} = {shown}`")))
}
