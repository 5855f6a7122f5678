// The same for a thread that waits, and with everything that is to be said about values in Redis.

#[cache(ttl = "5m", backend = "redis", codec = "json", version = SCHEMA, lock = "process", jitter = 0.1)]
fn exchange_rate(from: &str, to: &str) -> f64 {
    fetch_rate(from, to)
}
