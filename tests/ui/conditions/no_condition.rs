use cached_core::cache;

#[cache(ttl = 60, when = id)]
fn when_no_condition(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, when = "id != 0")]
fn when_as_text(id: u64) -> String {
    id.to_string()
}

fn main() {}
