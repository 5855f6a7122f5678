use cached_core::cache;

#[cache(ttl = 60)]
async fn number(text: String) -> u32 {
    text.parse::<u32>()?
}

fn main() {}
