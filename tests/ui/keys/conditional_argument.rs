use cached_core::cache;

#[cache(ttl = 60)]
fn count(team: u32, #[cfg(windows)] page: u32) -> u64 {
    u64::from(team)
}

fn main() {}
