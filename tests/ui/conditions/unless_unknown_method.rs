use cached_core::cache;

#[cache(ttl = 60, unless = |names| names.is_emtpy())]
fn names(team: u32) -> Result<Vec<String>, String> {
    Ok(vec![team.to_string()])
}

fn main() {}
