use cached_core::cache;

struct User {
    name: String,
}

#[cache(ttl = 60, key = "user:{id}", tags = ["team:{result.team}"])]
fn find_user(id: u64, team: u32) -> Option<std::sync::Arc<User>> {
    Some(std::sync::Arc::new(User { name: format!("{id} of {team}") }))
}

fn main() {}
