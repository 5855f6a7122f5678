use cached_core::cache;

struct Filter {
    team: u32,
}

#[cache(ttl = 60, key = "count:{filter:?}")]
fn count(filter: &Filter) -> u64 {
    u64::from(filter.team)
}

fn main() {}
