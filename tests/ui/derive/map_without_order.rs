use cached_core::KeyPart;

use std::collections::HashMap;

#[derive(KeyPart)]
struct Filter {
    limits: HashMap<String, u32>,
}

fn main() {}
