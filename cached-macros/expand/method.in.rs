// `self` is in the key only as far as the key says so. The site lives in the body.

impl Catalogue {
    #[cache(ttl = 300, key = "price:{self.shop}:{sku}")]
    async fn price(&self, sku: &str) -> Result<Price, Error> {
        self.load(sku).await
    }

    #[cache(capacity = 100)]
    fn default_currency() -> Currency {
        Currency::read()
    }
}
