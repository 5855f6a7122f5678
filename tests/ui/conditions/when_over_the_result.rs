use cached_core::cache;

#[cache(ttl = 60, when = |id| id != 0)]
fn when_as_closure(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, when = !result.is_empty())]
fn when_over_the_result(id: u64) -> String {
    id.to_string()
}

fn main() {}
