use cached_core::invalidates;

#[invalidates("user:{id}", when = id)]
fn save_user(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
