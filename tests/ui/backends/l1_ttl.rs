use cached_core::cache;

#[cache(ttl = 60, l1_ttl = "2m", backend = "tiered")]
fn longer(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, l1_ttl = 0, backend = "tiered")]
fn zero(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, l1_ttl = 2.5, backend = "tiered")]
fn fraction(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
