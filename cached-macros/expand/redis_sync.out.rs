fn exchange_rate(from: &str, to: &str) -> f64 {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = exchange_rate::__site()
            .call(((&&__rt::Part(&from)).part(), (&&__rt::Part(&to)).part()))
            .begin(
                (&__rt::ToShared::<
                    __rt::Json,
                    _,
                >::of((&&&&&&__rt::Returns::<f64>::NEW).shape()))
                    .__encoded(),
                || {
                    __rt::Options::new()
                        .ttl(::core::time::Duration::new(300, 0))
                        .jitter(0.1)
                        .version(SCHEMA)
                        .lock(__rt::Lock::Process)
                },
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
    let __output = __flight.run(move || -> f64 { fetch_rate(from, to) });
    __flight.finish(__output, |_| {})
}
/// The cache of [`exchange_rate`](fn@exchange_rate).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct exchange_rate {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl exchange_rate {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(from: &str, to: &str) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call(((&&__rt::Part(&from)).part(), (&&__rt::Part(&to)).part()))
            .text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate(from: &str, to: &str) {
        Self::__target(from, to).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached(from: &str, to: &str) -> f64 {
        Self::__site().uncached(move || exchange_rate(from, to))
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh(from: &str, to: &str) -> f64 {
        Self::__site().refresh(move || exchange_rate(from, to))
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "exchange_rate",
            template: __rt::Template::new(&["", ":", ""]),
            default_key: true,
            backend: "redis",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(from: &str, to: &str) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call(((&&__rt::Part(&from)).part(), (&&__rt::Part(&to)).part()))
            .target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
