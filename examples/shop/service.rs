//! The shop service: products and users over SQLite, cached reads, writes that invalidate.
//!
//! [`products`] and [`users`] hold the queries with their annotations, [`http`] the routes,
//! [`schema`] the tables, [`stats`] what `/stats` answers.

pub mod http;
pub mod products;
pub mod schema;
pub mod stats;
pub mod users;

use std::io;

use tokio::net::TcpListener;

use crate::db::Db;

/// Answers requests until `stop` is done, then finishes those under way.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(listener: TcpListener, db: Db, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
    axum::serve(listener, http::router(db)).with_graceful_shutdown(stop).await
}
