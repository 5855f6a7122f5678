//! The tables, the rows a new shop starts with, and the sequence that numbers its changes.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::db::{Db, DbError};

/// Products of a new shop.
const PRODUCTS: u32 = 20_000;
/// Categories they are spread over.
const CATEGORIES: u32 = 100;
/// Users of a new shop.
const USERS: u32 = 2_000;

/// Makes the tables and fills them, unless they are there.
///
/// # Errors
///
/// When the database cannot be written.
pub fn prepare(db: &Db) -> Result<(), DbError> {
    db.query(|connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !transaction.table_exists(None, "products")? {
            fill(&transaction)?;
        }
        transaction.commit()
    })
}

fn fill(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE changes (last INTEGER NOT NULL);
         INSERT INTO changes VALUES (0);
         CREATE TABLE products (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, category INTEGER NOT NULL,
                                cents INTEGER NOT NULL, version INTEGER NOT NULL);
         CREATE INDEX products_by_category ON products (category, id);
         CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL);",
    )?;
    let mut product =
        transaction.prepare("INSERT INTO products (name, category, cents, version) VALUES (?1, ?2, ?3, 0)")?;
    for at in 0..PRODUCTS {
        product.execute((format!("Product {}", at + 1), at % CATEGORIES, 100 + at * 37 % 20_000))?;
    }
    let mut user = transaction.prepare("INSERT INTO users (name, version) VALUES (?1, 0)")?;
    for at in 0..USERS {
        user.execute([format!("User {}", at + 1)])?;
    }
    Ok(())
}

/// Runs a write with the number of its change. Numbers rise in the order in which writes commit.
pub(super) fn change<T>(
    connection: &mut Connection,
    write: impl FnOnce(&Transaction<'_>, u64) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = transaction.query_row("UPDATE changes SET last = last + 1 RETURNING last", [], |row| row.get(0))?;
    let written = write(&transaction, version)?;
    transaction.commit()?;
    Ok(written)
}
