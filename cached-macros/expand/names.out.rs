pub fn r#type(r#type: u8) -> u8 {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = r#type::__site()
            .call(((&&__rt::Part(&r#type)).part(),))
            .begin(
                (&&&&&&__rt::Returns::<u8>::NEW).shape(),
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
    let __output = __flight.run(move || -> u8 { r#type });
    __flight.finish(__output, |_| {})
}
/// The cache of [`type`](fn@type).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub struct r#type {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl r#type {
    /// The key of the entry for these arguments.
    #[must_use]
    pub fn key(r#type: u8) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&r#type)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    pub fn invalidate(__arg0: u8) {
        Self::__target(__arg0).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub fn uncached(__arg0: u8) -> u8 {
        Self::__site().uncached(move || r#type(__arg0))
    }
    /// Runs the function and stores the result, whatever is cached.
    pub fn refresh(__arg0: u8) -> u8 {
        Self::__site().refresh(move || r#type(__arg0))
    }
    #[doc(hidden)]
    #[inline]
    pub fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "type",
            template: __rt::Template::new(&["", ""]),
            default_key: true,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    pub fn __target(r#type: u8) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&r#type)).part(),)).target()
    }
    #[doc(hidden)]
    pub fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
#[doc(hidden)]
#[cfg(unix)]
#[must_use]
pub unsafe extern "C" fn peek(address: usize) -> u8 {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = peek::__site()
            .call(((&&__rt::Part(&address)).part(),))
            .begin(
                (&&&&&&__rt::Returns::<u8>::NEW).shape(),
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
    let __output = __flight.run(move || -> u8 { unsafe { *(address as *const u8) } });
    __flight.finish(__output, |_| {})
}
#[cfg(unix)]
#[doc(hidden)]
/// The cache of [`peek`](fn@peek).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub struct peek {
    __never: ::core::convert::Infallible,
}
#[cfg(unix)]
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl peek {
    /// The key of the entry for these arguments.
    #[must_use]
    pub fn key(address: usize) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&address)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    pub fn invalidate(address: usize) {
        Self::__target(address).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub unsafe fn uncached(address: usize) -> u8 {
        Self::__site().uncached(move || unsafe { peek(address) })
    }
    /// Runs the function and stores the result, whatever is cached.
    pub unsafe fn refresh(address: usize) -> u8 {
        Self::__site().refresh(move || unsafe { peek(address) })
    }
    #[doc(hidden)]
    #[inline]
    pub fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "peek",
            template: __rt::Template::new(&["peek:", ""]),
            default_key: false,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    pub fn __target(address: usize) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&address)).part(),)).target()
    }
    #[doc(hidden)]
    pub fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
