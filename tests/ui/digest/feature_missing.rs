use cached_core::cache;

use serde::Serialize;

#[derive(Serialize)]
struct Filter {
    team: u32,
}

#[cache(ttl = 60, key = "count:{filter:hash}")]
fn count(filter: &Filter) -> u64 {
    u64::from(filter.team)
}

fn main() {}
