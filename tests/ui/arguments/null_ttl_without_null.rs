use cached_core::cache;

#[cache(ttl = 60, null_ttl = 5)]
fn names(team: u32) -> Result<Vec<String>, String> {
    Ok(vec![team.to_string()])
}

fn main() {}
