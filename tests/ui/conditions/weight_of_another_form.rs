use cached_core::cache;

#[cache(ttl = 60, weight = 10)]
fn weight_as_number(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, weight = |name| name.len() as u32)]
fn weight_of_the_value_alone(id: u64) -> String {
    id.to_string()
}

fn main() {}
