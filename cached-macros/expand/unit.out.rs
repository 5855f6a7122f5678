async fn greet(user: u64) {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = greet::__site()
            .call(((&&__rt::Part(&user)).part(),))
            .begin(
                (&&&&&&__rt::Returns::<()>::NEW).shape(),
                || __rt::Options::new().ttl(::core::time::Duration::new(86400, 0)),
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
        .run_async(::core::pin::pin!(async move { send_greeting(user). await; }))
        .await;
    __flight.finish(__output, |_| {})
}
/// The cache of [`greet`](fn@greet).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct greet {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl greet {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(user: u64) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&user)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    fn invalidate(user: u64) -> ::cached_core::Invalidated {
        Self::__target(user).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    async fn uncached(user: u64) {
        Self::__site().uncached_async(::core::pin::pin!(greet(user))).await
    }
    /// Runs the function and stores the result, whatever is cached.
    async fn refresh(user: u64) {
        Self::__site().refresh_async(::core::pin::pin!(greet(user))).await
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "greet",
            template: __rt::Template::new(&["greeted:", ""]),
            default_key: false,
            backend: "memory",
            is_async: true,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(user: u64) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&user)).part(),)).target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
