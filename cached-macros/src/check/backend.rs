//! Rules about what goes with which backend.

use crate::args::CacheArgs;
use crate::diagnostics::Errors;
use crate::model::Backend;

/// Checks the arguments against the backend. One that cannot be told is a mistake of its own, and nothing is said about the rest.
pub(super) fn backend(args: &CacheArgs, errors: &Errors) {
    let Some(backend) = Backend::of(args) else { return };
    bounded(args, backend, errors);
    shared_backends_only(args, backend, errors);
    memory_only(args, backend, errors);
    l1_ttl_needs_two_tiers(args, backend, errors);
}

/// Something has to make entries go. A shared store is no place to bound their number, since others write there as well.
fn bounded(args: &CacheArgs, backend: Backend, errors: &Errors) {
    if args.ttl.is_some() || args.incomplete {
        return;
    }
    if let Some(named) = args.backend.as_ref().filter(|_| backend.is_shared()) {
        errors.at(&named.value, "entries in a shared store need an end: add `ttl = 3600`");
    } else if args.capacity.is_none() {
        let message =
            "say how long a value is fresh, `#[cache(ttl = 60)]`, or how many are kept, `#[cache(capacity = 10_000)]`";
        errors.at_span(proc_macro2::Span::call_site(), message);
    }
}

/// Memory keeps values as they are, so there is nothing to encode or to version.
fn shared_backends_only(args: &CacheArgs, backend: Backend, errors: &Errors) {
    for argument in [&args.codec, &args.version].into_iter().flatten() {
        let name = &argument.key;
        let advice = match backend {
            Backend::Memory => {
                format!("belongs to shared backends; `memory` keeps values as they are: remove `{name}`")
            }
            Backend::Named => {
                format!(
                    "belongs to shared stores: if this store is one, add `codec = \"msgpack\"`; else remove `{name}`"
                )
            }
            Backend::Redis | Backend::Tiered | Backend::NamedShared => continue,
        };
        errors.at(name, format!("`{name}` {advice}"));
    }
}

/// What bounds memory bounds nothing where there is none.
fn memory_only(args: &CacheArgs, backend: Backend, errors: &Errors) {
    for (argument, about, setting) in [
        (&args.capacity, "bounds memory", "maxmemory"),
        (&args.weight, "bounds memory", "maxmemory"),
        (&args.policy, "says what leaves memory", "maxmemory-policy"),
    ] {
        let Some(argument) = argument else { continue };
        let name = &argument.key;
        let instead = match backend {
            Backend::Redis if name == "weight" => format!("Redis has `{setting}` for that: remove `{name}`"),
            Backend::Redis => {
                format!("Redis has `{setting}` for that: remove `{name}`, or use `backend = \"tiered\"`")
            }
            Backend::NamedShared => format!("a shared store bounds itself: remove `{name}`"),
            // What is read from the store again comes without the closure that weighed it.
            Backend::Tiered if name == "weight" => {
                "with `tiered`, `capacity` counts entries: remove `weight`".to_owned()
            }
            Backend::Memory | Backend::Tiered | Backend::Named => continue,
        };
        errors.at(name, format!("`{name}` {about}; {instead}"));
    }
}

/// The shorter time is for the copy in memory, which only two tiers have.
fn l1_ttl_needs_two_tiers(args: &CacheArgs, backend: Backend, errors: &Errors) {
    let Some(l1_ttl) = &args.l1_ttl else { return };
    let why = match backend {
        Backend::Tiered => return,
        Backend::Memory => "here memory is all there is, and `ttl` is for it: remove `l1_ttl`",
        Backend::Redis => "`redis` keeps none there: remove `l1_ttl`, or use `backend = \"tiered\"`",
        Backend::Named | Backend::NamedShared => "a registered store has no memory in front of it: remove `l1_ttl`",
    };
    errors.at(&l1_ttl.key, format!("`l1_ttl` is for the copies that `tiered` keeps in memory; {why}"));
}
