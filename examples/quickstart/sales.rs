//! The shop's database: slow reads with `#[cache]`, a write with `#[invalidates]`.

use std::sync::Arc;

use cached_core::{cache, invalidates};
use examples::db::{Db, DbError};
use examples::text::thousands;
use rusqlite::{Connection, OptionalExtension, Row};

/// How many customers there are.
pub const CUSTOMERS: u32 = 50_000;
/// How many orders they made.
pub const ORDERS: u32 = 200_000;
const REGIONS: u32 = 8;

/// A customer, with what they have spent.
#[derive(Clone, Debug)]
pub struct Customer {
    pub name: String,
    pub region: u32,
    pub cents: u64,
}

/// Cents as euros.
pub fn euros(cents: u64) -> String {
    format!("€ {}.{:02}", thousands(cents / 100), cents % 100)
}

// An entry of its own for each address. That nobody has it is remembered for five seconds.
#[cache(ttl = "10m", null_ttl = 5, key = "customer:{email}")]
pub async fn find_customer(db: &Db, email: &str) -> Result<Option<Customer>, DbError> {
    let email = email.to_string();
    db.run(move |connection| {
        let query = "SELECT c.name, c.region, sum(o.cents) FROM customers c
                     JOIN orders o ON o.customer = c.id WHERE c.email = ?1 GROUP BY c.id";
        connection.query_row(query, [email], customer).optional()
    })
    .await
}

// A list: one entry for each region and length. `Arc`, so that a hit copies no customers.
#[cache(ttl = "10m", key = "customers:top:{region}:{count}")]
pub async fn top_customers(db: &Db, region: u32, count: u32) -> Result<Arc<[Customer]>, DbError> {
    db.run(move |connection| {
        let query = "SELECT c.name, c.region, sum(o.cents) AS total FROM customers c
                     JOIN orders o ON o.customer = c.id WHERE c.region = ?1
                     GROUP BY c.id ORDER BY total DESC LIMIT ?2";
        connection.prepare(query)?.query_map([region, count], customer)?.collect()
    })
    .await
}

// A report that carries its region's tag.
#[cache(ttl = "10m", tags = ["region:{region}"], skip(db))]
pub async fn region_revenue(db: &Db, region: u32) -> Result<u64, DbError> {
    db.run(move |connection| {
        let query = "SELECT sum(o.cents) FROM orders o JOIN customers c ON c.id = o.customer WHERE c.region = ?1";
        connection.query_row(query, [region], |row| row.get(0))
    })
    .await
}

// Three ways to say what a write changes: by function, by pattern, by tag.
#[invalidates(find_customer(email), "customers:top:*", tags = ["region:{region}"])]
pub async fn add_order(db: &Db, email: &str, region: u32, cents: u32) -> Result<(), DbError> {
    let email = email.to_string();
    db.run(move |connection| {
        let insert = "INSERT INTO orders (customer, cents)
                      SELECT id, ?3 FROM customers WHERE email = ?1 AND region = ?2";
        connection.execute(insert, (email, region, cents))
    })
    .await?;
    Ok(())
}

fn customer(row: &Row<'_>) -> rusqlite::Result<Customer> {
    Ok(Customer { name: row.get(0)?, region: row.get(1)?, cents: row.get(2)? })
}

/// Makes the tables and their rows, the same every time.
pub fn fill(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, region INTEGER NOT NULL);
         CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, cents INTEGER NOT NULL);",
    )?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut customer = transaction.prepare("INSERT INTO customers VALUES (?1, ?2, ?3, ?4)")?;
    for id in 0..CUSTOMERS {
        let (name, email) = (format!("Customer {id}"), format!("c{id}@shop.example"));
        customer.execute((id, name, email, id % REGIONS))?;
    }
    let mut order = transaction.prepare("INSERT INTO orders (customer, cents) VALUES (?1, ?2)")?;
    for _ in 0..ORDERS {
        order.execute((random.u32(..CUSTOMERS), random.u32(100..50_000)))?;
    }
    drop((customer, order));
    transaction.commit()
}
