use cached_core::cache;

struct User {
    name: String,
}

#[cache(ttl = 60, key = "user:{id}")]
fn load_user(id: u64) -> Result<User, String> {
    Ok(User { name: id.to_string() })
}

fn main() {}
