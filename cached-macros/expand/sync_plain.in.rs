// A TTL is all it takes: in memory, keyed by every argument.

/// What one unit of `from` costs in `to`.
#[cache(ttl = 60)]
fn exchange_rate(from: &str, to: &str) -> f64 {
    fetch_rate(from, to)
}
