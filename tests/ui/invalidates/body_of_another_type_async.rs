use cached_core::invalidates;

#[invalidates("user:{id}")]
async fn save_user(id: u64) -> Result<(), String> {
    Ok(id)
}

fn main() {}
