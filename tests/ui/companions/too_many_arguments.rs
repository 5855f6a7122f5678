use cached_core::cache;

struct Db;

#[cache(ttl = 60, key = "user:{id}")]
fn name(db: &Db, id: u64) -> String {
    let _ = db;
    id.to_string()
}

fn forget(db: &Db) {
    name::invalidate(db, 7);
}

fn main() {}
