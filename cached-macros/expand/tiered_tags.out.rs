impl Catalogue {
    async fn price(&self, sku: String) -> Result<Price, Error> {
        let (__begun, __kept0) = {
            use ::cached_core::__private::{self as __rt, via::*};
            let __begun = {
                let __found = Self::__price_site()
                    .call((
                        (&&__rt::Part(&self.shop)).part(),
                        (&&__rt::Part(&sku)).part(),
                    ))
                    .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                    .begin(
                        (&__rt::ToShared::<
                            __rt::Msgpack,
                            _,
                        >::of(
                            (&&&&&&__rt::Returns::<Result<Price, Error>>::NEW).shape(),
                        ))
                            .__encoded(),
                        || {
                            __rt::Options::new()
                                .ttl(::core::time::Duration::new(300, 0))
                                .l1_ttl(::core::time::Duration::new(10, 0))
                                .capacity(1_000)
                                .policy(::cached_core::Policy::Lru)
                                .version(2)
                                .lock(__rt::Lock::None)
                                .tagged()
                                .result_tags()
                        },
                        |__tags| {
                            __tags
                                .add(
                                    __rt::Template::new(&["shop:", ""])
                                        .render(&((&&__rt::Part(&self.shop)).part(),)),
                                );
                        },
                    );
                match __found {
                    ::core::result::Result::Ok(__output) => return __output,
                    ::core::result::Result::Err(__begun) => __begun,
                }
            };
            (
                __begun,
                __rt::Template::new(&["brand:", ":", ""])
                    .capture((&&__rt::Part(&sku)).part()),
            )
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
        let (__output, __stored) = __flight
            .finish_shared(
                __output,
                |__entry| {
                    __entry.unless(|price| price.is_zero());
                    use ::cached_core::__private::{self as __rt, via::*};
                    let result = __entry.value();
                    __entry
                        .tag(
                            __rt::Template::new(&["brand:", ":", ""])
                                .render(&((&&__rt::Part(&result.brand)).part(), __kept0)),
                        );
                },
            );
        {
            use ::cached_core::__private::{self as __rt, via::*};
            let __shape = (&&&&__rt::Returns::<Result<Price, Error>>::NEW).outcome();
            let __kept = match __shape.split(__output) {
                ::core::result::Result::Ok(__kept) => __kept,
                ::core::result::Result::Err(__output) => return __output,
            };
            __stored.await;
            __shape.join(__kept)
        }
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// The key of the entry for these arguments.
    #[must_use]
    fn price_key(&self, sku: String) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__price_site()
            .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
            .text()
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    #[must_use = "the shared store may not have done it yet: `.await` it, or call `.wait()`"]
    fn price_invalidate(&self, sku: String) -> ::cached_core::Invalidated {
        Self::__price_companion(self, sku).invalidate()
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn price_cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__price_site())
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    async fn price_uncached(&self, sku: String) -> Result<Price, Error> {
        Self::__price_site()
            .uncached_async(::core::pin::pin!(Self::price(self, sku)))
            .await
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// Runs the function and stores the result, whatever is cached.
    async fn price_refresh(&self, sku: String) -> Result<Price, Error> {
        Self::__price_site()
            .refresh_async(::core::pin::pin!(Self::price(self, sku)))
            .await
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    #[doc(hidden)]
    #[inline]
    fn __price_site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "price",
            template: __rt::Template::new(&["prices:", ":", ""]),
            default_key: false,
            backend: "tiered",
            is_async: true,
        });
        &__SITE
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    #[doc(hidden)]
    fn __price_companion(&self, sku: String) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__price_site()
            .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
            .target()
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    #[doc(hidden)]
    fn __price_companion_all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__price_site())
    }
}
