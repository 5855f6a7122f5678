use cached_core::cache;

#[cache(ttl = 60, key = "user:{id}{language}")]
fn adjacent(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id}0{language}")]
fn inseparable(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

fn main() {}
