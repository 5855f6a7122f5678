use cached_core::cache;

struct Catalogue {
    shop: u32,
}

impl Catalogue {
    #[cache(ttl = 60, key = "price:{self.shop}:{sku}")]
    fn price(&self, sku: &str) -> u64 {
        sku.len() as u64
    }
}

fn forget(catalogue: &Catalogue) {
    catalogue.price_invalidate("apple");
}

fn main() {}
