use cached_core::cache;

#[cache(ttl = 60)]
#[cache(capacity = 100)]
fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
