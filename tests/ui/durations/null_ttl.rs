use cached_core::cache;

#[cache(ttl = 60, null_ttl = "never")]
fn find(id: u64) -> Option<String> {
    Some(id.to_string())
}

fn main() {}
