fn text(page: u32) -> Option<String> {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = text::__site()
            .call(((&&__rt::Part(&page)).part(),))
            .when(page < 10)
            .begin(
                (&&&&&&__rt::Returns::<Option<String>>::NEW).shape(),
                || {
                    __rt::Options::new()
                        .ttl(Duration::from_secs(60) * MINUTES)
                        .null_ttl(::core::time::Duration::new(0, 0))
                        .capacity(1_000_000)
                        .policy(::cached_core::Policy::Lru)
                        .jitter(0.1)
                        .single_flight(false)
                        .weighted()
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
    let __output = __flight.run(move || -> Option<String> { render(page) });
    __flight
        .finish(
            __output,
            |__entry| {
                __entry.unless(|text| text.is_empty());
                __entry.weight(|_key, text| text.len() as u32);
            },
        )
}
/// The cache of [`text`](fn@text).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct text {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl text {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(page: u32) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&page)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate(page: u32) {
        Self::__target(page).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached(page: u32) -> Option<String> {
        Self::__site().uncached(move || text(page))
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh(page: u32) -> Option<String> {
        Self::__site().refresh(move || text(page))
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "text",
            template: __rt::Template::new(&["text:", ""]),
            default_key: false,
            backend: "scratch",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(page: u32) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&page)).part(),)).target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
