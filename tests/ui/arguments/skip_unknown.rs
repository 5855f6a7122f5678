use cached_core::cache;

struct Db;

#[cache(ttl = 60, skip(bd))]
fn user_name(db: &Db, id: u64) -> String {
    let _ = db;
    id.to_string()
}

fn main() {}
