async fn orders(customer: Customer, page: u32) -> Result<Orders, Error> {
    let (__begun, __kept0) = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __begun = {
            let __found = orders::__site()
                .call((
                    (&&__rt::Part(&customer.id)).part(),
                    (&&__rt::Part(&page)).part(),
                ))
                .begin(
                    (&&&&&&__rt::Returns::<Result<Orders, Error>>::NEW).shape(),
                    || {
                        __rt::Options::new()
                            .ttl(::core::time::Duration::new(60, 0))
                            .tagged()
                    },
                    |__tags| {
                        __tags
                            .add(
                                __rt::Template::new(&["customer:", ""])
                                    .render(&((&&__rt::Part(&customer.id)).part(),)),
                            );
                        __tags
                            .add(
                                __rt::Template::new(&["page:", ""])
                                    .render(&((&&__rt::Part(&page)).part(),)),
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
            __rt::Template::new(&["shop:", ":", ""])
                .capture((&&__rt::Part(&customer.region())).part()),
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
                ::core::option::Option::None:: < Result < Orders, Error > > { return
                __edge; } Orders::load(customer, page). await }
            ),
        )
        .await;
    __flight
        .finish(
            __output,
            |__entry| {
                use ::cached_core::__private::{self as __rt, via::*};
                let result = __entry.value();
                __entry
                    .tag(
                        __rt::Template::new(&["shop:", ":", ""])
                            .render(&((&&__rt::Part(&result.shop)).part(), __kept0)),
                    );
            },
        )
}
/// The cache of [`orders`](fn@orders).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct orders {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl orders {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(customer: Customer, page: u32) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call(((&&__rt::Part(&customer.id)).part(), (&&__rt::Part(&page)).part()))
            .text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    fn invalidate(customer: Customer, page: u32) -> ::cached_core::Invalidated {
        Self::__target(customer, page).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    async fn uncached(customer: Customer, page: u32) -> Result<Orders, Error> {
        Self::__site().uncached_async(::core::pin::pin!(orders(customer, page))).await
    }
    /// Runs the function and stores the result, whatever is cached.
    async fn refresh(customer: Customer, page: u32) -> Result<Orders, Error> {
        Self::__site().refresh_async(::core::pin::pin!(orders(customer, page))).await
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "orders",
            template: __rt::Template::new(&["orders:", ":", ""]),
            default_key: false,
            backend: "memory",
            is_async: true,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(customer: Customer, page: u32) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call(((&&__rt::Part(&customer.id)).part(), (&&__rt::Part(&page)).part()))
            .target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
