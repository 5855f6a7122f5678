use cached_core::invalidates;

struct User {
    id: u64,
}

#[invalidates("user:{result.uid}")]
fn save_user(id: u64) -> Result<User, String> {
    Ok(User { id })
}

fn main() {}
