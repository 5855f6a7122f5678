use cached_core::cache;

struct Filter {
    team: u32,
}

#[cache(ttl = 60)]
fn count(filters: &[Filter]) -> u64 {
    filters.iter().map(|filter| u64::from(filter.team)).sum()
}

fn main() {}
