//! Products: cached reads, and writes that say what they change.

use std::sync::Arc;

use cached_core::{cache, invalidates};
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::schema::change;
use crate::db::{Db, DbError};

/// How many products a page of a category has.
pub const PAGE: u32 = 20;

/// A product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Product {
    /// Its number.
    pub id: u32,
    /// What it is called.
    pub name: String,
    /// The category it stands in.
    pub category: u32,
    /// Its price.
    pub cents: u32,
    /// The number of the last change to it.
    pub version: u64,
}

/// What a client says of a product.
#[derive(Clone, Debug, Deserialize)]
pub struct Draft {
    /// What it is to be called.
    pub name: String,
    /// The category it is to stand in.
    pub category: u32,
    /// Its price.
    pub cents: u32,
}

/// A category, summed up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Its number.
    pub category: u32,
    /// How many products it has.
    pub products: u64,
    /// Their mean price; none if there are no products.
    pub mean_cents: Option<f64>,
    /// The highest version among them; 0 if there are none.
    pub version: u64,
}

/// A product before and after a change.
#[derive(Clone, Debug)]
pub struct Change {
    /// As it was.
    pub before: Product,
    /// As it is now.
    pub after: Product,
}

/// The product of this number. That there is none is remembered for five seconds.
///
/// # Errors
///
/// When the database fails; errors are not cached.
#[cache(ttl = "10m", null_ttl = 5, key = "product:{id}")]
pub async fn find_product(db: &Db, id: u32) -> Result<Option<Arc<Product>>, DbError> {
    db.run(move |connection| {
        let query = "SELECT id, name, category, cents, version FROM products WHERE id = ?1";
        connection.prepare_cached(query)?.query_row([id], product).optional()
    })
    .await
    .map(|found| found.map(Arc::new))
}

/// One page of a category.
///
/// # Errors
///
/// When the database fails.
#[cache(ttl = "10m", key = "products:{category}:{page}", tags = ["category:{category}"])]
pub async fn list_products(db: &Db, category: u32, page: u32) -> Result<Arc<[Product]>, DbError> {
    db.run(move |connection| {
        let query = "SELECT id, name, category, cents, version FROM products
                     WHERE category = ?1 ORDER BY id LIMIT ?2 OFFSET ?3";
        let offset = u64::from(page) * u64::from(PAGE);
        let rows = (category, PAGE, offset);
        connection.prepare_cached(query)?.query_map(rows, product)?.collect()
    })
    .await
}

/// A category's size and mean price.
///
/// # Errors
///
/// When the database fails.
#[cache(ttl = "10m", key = "category:{category}:summary", tags = ["category:{category}"])]
pub async fn summarize(db: &Db, category: u32) -> Result<Summary, DbError> {
    db.run(move |connection| {
        let query = "SELECT count(*), avg(cents), coalesce(max(version), 0) FROM products WHERE category = ?1";
        connection.prepare_cached(query)?.query_row([category], |row| {
            let (products, mean_cents, version) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Summary { category, products, mean_cents, version })
        })
    })
    .await
}

/// Adds a product. Its number is known only now, so the entry that says "not found" is named by the result.
///
/// # Errors
///
/// When the database fails.
#[invalidates("product:{result.id}", tags = ["category:{result.category}"])]
pub async fn add_product(db: &Db, draft: Draft) -> Result<Product, DbError> {
    db.run(move |connection| {
        change(connection, |transaction, version| {
            let insert = "INSERT INTO products (name, category, cents, version) VALUES (?1, ?2, ?3, ?4)
                          RETURNING id, name, category, cents, version";
            transaction.query_row(insert, (&draft.name, draft.category, draft.cents, version), product)
        })
    })
    .await
}

/// Changes a product; `None` if there is none. It may move, so two categories change.
///
/// # Errors
///
/// When the database fails.
#[invalidates(find_product(id), tags = ["category:{result.before.category}", "category:{result.after.category}"])]
pub async fn change_product(db: &Db, id: u32, draft: Draft) -> Result<Option<Change>, DbError> {
    db.run(move |connection| {
        change(connection, |transaction, version| {
            let query = "SELECT id, name, category, cents, version FROM products WHERE id = ?1";
            let Some(before) = transaction.query_row(query, [id], product).optional()? else {
                return Ok(None);
            };
            let update = "UPDATE products SET name = ?2, category = ?3, cents = ?4, version = ?5 WHERE id = ?1
                          RETURNING id, name, category, cents, version";
            let values = (id, &draft.name, draft.category, draft.cents, version);
            let after = transaction.query_row(update, values, product)?;
            Ok(Some(Change { before, after }))
        })
    })
    .await
}

/// Removes a product and says what it was; `None` if there was none.
///
/// # Errors
///
/// When the database fails.
#[invalidates(find_product(id), tags = ["category:{result.category}"])]
pub async fn remove_product(db: &Db, id: u32) -> Result<Option<Product>, DbError> {
    db.run(move |connection| {
        change(connection, |transaction, _| {
            let delete = "DELETE FROM products WHERE id = ?1 RETURNING id, name, category, cents, version";
            transaction.query_row(delete, [id], product).optional()
        })
    })
    .await
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product { id: row.get(0)?, name: row.get(1)?, category: row.get(2)?, cents: row.get(3)?, version: row.get(4)? })
}
