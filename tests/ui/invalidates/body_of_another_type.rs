use cached_core::invalidates;

#[invalidates("user:{id}")]
fn save_user(id: u64) -> Result<(), String> {
    Ok(id)
}

fn main() {}
