use cached_core::cache;

struct User {
    name: String,
}

#[cache(ttl = 60)]
fn users(team: u32) -> Vec<User> {
    vec![User { name: team.to_string() }]
}

fn main() {}
