use cached_core::cache;

#[cache(ttl = 60)]
const fn square(n: u64) -> u64 {
    n * n
}

fn main() {}
