use cached_core::cache;

use std::borrow::Cow;

#[cache(ttl = 60)]
fn lower<'a>(text: &'a str) -> Cow<'a, str> {
    Cow::Borrowed(text)
}

fn main() {}
