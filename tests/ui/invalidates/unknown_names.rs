use cached_core::invalidates;

#[invalidates("user:{id}", tag = ["users"])]
fn unknown_argument(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:{id}", wehn = id != 0)]
fn misspelt_argument(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates(key = "user:{id}")]
fn named_key(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:{id}", unless = id == 0)]
fn opposite_condition(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
