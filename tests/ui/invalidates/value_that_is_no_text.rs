use cached_core::invalidates;

struct User {
    id: u64,
}

#[invalidates("user:{user}")]
fn save_user(user: &User) -> Result<(), String> {
    let _ = user.id;
    Ok(())
}

fn main() {}
