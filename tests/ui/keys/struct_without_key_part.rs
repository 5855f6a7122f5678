use cached_core::cache;

struct Filter {
    team: u32,
    active: bool,
}

#[cache(ttl = 60)]
fn count(filter: Filter, page: u32) -> u64 {
    u64::from(filter.team) + u64::from(filter.active) + u64::from(page)
}

fn main() {}
