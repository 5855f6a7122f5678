use cached_core::cache;

#[cache(ttl = 60 key = "rate:{currency}")]
fn rate(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
