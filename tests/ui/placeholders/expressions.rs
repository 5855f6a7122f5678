use cached_core::cache;

#[cache(ttl = 60, key = "user:{0}")]
fn positional(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{normalise(id)}")]
fn function_call(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id +}")]
fn no_expression(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

#[cache(ttl = 60, key = "user:{id == 1}")]
fn comparison(id: u64, language: &str) -> String {
    let _ = (id, language);
    String::new()
}

fn main() {}
