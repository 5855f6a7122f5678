use cached_core::cache;

#[cache(ttl = 60, key = "price:{self.shop}:{sku}")]
fn price(sku: &str) -> u64 {
    sku.len() as u64
}

#[cache(ttl = 60, skip(self))]
fn other_price(sku: &str) -> u64 {
    sku.len() as u64
}

fn main() {}
