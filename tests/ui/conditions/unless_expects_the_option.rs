use cached_core::cache;

#[cache(ttl = 60, unless = |name| name.is_none())]
fn find_name(id: u64) -> Option<String> {
    (id != 0).then(|| id.to_string())
}

fn main() {}
