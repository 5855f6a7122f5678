use cached_core::cache;

struct Name<'a>(&'a str);

impl Clone for Name<'_> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

#[cache(ttl = 60)]
fn first(text: &str) -> Name {
    Name(text)
}

fn main() {}
