use cached_core::cache;

#[cache(ttl = 60, key = "")]
fn empty(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, key = "user:*:{id}")]
fn star(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, key = "user:{result.id}")]
fn result(id: u64) -> String {
    id.to_string()
}

fn main() {}
