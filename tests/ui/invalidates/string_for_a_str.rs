use cached_core::{cache, invalidates};

#[cache(ttl = 60, key = "user:{name}")]
fn find_user(name: &str) -> Option<u64> {
    Some(name.len() as u64)
}

// What is meant is `find_user(&name)`.
#[invalidates(find_user(name))]
fn save_user(name: String) -> Result<(), String> {
    let _ = name;
    Ok(())
}

fn main() {}
