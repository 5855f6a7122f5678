use cached_core::cache;

#[cache(ttl = 60, backend = "memcached", codec = "json")]
fn memcached(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
