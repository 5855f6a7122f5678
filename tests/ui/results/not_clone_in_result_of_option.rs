use cached_core::cache;

struct User {
    name: String,
}

#[derive(Debug)]
struct DbError;

#[cache(ttl = 60, key = "user:{id}", tags = ["name:{result.name}"], unless = |user| user.name.is_empty())]
async fn find_user(id: u64) -> Result<Option<User>, DbError> {
    Ok(Some(User { name: id.to_string() }))
}

fn main() {}
