use cached_core::cache;

struct Catalogue {
    shop: u32,
}

impl Catalogue {
    #[cache(ttl = 60, key = "price:{self}:{sku}")]
    fn price(&self, sku: &str) -> u64 {
        u64::from(self.shop) + sku.len() as u64
    }
}

fn main() {}
