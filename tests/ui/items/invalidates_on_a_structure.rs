use cached_core::invalidates;

#[invalidates("user:{id}")]
struct User {
    id: u64,
}

fn main() {}
