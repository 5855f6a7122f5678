use cached_core::{cache, invalidates};

struct Catalogue {
    shop: u32,
}

impl Catalogue {
    #[cache(ttl = 60, key = "price:{self.shop}:{sku}")]
    fn price(&self, sku: &str) -> u64 {
        sku.len() as u64
    }

    #[invalidates(self.price(sku))]
    fn set_price(&mut self, sku: &str, price: u64) {
        self.shop += (sku.len() as u64 + price) as u32;
    }
}

fn main() {}
