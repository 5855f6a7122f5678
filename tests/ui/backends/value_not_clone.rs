use cached_core::cache;

#[derive(serde::Serialize, serde::Deserialize)]
struct Price(f64);

#[cache(ttl = 60, backend = "redis")]
fn price(sku: &str) -> Price {
    Price(sku.len() as f64)
}

#[cache(ttl = 60, backend = "redis")]
async fn async_price(sku: &str) -> Result<Price, String> {
    Ok(Price(sku.len() as f64))
}

fn main() {}
