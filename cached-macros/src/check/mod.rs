//! The rules that arguments and functions have to keep together, one function each.
//!
//! What concerns one argument alone is checked where it is read. Here is what excludes or needs what, and which functions an
//! attribute can stand on.

mod backend;
mod cache;
mod function;
mod invalidates;

pub(crate) use cache::cache;
pub(crate) use invalidates::invalidates;

#[cfg(test)]
mod tests;
