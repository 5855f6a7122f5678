use cached_core::cache;

#[cache(ttl = 60)]
fn name(id: u64) -> String {
    id
}

#[cache(ttl = 60)]
async fn other_name(id: u64) -> String {
    if id == 0 {
        return "nobody";
    }
    id.to_string()
}

fn main() {}
