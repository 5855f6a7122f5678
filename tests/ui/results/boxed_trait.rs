use cached_core::cache;

use std::fmt::Display;

#[cache(ttl = 60)]
fn shown(id: u64) -> Box<dyn Display + Send + Sync> {
    Box::new(id)
}

fn main() {}
