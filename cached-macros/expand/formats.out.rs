fn search(
    kind: Kind,
    filter: &Filter,
    from: u32,
    to: u32,
    names: &[String],
) -> Vec<Hit> {
    let mut __flight = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __begin = search::__site()
            .call((
                __rt::DebugPart(&kind),
                __rt::HashPart(&filter),
                (&&__rt::Part(&from)).part(),
                (&&__rt::Part(&to)).part(),
                (&&__rt::Part(&names.join(","))).part(),
            ))
            .begin(
                (&&&&&&__rt::Returns::<Vec<Hit>>::NEW).shape(),
                || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
                |_| {},
            );
        match __begin.wait() {
            __rt::Lookup::Found(__output) => return __output,
            __rt::Lookup::Lead(__flight) => __flight,
        }
    };
    let __output = __flight
        .run(move || -> Vec<Hit> { index().search(kind, filter, from..to, names) });
    __flight.finish(__output, |_| {})
}
/// The cache of [`search`](fn@search).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct search {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl search {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call((
                __rt::DebugPart(&kind),
                __rt::HashPart(&filter),
                (&&__rt::Part(&from)).part(),
                (&&__rt::Part(&to)).part(),
                (&&__rt::Part(&names.join(","))).part(),
            ))
            .text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate(kind: Kind, filter: &Filter, from: u32, to: u32, names: &[String]) {
        Self::__target(kind, filter, from, to, names).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> Vec<Hit> {
        Self::__site().uncached(move || search(kind, filter, from, to, names))
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> Vec<Hit> {
        Self::__site().refresh(move || search(kind, filter, from, to, names))
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "search",
            template: __rt::Template::new(
                &["{v2}/", "/", "/", "-", "/", ""],
                1u128 << b'-',
            ),
            default_key: false,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call((
                __rt::DebugPart(&kind),
                __rt::HashPart(&filter),
                (&&__rt::Part(&from)).part(),
                (&&__rt::Part(&to)).part(),
                (&&__rt::Part(&names.join(","))).part(),
            ))
            .target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
