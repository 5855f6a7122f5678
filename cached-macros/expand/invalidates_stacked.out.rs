fn profile(id: u64) -> Profile {
    let mut __pending = {
        use ::cached_core::__private::{self as __rt, via::*};
        __rt::Pending::new(
            ::cached_core::Invalidation::new()
                .tag(__rt::Template::new(&["visits"]).render(&())),
        )
    };
    let __output = {
        fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
            __body()
        }
        __call(move || -> Profile {
            let mut __pending = {
                use ::cached_core::__private::{self as __rt, via::*};
                __rt::Pending::new(
                    ::cached_core::Invalidation::new()
                        .key(
                            __rt::Template::new(&["visits:", ""])
                                .render(&((&&__rt::Part(&id)).part(),)),
                        ),
                )
            };
            let __output = {
                fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
                    __body()
                }
                __call(move || -> Profile {
                    let __begun = {
                        use ::cached_core::__private::{self as __rt, via::*};
                        let __found = profile::__site()
                            .call(((&&__rt::Part(&id)).part(),))
                            .begin(
                                (&&&&&&__rt::Returns::<Profile>::NEW).shape(),
                                || {
                                    __rt::Options::new().ttl(::core::time::Duration::new(60, 0))
                                },
                                |_| {},
                            );
                        match __found {
                            ::core::result::Result::Ok(__output) => return __output,
                            ::core::result::Result::Err(__begun) => __begun,
                        }
                    };
                    let mut __flight = match __begun.wait() {
                        ::cached_core::__private::Lookup::Found(__output) => {
                            return __output;
                        }
                        ::cached_core::__private::Lookup::Lead(__flight) => __flight,
                    };
                    let __output = __flight
                        .run(move || -> Profile { Profile::load(id) });
                    __flight.finish(__output, |_| {})
                })
            };
            {
                use ::cached_core::__private::{self as __rt, via::*};
                let __shape = (&&&&__rt::Returns::<Profile>::NEW).outcome();
                if __shape.is_ok(&__output) {
                    __pending.run().wait();
                } else {
                    __pending.disarm();
                }
            }
            __output
        })
    };
    {
        use ::cached_core::__private::{self as __rt, via::*};
        let __shape = (&&&&__rt::Returns::<Profile>::NEW).outcome();
        if __shape.is_ok(&__output) {
            __pending.run().wait();
        } else {
            __pending.disarm();
        }
    }
    __output
}
/// The cache of [`profile`](fn@profile).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct profile {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl profile {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(id: u64) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&id)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate(id: u64) {
        Self::__target(id).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached(id: u64) -> Profile {
        Self::__site().uncached(move || profile(id))
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh(id: u64) -> Profile {
        Self::__site().refresh(move || profile(id))
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "profile",
            template: __rt::Template::new(&["profile:", ""]),
            default_key: false,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(id: u64) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&id)).part(),)).target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
