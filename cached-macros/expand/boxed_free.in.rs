// A free function that returns a boxed future by hand.

#[cache(ttl = 60, key = "page:{path}")]
pub fn page<'a>(site: &'a Client, path: &'a str) -> BoxFuture<'a, Result<Arc<str>, Error>> {
    site.get(path).boxed()
}
