use cached_core::cache;

#[cache(ttl = "60")]
fn text_without_unit(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = "3 months")]
fn unknown_unit(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = "1h 2h")]
fn unit_twice(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = "1.5h")]
fn fraction_as_text(currency: &str) -> f64 {
    currency.len() as f64
}

#[cache(ttl = "an hour")]
fn no_number(currency: &str) -> f64 {
    currency.len() as f64
}

fn main() {}
