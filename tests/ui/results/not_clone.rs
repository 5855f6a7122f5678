use cached_core::cache;

struct User {
    name: String,
}

#[cache(ttl = 60)]
fn load_user(id: u64) -> User {
    User { name: id.to_string() }
}

fn main() {}
