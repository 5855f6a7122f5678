use cached_core::cache;

#[cache(capacity = 0)]
fn capacity_of_zero(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(capacity = "10_000")]
fn capacity_as_text(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
