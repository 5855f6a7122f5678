use cached_core::cache;

struct Catalogue {
    shop: u32,
}

impl Catalogue {
    #[cache(ttl = 60)]
    async fn price(&mut self, sku: &str) -> u64 {
        self.shop += 1;
        u64::from(self.shop) + sku.len() as u64
    }
}

fn main() {}
