use cached_core::cache;

#[cache(ttl = 60)]
fn load(id: u64, fetch: impl Fn(u64) -> String) -> String {
    fetch(id)
}

fn main() {}
