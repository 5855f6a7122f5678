pub fn page<'a>(
    site: &'a Client,
    path: &'a str,
) -> BoxFuture<'a, Result<Arc<str>, Error>> {
    ::std::boxed::Box::pin(async move {
        let __begun = {
            use ::cached_core::__private::{self as __rt, via::*};
            let __found = page::__site()
                .call(((&&__rt::Part(&path)).part(),))
                .begin(
                    (&&&&&&__rt::Returns::<Result<Arc<str>, Error>>::NEW).shape(),
                    || __rt::Options::new().ttl(::core::time::Duration::new(60, 0)),
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
                    { fn __call < __R > (__body : impl ::core::ops::FnOnce() -> __R) ->
                    __R { __body() } __call(move || -> BoxFuture < 'a, Result < Arc < str
                    >, Error > > { site.get(path).boxed() }) }
                ),
            )
            .await;
        __flight.finish(__output, |_| {})
    })
}
/// The cache of [`page`](fn@page).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub struct page {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl page {
    /// The key of the entry for these arguments.
    #[must_use]
    pub fn key<'a>(path: &'a str) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&path)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    pub fn invalidate<'a>(path: &'a str) -> ::cached_core::Invalidated {
        Self::__target(path).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub async fn uncached<'a>(
        site: &'a Client,
        path: &'a str,
    ) -> Result<Arc<str>, Error> {
        Self::__site().uncached_async(::core::pin::pin!(page(site, path))).await
    }
    /// Runs the function and stores the result, whatever is cached.
    pub async fn refresh<'a>(
        site: &'a Client,
        path: &'a str,
    ) -> Result<Arc<str>, Error> {
        Self::__site().refresh_async(::core::pin::pin!(page(site, path))).await
    }
    #[doc(hidden)]
    #[inline]
    pub fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "page",
            template: __rt::Template::new(&["page:", ""]),
            default_key: false,
            backend: "memory",
            is_async: true,
        });
        &__SITE
    }
    #[doc(hidden)]
    pub fn __target<'a>(path: &'a str) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&path)).part(),)).target()
    }
    #[doc(hidden)]
    pub fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
