use cached_core::cache;

struct Db;

impl Db {
    fn name(&self, id: u64) -> String {
        id.to_string()
    }
}

#[cache(ttl = 60)]
fn user_name(db: &Db, id: u64) -> String {
    db.name(id)
}

fn main() {}
