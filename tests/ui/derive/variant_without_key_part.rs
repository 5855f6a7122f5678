use cached_core::KeyPart;

struct Period {
    days: u32,
}

#[derive(KeyPart)]
enum Filter {
    All,
    In(Period),
    Team { team: u32 },
}

fn main() {}
