use cached_core::cache;

use std::rc::Rc;

#[cache(ttl = 60)]
async fn name(id: u64) -> Option<Rc<str>> {
    Some(id.to_string().into())
}

fn main() {}
