use cached_core::cache;

#[cache(60)]
fn unnamed_duration(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache("rate:{currency}", ttl = 60)]
fn unnamed_key(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
