use cached_core::invalidates;

#[invalidates("user:{di}", "users:**", tags = ["", "team:{name"], on = "never")]
fn save_user(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
