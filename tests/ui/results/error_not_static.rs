use cached_core::cache;

#[cache(ttl = 60)]
fn parse(text: &str) -> Result<u32, ParseError<'_>> {
    text.parse().map_err(|_| ParseError(text))
}

struct ParseError<'a>(&'a str);

fn main() {}
