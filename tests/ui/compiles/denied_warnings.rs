//! An annotated function is as clean as a plain one.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused, nonstandard_style, rust_2018_idioms)]
#![forbid(unsafe_code)]

use std::sync::Arc;

use cached_core::{KeyPart, cache, invalidates};

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// The team.
    pub team: u32,
}

/// A part of a key.
#[derive(Clone, Copy, Debug, KeyPart)]
pub enum Kind {
    /// One.
    Person,
    /// Another.
    Company {
        /// Of so many.
        size: u32,
    },
}

/// Finds a user.
///
/// # Errors
///
/// Never.
#[cache(ttl = 3600, null_ttl = 30, key = "user:{id}", tags = ["users", "team:{result.team}"])]
pub async fn find_user(id: u64) -> Result<Option<User>, String> {
    Ok((id != 0).then_some(User { team: 7 }))
}

/// Counts.
#[cache(capacity = 100, weight = |key, _| key.len() as u32, unless = |count| *count == 0, jitter = 0, ttl = "1h 30m")]
pub fn count(kind: Kind, names: &[&str]) -> u64 {
    let base: u64 = match kind {
        Kind::Person => 0,
        Kind::Company { size } => size.into(),
    };
    base + names.len() as u64
}

/// Saves a user.
///
/// # Errors
///
/// Never.
#[invalidates(find_user(id), count(*), tags = ["team:{user.team}"])]
pub async fn save_user(id: u64, user: Arc<User>) -> Result<(), String> {
    let _ = (id, user);
    Ok(())
}

/// Prices.
#[derive(Debug)]
pub struct Catalogue {
    shop: u32,
}

impl Catalogue {
    /// A price.
    #[cache(ttl = 300, key = "price:{self.shop}:{sku}", companion)]
    pub async fn price(&self, sku: &str) -> Option<u64> {
        sku.parse().ok()
    }

    /// Sets a price.
    #[invalidates(Self::price(self, sku), "prices:*", on = "always", when = price != 0)]
    pub async fn set_price(&mut self, sku: &str, price: u64) {
        self.shop = u32::try_from(sku.len() as u64 + price).unwrap_or_default();
    }
}

fn main() {
    assert_eq!(count(Kind::Company { size: 1 }, &["a"]), 2);
    assert!(count::key(Kind::Person, &[]).contains("Person"));
}
