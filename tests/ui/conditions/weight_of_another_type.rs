use cached_core::cache;

#[cache(ttl = 60, weight = |_, name| name.len())]
fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
