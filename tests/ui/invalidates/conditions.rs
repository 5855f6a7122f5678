use cached_core::invalidates;

#[invalidates("user:{id}", on = "error")]
fn on_unknown(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

#[invalidates("user:{id}", when = |result| result.changed)]
fn when_as_closure(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
