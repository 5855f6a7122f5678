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
            let __begun = {
                use ::cached_core::__private::{self as __rt, via::*};
                static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                    module: ::core::module_path!(),
                    name: "user",
                    template: __rt::Template::new(&["user:", ""]),
                    default_key: false,
                    backend: "memory",
                    is_async: true,
                });
                let __found = __SITE
                    .call(((&&__rt::Part(&id)).part(),))
                    .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                    .begin(
                        (&&&&&&__rt::Returns::<Option<User>>::NEW).shape(),
                        || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
                        |_| {},
                    );
                match __found {
                    ::core::result::Result::Ok(__output) => return __output,
                    ::core::result::Result::Err(__begun) => __begun,
                }
            };
            let mut __flight = match __begun.await {
                ::cached_core::__private::Lookup::Found(__output) => return __output,
                ::cached_core::__private::Lookup::Lead(__flight) => __flight,
            };
            let __output = __flight
                .run_async(
                    ::core::pin::pin!(
                        { fn __call < __R > (__body : impl ::core::ops::FnOnce() -> __R)
                        -> __R { __body() } __call(move || -> ::core::pin::Pin < Box <
                        dyn ::core::future::Future < Output = Option < User > > +
                        ::core::marker::Send + 'async_trait > > { Box::pin(async move {
                        let __self = self; let id = id; __self.load(id). await }) }) }
                    ),
                )
                .await;
            __flight.finish(__output, |_| {})
        })
    }
}
