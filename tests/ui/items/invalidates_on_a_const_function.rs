use cached_core::invalidates;

#[invalidates("squares:*")]
const fn square(n: u64) -> u64 {
    n * n
}

fn main() {}
