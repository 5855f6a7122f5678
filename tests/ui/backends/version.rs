use cached_core::cache;

#[cache(ttl = 60, backend = "redis", version = "2")]
fn text(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "redis", version = 1.2)]
fn fraction(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "redis", version = 20_261_121_000)]
fn too_large(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = 60, backend = "redis", version = generation)]
fn from_an_argument(generation: u32) -> f64 {
    generation.into()
}

fn main() {}
