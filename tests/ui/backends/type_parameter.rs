use cached_core::cache;

#[cache(ttl = 60, backend = "redis")]
fn first<T: Clone + Send + Sync + 'static>(id: u64) -> Option<T> {
    let _ = id;
    None
}

#[cache(ttl = 60, backend = "tiered")]
fn all<T: Clone + Send + Sync + 'static>(id: u64) -> Result<Vec<T>, String> {
    let _ = id;
    Ok(Vec::new())
}

fn main() {}
