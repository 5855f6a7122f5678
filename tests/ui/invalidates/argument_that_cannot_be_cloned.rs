use cached_core::invalidates;

struct Id(u64);

#[cached_core::cache(ttl = 60, key = "user:{id.0}")]
fn find_user(id: Id) -> Option<String> {
    Some(id.0.to_string())
}

#[invalidates(find_user(id))]
fn save_user(id: Id) -> Result<(), String> {
    let _ = id;
    Ok(())
}

fn main() {}
