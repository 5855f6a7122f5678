impl Catalogue {
    async fn price(&self, sku: &str) -> Result<Price, Error> {
        let mut __flight = {
            use ::cached_core::__private::{self as __rt, via::*};
            static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                module: ::core::module_path!(),
                name: "price",
                template: __rt::Template::new(&["price:", ":", ""]),
                default_key: false,
                backend: "memory",
                is_async: true,
            });
            let __begin = __SITE
                .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<Result<Price, Error>>::NEW).shape(),
                    || __rt::Options::new().ttl(::core::time::Duration::new(300, 0)),
                    |_| {},
                );
            match __begin.await {
                __rt::Lookup::Found(__output) => return __output,
                __rt::Lookup::Lead(__flight) => __flight,
            }
        };
        let __output = __flight
            .run_async(async move {
                if let ::core::option::Option::Some(__edge) = ::core::option::Option::None::<
                    Result<Price, Error>,
                > {
                    return __edge;
                }
                self.load(sku).await
            })
            .await;
        __flight.finish(__output, |_| {})
    }
    fn default_currency() -> Currency {
        let mut __flight = {
            use ::cached_core::__private::{self as __rt, via::*};
            static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
                module: ::core::module_path!(),
                name: "default_currency",
                template: __rt::Template::new(&[""]),
                default_key: true,
                backend: "memory",
                is_async: false,
            });
            let __begin = __SITE
                .call(())
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<Currency>::NEW).shape(),
                    || __rt::Options::new().capacity(100),
                    |_| {},
                );
            match __begin.wait() {
                __rt::Lookup::Found(__output) => return __output,
                __rt::Lookup::Lead(__flight) => __flight,
            }
        };
        let __output = __flight.run(move || -> Currency { Currency::read() });
        __flight.finish(__output, |_| {})
    }
}
