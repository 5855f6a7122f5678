use cached_core::cache;

#[cache(ttl = 60)]
fn name(id: u64) -> String {
    id.to_string()
}

fn forget() {
    name::invalidate("7");
}

fn main() {}
