use cached_core::cache;

#[cache(ttl = 60)]
fn describe<T>(value: T) -> String {
    let _ = value;
    String::new()
}

fn main() {}
