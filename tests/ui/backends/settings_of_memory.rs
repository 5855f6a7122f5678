use cached_core::cache;

#[cache(ttl = 60, backend = "redis", capacity = 100)]
fn capacity(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "redis", policy = "lru")]
fn policy(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "sessions", codec = "msgpack", weight = |key, _| key.len() as u32)]
fn weight(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "redis", l1_ttl = 5)]
fn one_tier(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "sessions", l1_ttl = 5)]
fn registered(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
