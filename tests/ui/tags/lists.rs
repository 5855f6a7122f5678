use cached_core::cache;

struct User {
    name: String,
}

#[cache(ttl = 60, key = "user:{id}", tags = "users")]
fn text_instead_of_list(id: u64, team: u32) -> Option<std::sync::Arc<User>> {
    Some(std::sync::Arc::new(User { name: format!("{id} of {team}") }))
}

#[cache(ttl = 60, key = "user:{id}", tags = ["users", team])]
fn name_instead_of_text(id: u64, team: u32) -> Option<std::sync::Arc<User>> {
    Some(std::sync::Arc::new(User { name: format!("{id} of {team}") }))
}

#[cache(ttl = 60, key = "user:{id}", tags = [])]
fn empty_list(id: u64, team: u32) -> Option<std::sync::Arc<User>> {
    Some(std::sync::Arc::new(User { name: format!("{id} of {team}") }))
}

#[cache(ttl = 60, key = "user:{id}", tags = [""])]
fn empty_text(id: u64, team: u32) -> Option<std::sync::Arc<User>> {
    Some(std::sync::Arc::new(User { name: format!("{id} of {team}") }))
}

#[cache(ttl = 60, key = "user:{id}", tags = ["users", "users"])]
fn twice(id: u64, team: u32) -> Option<std::sync::Arc<User>> {
    Some(std::sync::Arc::new(User { name: format!("{id} of {team}") }))
}

fn main() {}
