use cached_core::cache;

mod name {
    pub const LONGEST: usize = 80;
}

#[cache(ttl = 60)]
fn name(id: u64) -> String {
    id.to_string().repeat(name::LONGEST)
}

fn main() {}
