use cached_core::cache;

fn names() -> Vec<String> {
    #[cache(ttl = 60)]
    let name = |id: u64| id.to_string();
    vec![name(1)]
}

fn main() {}
