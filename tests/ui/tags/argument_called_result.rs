use cached_core::cache;

#[cache(ttl = 60, key = "score:{result}", tags = ["match:{result}"])]
fn score(result: u64) -> u64 {
    result
}

fn main() {}
