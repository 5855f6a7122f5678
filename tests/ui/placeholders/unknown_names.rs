use cached_core::cache;

#[cache(ttl = 60, key = "user:{user_id}:{language}")]
fn unknown(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id}:{langauge}")]
fn misspelt(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id}")]
fn without_arguments() -> String {
    String::new()
}

#[cache(ttl = 60, key = "user:{MAX}")]
fn constant(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

fn main() {}
