use cached_core::invalidates;

#[invalidates()]
fn nothing(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates(42)]
fn number(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates(["user:{id}", "users:*"])]
fn list(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates(tags = "users")]
fn tag_without_list(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
