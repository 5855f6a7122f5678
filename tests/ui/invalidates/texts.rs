use cached_core::invalidates;

#[invalidates("user:{user_id}")]
fn unknown_placeholder(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:{id}{name}")]
fn adjacent_placeholders(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:**")]
fn two_stars(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates(tags = ["team:*"])]
fn star_in_tag(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:{id}", "user:{id}")]
fn twice(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
