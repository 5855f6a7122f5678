use cached_core::KeyPart;

#[derive(KeyPart)]
#[key_part(skip)]
struct Filter {
    team: u32,
}

#[derive(KeyPart)]
struct Page {
    team: u32,
    #[key_part(skip)]
    page: u32,
}

fn main() {}
