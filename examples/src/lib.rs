//! What the runnable programs share: a database, tables and numbers for people, access traces,
//! and the service of the `shop` example, which its integration test starts as well.

pub mod db;
pub mod text;
pub mod trace;

// Beside its `main.rs`, so that the whole service is read in one folder.
#[path = "../shop/service.rs"]
pub mod shop;
