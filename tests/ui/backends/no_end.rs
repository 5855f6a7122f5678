use cached_core::cache;

#[cache(backend = "redis", jitter = 0.1)]
fn redis(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(backend = "tiered", capacity = 100)]
fn tiered(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
