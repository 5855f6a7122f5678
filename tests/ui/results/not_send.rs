use cached_core::cache;

use std::rc::Rc;

#[cache(ttl = 60)]
fn name(id: u64) -> Rc<str> {
    id.to_string().into()
}

fn main() {}
