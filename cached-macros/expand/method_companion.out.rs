impl Catalogue {
    pub fn stock(self: Arc<Self>, sku: &str, unit: Unit) -> u32 {
        let __begun = {
            use ::cached_core::__private::{self as __rt, via::*};
            let __found = Self::__stock_site()
                .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
                .scope(__rt::TypeTag::of::<Self>(), __rt::TypeTag::NONE)
                .begin(
                    (&&&&&&__rt::Returns::<u32>::NEW).shape(),
                    || __rt::Options::new().ttl(::core::time::Duration::new(300, 0)),
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
        let __output = __flight.run(move || -> u32 { self.count(sku, unit) });
        __flight.finish(__output, |_| {})
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// The key of the entry for these arguments.
    #[must_use]
    pub fn stock_key(&self, sku: &str) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__stock_site()
            .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
            .text()
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    pub fn stock_invalidate(&self, sku: &str) {
        Self::__stock_companion(self, sku).invalidate().wait();
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub fn stock_cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__stock_site())
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub fn stock_uncached(self: Arc<Self>, sku: &str, unit: Unit) -> u32 {
        Self::__stock_site().uncached(move || Self::stock(self, sku, unit))
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    /// Runs the function and stores the result, whatever is cached.
    pub fn stock_refresh(self: Arc<Self>, sku: &str, unit: Unit) -> u32 {
        Self::__stock_site().refresh(move || Self::stock(self, sku, unit))
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    #[doc(hidden)]
    #[inline]
    pub fn __stock_site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "stock",
            template: __rt::Template::new(&["stock:", ":", ""]),
            default_key: false,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    #[doc(hidden)]
    pub fn __stock_companion(&self, sku: &str) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__stock_site()
            .call(((&&__rt::Part(&self.shop)).part(), (&&__rt::Part(&sku)).part()))
            .target()
    }
    #[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
    #[doc(hidden)]
    pub fn __stock_companion_all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__stock_site())
    }
}
