//! Functions that share their values: as clean as plain ones, and their futures as `Send`, whatever the error is.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused, nonstandard_style, rust_2018_idioms)]
#![forbid(unsafe_code)]

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use cached_core::{cache, invalidates};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    /// The team.
    pub team: u32,
}

const SCHEMA: u32 = 3;

/// Finds a user.
///
/// # Errors
///
/// Never.
#[cache(ttl = 3600, null_ttl = 30, backend = "redis", key = "user:{id}", tags = ["users", "team:{result.team}"])]
pub async fn find_user(id: u64) -> Result<Option<User>, Box<dyn Error>> {
    Ok((id != 0).then_some(User { team: 7 }))
}

/// Finds them by name.
///
/// # Errors
///
/// Never.
#[cache(
    ttl = "1h",
    l1_ttl = "10s",
    backend = "tiered",
    capacity = 100,
    tags = ["team:{result.team}:{name}"],
    unless = |user| user.team == 0
)]
pub async fn find_by_name(name: String) -> Result<User, Rc<str>> {
    drop(name);
    Ok(User { team: 7 })
}

/// Counts.
#[cache(ttl = 60, backend = "redis", codec = "json", version = SCHEMA + 1, lock = "process", jitter = 0.1, when = team != 0)]
pub fn count(team: u32) -> Option<u64> {
    Some(team.into())
}

/// Counts elsewhere.
///
/// # Errors
///
/// Never.
#[cache(ttl = 60, backend = "elsewhere", codec = "postcard", version = 1, lock = "none")]
pub fn count_boxed(team: u32) -> Pin<Box<dyn Future<Output = Result<u64, Rc<str>>> + Send>> {
    Box::pin(async move { Ok(team.into()) })
}

/// Warms up.
#[cache(ttl = 60, backend = "redis", lock = "cluster")]
pub async fn warm_up() {}

/// Gives back.
#[cache(ttl = 60, backend = "redis", key = "given:{id}")]
pub async fn give_back<T>(value: T, id: u64) -> T
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let _ = id;
    value
}

/// Prices.
#[derive(Debug)]
pub struct Catalogue {
    shop: u32,
}

impl Catalogue {
    /// A price.
    #[cache(ttl = 300, backend = "redis", key = "price:{self.shop}:{sku}", companion)]
    pub async fn price(&self, sku: &str) -> Option<u64> {
        sku.parse().ok()
    }

    /// Sets a price.
    #[invalidates(Self::price(self, sku), find_user(7), count(*), tags = ["users"])]
    pub async fn set_price(&self, sku: &str) {
        let _ = sku;
    }
}

/// Of a trait.
#[async_trait::async_trait]
pub trait Shop {
    /// Its name.
    async fn name(&self, id: u64) -> Result<String, Box<dyn Error>>;
}

#[async_trait::async_trait]
impl Shop for Catalogue {
    #[cache(ttl = 300, backend = "redis", key = "shop:{id}")]
    async fn name(&self, id: u64) -> Result<String, Box<dyn Error>> {
        Ok(id.to_string())
    }
}

fn is_send(_: impl Send) {}

fn main() {
    let catalogue = Catalogue { shop: 1 };
    is_send(find_user(1));
    is_send(find_by_name(String::new()));
    is_send(warm_up());
    is_send(give_back(1, 1));
    is_send(catalogue.price("a"));
    is_send(catalogue.set_price("a"));
    is_send(catalogue.name(1));
    assert_eq!(find_user::key(7), "user:7");
    assert_eq!(count(0), Some(0));
}
