use cached_core::cache;

#[cache(ttl = 60, unless = |name| name.len())]
fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
