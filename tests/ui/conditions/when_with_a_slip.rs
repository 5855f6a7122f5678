use cached_core::cache;

#[cache(ttl = 60, when = idd != 0)]
fn name(id: u64) -> String {
    id.to_string()
}

fn main() {}
