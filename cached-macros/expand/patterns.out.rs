fn distance(
    (x, y): (f64, f64),
    Point { x: to_x, .. }: Point,
    mut scale: impl Into<f64> + KeyPart,
    _: &Tracer,
) -> f64 {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = distance::__site()
            .call((
                (&&__rt::Part(&x)).part(),
                (&&__rt::Part(&y)).part(),
                (&&__rt::Part(&to_x)).part(),
                (&&__rt::Part(&scale)).part(),
            ))
            .arguments(&(&scale,))
            .begin(
                (&&&&&&__rt::Returns::<f64>::NEW).shape(),
                || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
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
    let __output = __flight
        .run(move || -> f64 {
            scale = scale.into();
            scale * (x - to_x + y)
        });
    __flight.finish(__output, |_| {})
}
/// The cache of [`distance`](fn@distance).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct distance {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl distance {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(
        (x, y): (f64, f64),
        Point { x: to_x, .. }: Point,
        scale: impl Into<f64> + KeyPart,
    ) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call((
                (&&__rt::Part(&x)).part(),
                (&&__rt::Part(&y)).part(),
                (&&__rt::Part(&to_x)).part(),
                (&&__rt::Part(&scale)).part(),
            ))
            .text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate(__arg0: (f64, f64), __arg1: Point, scale: impl Into<f64> + KeyPart) {
        Self::__target(__arg0, __arg1, scale).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached(
        __arg0: (f64, f64),
        __arg1: Point,
        scale: impl Into<f64> + KeyPart,
        __arg3: &Tracer,
    ) -> f64 {
        Self::__site().uncached(move || distance(__arg0, __arg1, scale, __arg3))
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh(
        __arg0: (f64, f64),
        __arg1: Point,
        scale: impl Into<f64> + KeyPart,
        __arg3: &Tracer,
    ) -> f64 {
        Self::__site().refresh(move || distance(__arg0, __arg1, scale, __arg3))
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "distance",
            template: __rt::Template::new(&["", ":", ":", ":", ""]),
            default_key: true,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(
        (x, y): (f64, f64),
        Point { x: to_x, .. }: Point,
        scale: impl Into<f64> + KeyPart,
    ) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call((
                (&&__rt::Part(&x)).part(),
                (&&__rt::Part(&y)).part(),
                (&&__rt::Part(&to_x)).part(),
                (&&__rt::Part(&scale)).part(),
            ))
            .target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
