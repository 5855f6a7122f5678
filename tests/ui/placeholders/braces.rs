use cached_core::cache;

#[cache(ttl = 60, key = "user:{}")]
fn empty(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id")]
fn unclosed(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:id}")]
fn unopened(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

fn main() {}
