use cached_core::cache;

use cached_core::KeyPart;

#[cache(ttl = 60)]
fn same<T: KeyPart + Clone + Send + Sync>(value: T) -> T {
    value
}

fn main() {}
