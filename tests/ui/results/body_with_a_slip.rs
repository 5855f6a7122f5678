use cached_core::cache;

#[cache(ttl = 60)]
fn name(id: u64) -> String {
    let shown = id.to_string();
    shwon
}

fn main() {}
