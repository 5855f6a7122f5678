use cached_core::cache;

#[cache(ttl = 60)]
fn fill(buffer: &mut Vec<u8>, id: u64) -> usize {
    buffer.push(id as u8);
    buffer.len()
}

fn main() {}
