use cached_core::cache;

fn is_short(name: String) -> bool {
    name.len() < 3
}

#[cache(ttl = 60, unless = is_short)]
fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
