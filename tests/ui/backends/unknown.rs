use cached_core::cache;

#[cache(ttl = 60, backend = "memroy")]
fn misspelt(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "in-memory")]
fn synonym(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = memory)]
fn as_a_name(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
