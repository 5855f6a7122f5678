use cached_core::cache;

struct Period {
    from: u64,
    to: u64,
}

struct Filter {
    period: Period,
}

#[cache(ttl = 60, key = "count:{filter.period}")]
fn count(filter: &Filter) -> u64 {
    filter.period.to - filter.period.from
}

fn main() {}
