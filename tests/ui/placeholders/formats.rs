use cached_core::cache;

#[cache(ttl = 60, key = "user:{id:>8}")]
fn width(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id:hex}")]
fn unknown_format(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

fn main() {}
