use cached_core::cache;

#[cache(ttl = 60)]
fn numbers(to: u32) -> impl Iterator<Item = u32> {
    0..to
}

fn main() {}
