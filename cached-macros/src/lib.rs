//! The attributes of `cached-core`, which re-exports them. Depend on that crate, not on this one.
//!
//! How an attribute becomes code, and where to look:
//!
//! | step | module |
//! |---|---|
//! | read the arguments: one table, one loop | `args` |
//! | read the function: its signature, and whether it is associated with a type | `signature`, `context`, `scan` |
//! | read values: templates, durations | `template`, `duration` |
//! | what it all means | `model` |
//! | what excludes or needs what | `check` |
//! | write the code | `expand` |
//!
//! All mistakes of an attribute are collected in `diagnostics` and reported together.

mod args;
mod check;
mod context;
mod diagnostics;
mod duration;
mod expand;
mod model;
mod scan;
mod signature;
mod template;

#[cfg(test)]
mod goldens;

use proc_macro::TokenStream;

/// Caches what a function returns.
#[proc_macro_attribute]
pub fn cache(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::cache(attr.into(), item.into(), context::look_in_source).into()
}

/// Invalidates cached values when a function has run.
#[proc_macro_attribute]
pub fn invalidates(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::invalidates(attr.into(), item.into(), context::look_in_source).into()
}

/// Makes a type usable as part of a key.
#[proc_macro_derive(KeyPart)]
pub fn derive_key_part(input: TokenStream) -> TokenStream {
    expand::derive_key_part(input.into()).into()
}
