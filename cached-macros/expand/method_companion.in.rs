// With `companion`, an inherent method gets siblings in place of a companion type.

impl Catalogue {
    #[cache(ttl = 300, key = "stock:{self.shop}:{sku}", companion)]
    pub fn stock(self: Arc<Self>, sku: &str, unit: Unit) -> u32 {
        self.count(sku, unit)
    }
}
