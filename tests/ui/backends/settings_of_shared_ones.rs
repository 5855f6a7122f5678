use cached_core::cache;

#[cache(ttl = 60, lock = "cluster")]
fn cluster_lock(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, codec = "json", version = 2)]
fn codec_and_version(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, l1_ttl = 5)]
fn second_time(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "sessions", version = 2)]
fn perhaps_shared(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "sessions", lock = "cluster")]
fn perhaps_shared_too(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
