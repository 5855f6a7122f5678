use cached_core::cache;

#[cache(ttl = 60, lock = "cluster")]
fn cluster_lock(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, codec = "json", version = 2)]
fn codec_and_version(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
