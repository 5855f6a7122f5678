use cached_core::cache;

use std::cell::RefCell;

#[cache(ttl = 60)]
fn names(team: u32) -> RefCell<Vec<u32>> {
    RefCell::new(vec![team])
}

fn main() {}
