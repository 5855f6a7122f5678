use cached_core::cache;

#[cache(ttl = 60, key = format!("user:{id}"))]
fn format_macro(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, key = id)]
fn argument_instead_of_text(id: u64) -> String {
    id.to_string()
}

fn main() {}
