// Memory in front of Redis, with a shorter time of its own and bounds that Redis does not need.

impl Catalogue {
    #[cache(
        ttl = 300,
        l1_ttl = "10s",
        backend = "tiered",
        capacity = 1_000,
        policy = "lru",
        version = 2,
        lock = "none",
        key = "prices:{self.shop}:{sku}",
        tags = ["shop:{self.shop}", "brand:{result.brand}:{sku}"],
        unless = |price| price.is_zero(),
        companion
    )]
    async fn price(&self, sku: String) -> Result<Price, Error> {
        self.load(sku).await
    }
}
