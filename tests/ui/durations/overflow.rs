use cached_core::cache;

#[cache(ttl = "99999999999999999999w")]
fn too_long(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 20_000_000_000_000_000_000)]
fn too_many_seconds(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
