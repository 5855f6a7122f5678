use cached_core::cache;

struct Db;

#[cache(tll = 60, ttl = "5 parsecs", key = "user:{di}", capacity = 0, backend = "memcached", tags = "users")]
fn user_name(db: &Db, id: u64) -> String {
    let _ = db;
    id.to_string()
}

fn names() -> Vec<String> {
    // The function is there in spite of them: no error here.
    vec![user_name(&Db, 1)]
}

fn main() {}
