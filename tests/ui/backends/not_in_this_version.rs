use cached_core::cache;

#[cache(ttl = 60, backend = "redis")]
fn redis(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "tiered")]
fn tiered(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "memcached")]
fn memcached(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
