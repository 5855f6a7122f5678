use cached_core::cache;

#[cache(ttl = 60, capcity = 100)]
fn unknown(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(time = 60)]
fn unknown_known_elsewhere(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, colour = "red")]
fn unknown_without_a_guess(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, cache_if = |rate| *rate != 0.0)]
fn opposite_elsewhere(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
