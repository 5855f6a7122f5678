use cached_core::{cache, invalidates};

#[cache(ttl = 60, key = "user:{id}")]
fn find_user(id: u64) -> Option<String> {
    Some(id.to_string())
}

#[invalidates(find_user())]
fn save_user(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
