use cached_core::cache;

#[cache(ttl = 60, key = "warm:{id}", tags = ["user:{result}"])]
fn warm(id: u64) {
    let _ = id;
}

fn main() {}
