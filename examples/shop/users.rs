//! Users: the same with a list that is invalidated by a pattern instead of a tag.

use std::sync::Arc;

use cached_core::{cache, invalidates};
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::schema::change;
use crate::db::{Db, DbError};

/// How many users a page has.
pub const PAGE: u32 = 50;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// Its number.
    pub id: u32,
    /// What they are called.
    pub name: String,
    /// The number of the last change to it.
    pub version: u64,
}

/// The user of this number.
///
/// # Errors
///
/// When the database fails.
#[cache(ttl = "10m", null_ttl = 5, key = "user:{id}")]
pub async fn find_user(db: &Db, id: u32) -> Result<Option<Arc<User>>, DbError> {
    db.run(move |connection| {
        let query = "SELECT id, name, version FROM users WHERE id = ?1";
        connection.prepare_cached(query)?.query_row([id], user).optional()
    })
    .await
    .map(|found| found.map(Arc::new))
}

/// One page of all users.
///
/// # Errors
///
/// When the database fails.
#[cache(ttl = "10m", key = "users:{page}")]
pub async fn list_users(db: &Db, page: u32) -> Result<Arc<[User]>, DbError> {
    db.run(move |connection| {
        let query = "SELECT id, name, version FROM users ORDER BY id LIMIT ?1 OFFSET ?2";
        let offset = u64::from(page) * u64::from(PAGE);
        connection.prepare_cached(query)?.query_map((PAGE, offset), user)?.collect()
    })
    .await
}

/// Renames a user, who may be on any page; `None` if there is none.
///
/// # Errors
///
/// When the database fails.
#[invalidates("user:{id}", "users:*")]
pub async fn rename_user(db: &Db, id: u32, name: String) -> Result<Option<User>, DbError> {
    db.run(move |connection| {
        change(connection, |transaction, version| {
            let update = "UPDATE users SET name = ?2, version = ?3 WHERE id = ?1 RETURNING id, name, version";
            transaction.query_row(update, (id, &name, version), user).optional()
        })
    })
    .await
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User { id: row.get(0)?, name: row.get(1)?, version: row.get(2)? })
}
