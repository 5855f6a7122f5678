use cached_core::cache;

trait Catalogue {
    #[cache(ttl = 60, skip(self))]
    fn price(&self, sku: &str) -> u64;
}

fn main() {}
