use cached_core::cache;

#[derive(Clone)]
struct Price(f64);

#[cache(ttl = 60, backend = "redis")]
fn price(sku: &str) -> Price {
    Price(sku.len() as f64)
}

#[cache(ttl = 60, backend = "redis")]
async fn async_price(sku: &str) -> Result<Option<Price>, String> {
    Ok(Some(Price(sku.len() as f64)))
}

#[derive(Clone, serde::Serialize)]
struct Half(f64);

#[cache(ttl = 60, backend = "tiered")]
fn prices(sku: &str) -> Vec<Half> {
    vec![Half(sku.len() as f64)]
}

fn main() {}
