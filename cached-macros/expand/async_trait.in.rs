// What `#[async_trait]` has made of `async fn user(&self, id: u64) -> Option<User>` when it comes to `#[cache]`.

impl Users for PgUsers {
    #[cache(ttl = 60, key = "user:{id}")]
    fn user<'life0, 'async_trait>(
        &'life0 self,
        id: u64,
    ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Option<User>> + ::core::marker::Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let __self = self;
            let id = id;
            __self.load(id).await
        })
    }
}
