use cached_core::cache;

const TTL: u64 = 60;

#[cache(ttl = TTL)]
fn rate(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
