use cached_core::cache;

const SCHEMA: u64 = 2;

#[cache(ttl = 60, backend = "redis", version = SCHEMA)]
fn rate(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
