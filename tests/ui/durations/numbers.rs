use cached_core::cache;

#[cache(ttl = 1.5)]
fn fraction(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = -60)]
fn negative(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 5m)]
fn unit_outside_of_text(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = true)]
fn boolean(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
