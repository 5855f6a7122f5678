use cached_core::cache;

#[cache(ttl = 0)]
fn zero(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = "0s")]
fn zero_as_text(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = "")]
fn empty(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
