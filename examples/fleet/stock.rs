//! What the fleet shares: items of a stock, read through a cache, written by annotated functions.

use cached_core::{KeyPart, cache, invalidates};
use serde::{Deserialize, Serialize};

use crate::source::{Source, SourceError};

/// How many items there are.
pub const ITEMS: u64 = 1_000;
/// How many of them are on one shelf.
pub const SHELF: u64 = 10;

/// An item's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, KeyPart, Serialize, Deserialize)]
pub struct ItemId(pub u64);

impl ItemId {
    pub fn shelf(self) -> u64 {
        self.0 / SHELF
    }
}

/// An item as the source of truth had it. Each write raises the version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub id: ItemId,
    pub version: u64,
}

// In Redis only: every hit asks the server.
#[cache(ttl = 60, backend = "redis", key = "item:{id}", tags = ["shelf:{id.shelf()}"])]
pub async fn item_in_redis(source: &Source, id: ItemId) -> Result<Item, SourceError> {
    source.read(id).await
}

// The same with memory in front: a hit asks nobody, and whatever changes in Redis is pushed.
#[cache(ttl = 60, l1_ttl = 10, backend = "tiered", key = "item:{id}", tags = ["shelf:{id.shelf()}"])]
pub async fn item_tiered(source: &Source, id: ItemId) -> Result<Item, SourceError> {
    source.read(id).await
}

// One item changes: its entry goes, here and in every other process, before this returns.
#[invalidates("item:{id}")]
pub async fn restock(source: &Source, id: ItemId) -> Result<Vec<Item>, SourceError> {
    source.write(id.0..id.0 + 1).await
}

// A whole shelf changes: its tag takes along every entry that carries it.
#[invalidates(tags = ["shelf:{shelf}"])]
pub async fn restock_shelf(source: &Source, shelf: u64) -> Result<Vec<Item>, SourceError> {
    source.write(shelf * SHELF..(shelf + 1) * SHELF).await
}
