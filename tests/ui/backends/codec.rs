use cached_core::cache;

#[cache(ttl = 60, backend = "redis", codec = "jsn")]
fn misspelt(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "redis", codec = "bincode")]
fn unknown(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "tiered", codec = Json)]
fn as_a_name(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
