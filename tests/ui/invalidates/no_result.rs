use cached_core::invalidates;

#[invalidates("user:{result.id}")]
fn result_of_nothing(id: u64) {
    let _ = id;
}

#[invalidates("user:{result.id}")]
fn result_of_impl_trait(id: u64) -> impl Sized {
    id
}

#[invalidates("user:{result.id}", before)]
fn before_with_result(id: u64, name: &str) -> Result<(), String> {
    let _ = (id, name);
    Ok(())
}

fn main() {}
