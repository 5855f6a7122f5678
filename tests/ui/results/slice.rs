use cached_core::cache;

#[cache(ttl = 60)]
fn head(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(..4)
}

fn main() {}
