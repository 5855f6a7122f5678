use cached_core::cache;

use std::future::Future;

#[cache(ttl = 60)]
fn rate(currency: String) -> impl Future<Output = f64> {
    async move { currency.len() as f64 }
}

fn main() {}
