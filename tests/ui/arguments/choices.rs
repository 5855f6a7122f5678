use cached_core::cache;

#[cache(ttl = 60, policy = "lfu")]
fn unknown_policy(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, policy = cached_core::Policy::Lru)]
fn policy_as_a_path(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, lock = "proces")]
fn unknown_lock(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
