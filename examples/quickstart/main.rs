//! What the attributes do, on a database whose queries are slow because they read a lot.
//!
//! ```sh
//! cargo run --example quickstart
//! ```

mod sales;
mod show;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use examples::db::{Db, DbError};
use examples::text::{duration, thousands};
use sales::{Customer, add_order, euros, find_customer, region_revenue, top_customers};
use show::Show;
use tokio::task::JoinSet;

/// A customer of region 2.
const C42: &str = "c42@shop.example";
/// Nobody's address.
const NOBODY: &str = "nobody@shop.example";

#[tokio::main]
async fn main() -> ExitCode {
    match tour().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn tour() -> Result<(), DbError> {
    let db = &Db::temporary()?;
    let start = Instant::now();
    db.run(sales::fill).await?;
    println!(
        "A shop's database: {} customers, {} orders, no index from one to the other (made in {}).",
        thousands(sales::CUSTOMERS.into()),
        thousands(sales::ORDERS.into()),
        duration(start.elapsed()),
    );

    let show = Show::new(db);
    show.chapter("A miss runs the query, a hit does not");
    show.call("find_customer(c42)", find_customer(db, C42), who).await?;
    show.call("find_customer(c42)", find_customer(db, C42), who).await?;

    show.chapter("1,000 callers at once cost one query");
    show.call("top_customers(3, 10), 1,000 times", thousand_callers(db), |lists| many(lists)).await?;

    show.chapter("\"Not found\" is remembered too");
    show.call("find_customer(nobody)", find_customer(db, NOBODY), who).await?;
    show.call("find_customer(nobody)", find_customer(db, NOBODY), who).await?;

    show.chapter("Two reports, and a write");
    show.call("region_revenue(2)", region_revenue(db, 2), sum).await?;
    show.call("region_revenue(3)", region_revenue(db, 3), sum).await?;
    show.call("add_order(c42, 2, € 10,000)", add_order(db, C42, 2, 1_000_000), |()| "written".into()).await?;

    show.chapter("What the write changed is read again");
    show.call("find_customer(c42)         by its key", find_customer(db, C42), who).await?;
    show.call("top_customers(3, 10)       by the pattern", top_customers(db, 3, 10), list).await?;
    show.call("region_revenue(2)          by its tag", region_revenue(db, 2), sum).await?;

    show.chapter("What it did not change is still there");
    show.call("region_revenue(3)", region_revenue(db, 3), sum).await?;
    show.call("find_customer(nobody)", find_customer(db, NOBODY), who).await?;

    println!("\nThe caches of this process");
    print!("{}", show::statistics());
    Ok(())
}

/// The lists that a thousand tasks got which asked at the same time.
async fn thousand_callers(db: &Db) -> Result<Vec<Arc<[Customer]>>, DbError> {
    let mut callers = JoinSet::new();
    for _ in 0..1_000 {
        let db = db.clone();
        callers.spawn(async move { top_customers(&db, 3, 10).await });
    }
    callers.join_all().await.into_iter().collect()
}

fn who(customer: &Option<Customer>) -> String {
    match customer {
        Some(Customer { name, region, cents }) => format!("{name}, region {region}, {}", euros(*cents)),
        None => "not found".into(),
    }
}

fn list(customers: &Arc<[Customer]>) -> String {
    let best = customers.first().map(|best| best.name.as_str());
    format!("{} customers, {} first", customers.len(), best.unwrap_or("nobody"))
}

fn many(lists: &[Arc<[Customer]>]) -> String {
    let one = lists.first().map(list).unwrap_or_default();
    format!("{} times {one}", thousands(lists.len() as u64))
}

fn sum(cents: &u64) -> String {
    euros(*cents)
}
