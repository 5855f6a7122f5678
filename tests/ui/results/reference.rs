use cached_core::cache;

#[cache(ttl = 60)]
fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or(text)
}

fn main() {}
