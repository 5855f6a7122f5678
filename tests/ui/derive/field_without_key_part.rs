use cached_core::KeyPart;

struct Period {
    days: u32,
}

#[derive(KeyPart)]
struct Filter {
    team: u32,
    period: Period,
}

fn main() {}
