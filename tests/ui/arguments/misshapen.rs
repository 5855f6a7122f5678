use cached_core::cache;

#[cache(ttl)]
fn missing_value(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = , capacity = 10)]
fn other_rate(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl: 60)]
fn colon(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl(60))]
fn parentheses(currency: &str) -> f64 {
    currency.len() as f64
}

struct Db;

#[cache(ttl = 60, skip = db)]
fn skip_as_value(db: &Db, id: u64) -> String {
    let _ = db;
    id.to_string()
}

fn main() {}
