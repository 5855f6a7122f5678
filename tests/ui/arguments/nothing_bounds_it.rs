use cached_core::cache;

#[cache]
fn none(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(key = "rate:{currency}")]
fn no_bound(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
