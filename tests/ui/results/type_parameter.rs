use cached_core::{KeyPart, cache};

#[cache(ttl = 60)]
fn same<T: KeyPart>(value: T) -> T {
    value
}

#[cache(ttl = 60)]
fn first<T: Clone>(id: u64) -> Result<Option<T>, String> {
    let _ = id;
    Ok(None)
}

struct Shelf<T>(Vec<T>);

impl<T> Shelf<T> {
    #[cache(ttl = 60, skip(self))]
    fn all(&self) -> Option<Vec<T>> {
        None
    }
}

fn main() {}
