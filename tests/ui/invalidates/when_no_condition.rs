use cached_core::invalidates;

#[invalidates("user:{id}", when = id)]
fn save_user(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:{id}", when = result)]
fn was_saved(id: u64) -> Result<bool, String> {
    Ok(id != 0)
}

#[invalidates("user:{id}", when = id != 0 && result)]
fn saved_as(id: u64) -> Option<String> {
    Some(id.to_string())
}

fn main() {}
