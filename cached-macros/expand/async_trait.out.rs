impl Users for PgUsers {
    fn user<'life0, 'async_trait>(
        &'life0 self,
        id: u64,
    ) -> ::core::pin::Pin<
        Box<
            dyn ::core::future::Future<
                Output = Option<User>,
            > + ::core::marker::Send + 'async_trait,
        >,
    >
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        ::std::boxed::Box::pin(async move {
            let mut __flight = {
                use ::cached_core::__private::{self as __rt, via::*};
                static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                    module: ::core::module_path!(),
                    name: "user",
                    template: __rt::Template::new(&["user:", ""]),
                    default_key: false,
                    backend: "memory",
                    is_async: true,
                });
                let __begin = __SITE
                    .call(((&&__rt::Part(&id)).part(),))
                    .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                    .begin(
                        (&&&&&&__rt::Returns::<Option<User>>::NEW).shape(),
                        || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
                        |_| {},
                    );
                match __begin.await {
                    __rt::Lookup::Found(__output) => return __output,
                    __rt::Lookup::Lead(__flight) => __flight,
                }
            };
            let __output = __flight
                .run_async({
                    fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
                        __body()
                    }
                    __call(move || -> ::core::pin::Pin<
                        Box<
                            dyn ::core::future::Future<
                                Output = Option<User>,
                            > + ::core::marker::Send + 'async_trait,
                        >,
                    > {
                        Box::pin(async move {
                            let __self = self;
                            let id = id;
                            __self.load(id).await
                        })
                    })
                })
                .await;
            __flight.finish(__output, |_| {})
        })
    }
}
