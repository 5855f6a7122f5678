use cached_core::cache;

#[derive(Clone)]
struct User {
    roles: Roles,
}

#[derive(Clone)]
struct Roles;

#[cache(ttl = 60, key = "user:{id}", tags = ["roles:{result.roles}"])]
fn find_user(id: u64) -> Option<User> {
    (id != 0).then_some(User { roles: Roles })
}

fn main() {}
