use cached_core::cache;

#[cache(ttl = 60)]
#[cache(capacity = 100)]
fn name(id: u64) -> String {
    id.to_string()
}

struct Shop;

impl Shop {
    #[cache(companion)]
    #[doc = "Documented."]
    #[cached_core::cache(tll = 60, key = "price:{sku}")]
    #[::cached_core::cache(ttl = 5, policy = "fifo")]
    async fn price(&self, sku: &str, _at: u64) -> usize {
        sku.len()
    }
}

pub async fn forget(id: u64) {
    // The companions are there in spite of the mistake, as one attribute would make them: no error here.
    name::invalidate(id);
    Shop::price_invalidate("a").await;
}

fn main() {}
