impl Catalogue {
    async fn price(&self, sku: &str) -> Result<Price, Error> {
        let __begun = {
            use ::cached_core::__private::{self as __rt, via::*};
            static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                module: ::core::module_path!(),
                name: "price",
                template: __rt::Template::new(&["price:", ":", ""]),
                default_key: false,
                backend: "memory",
                is_async: true,
            });
            let __found = __SITE
                .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<Result<Price, Error>>::NEW).shape(),
                    || __rt::Options::new().ttl(::core::time::Duration::new(300, 0)),
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
                    async move { if let ::core::option::Option::Some(__edge) =
                    ::core::option::Option::None:: < Result < Price, Error > > { return
                    __edge; } self.load(sku). await }
                ),
            )
            .await;
        __flight.finish(__output, |_| {})
    }
    fn default_currency() -> Currency {
        let __begun = {
            use ::cached_core::__private::{self as __rt, via::*};
            static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                module: ::core::module_path!(),
                name: "default_currency",
                template: __rt::Template::new(&[""]),
                default_key: true,
                backend: "memory",
                is_async: false,
            });
            let __found = __SITE
                .call(())
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<Currency>::NEW).shape(),
                    || __rt::Options::new().capacity(100),
                    |_| {},
                );
            match __found {
                ::core::result::Result::Ok(__output) => return __output,
                ::core::result::Result::Err(__begun) => __begun,
            }
        };
        let mut __flight = match __begun.wait() {
            ::cached_core::__private::Lookup::Found(__output) => return __output,
            ::cached_core::__private::Lookup::Lead(__flight) => __flight,
        };
        let __output = __flight.run(move || -> Currency { Currency::read() });
        __flight.finish(__output, |_| {})
    }
}
