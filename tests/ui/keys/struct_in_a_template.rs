use cached_core::cache;

struct Period {
    year: u16,
}

#[cache(ttl = 60, key = "count:{period}", tags = ["period:{period}"])]
fn count(period: &Period) -> u64 {
    u64::from(period.year)
}

fn main() {}
