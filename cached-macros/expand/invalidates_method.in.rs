// Methods, by the path of their type; a `&mut self` that is lent out again.

impl Catalogue {
    #[invalidates(Self::price(self, sku), Catalogue::stock(*), "shop:{self.shop}")]
    fn set_price(&mut self, sku: &str, price: Price) -> &mut Price {
        self.prices.entry(sku.to_owned()).insert(price)
    }
}
