use cached_core::cache;

struct User {
    id: u64,
}

#[cache(ttl = 60, key = "user:{user.uid}")]
fn user_name(user: &User) -> String {
    user.id.to_string()
}

fn main() {}
