use cached_core::KeyPart;

struct Period {
    days: u32,
}

#[derive(KeyPart)]
struct Filter(Period);

fn main() {}
