use cached_core::cache;

#[cache(ttl = 60, jitter = 1.5)]
fn jitter_out_of_range(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, jitter = -0.1)]
fn other_rate(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, jitter = "10%")]
fn jitter_as_percentage(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(capacity = 100, jitter = 0.1)]
fn jitter_without_ttl(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
