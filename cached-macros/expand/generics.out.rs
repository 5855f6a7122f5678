pub async fn row<'a, D, K, const WIDTH: usize>(
    db: &'a D,
    key: K,
) -> Result<[u8; WIDTH], D::Error>
where
    D: Database + ?Sized,
    K: Key<'a> + Clone,
{
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = row::__site()
            .call(((&&__rt::Part(&key)).part(),))
            .scope(
                __rt::TypeTag::NONE,
                __rt::TypeTag::of::<(*const D, K, [(); WIDTH])>(),
            )
            .begin(
                (&&&&&&__rt::Returns::<Result<[u8; WIDTH], D::Error>>::NEW).shape(),
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
                async move { if let ::core::option::Option::Some(__edge) =
                ::core::option::Option::None:: < Result < [u8; WIDTH], D::Error > > {
                return __edge; } db.get(key). await }
            ),
        )
        .await;
    __flight.finish(__output, |_| {})
}
/// The cache of [`row`](fn@row).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub struct row {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl row {
    /// The key of the entry for these arguments.
    #[must_use]
    pub fn key<'a, K>(key: K) -> ::std::string::String
    where
        K: Key<'a> + Clone,
    {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&key)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    pub fn invalidate<'a, K>(key: K) -> ::cached_core::Invalidated
    where
        K: Key<'a> + Clone,
    {
        Self::__target::<K>(key).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub async fn uncached<'a, D, K, const WIDTH: usize>(
        db: &'a D,
        key: K,
    ) -> Result<[u8; WIDTH], D::Error>
    where
        D: Database + ?Sized,
        K: Key<'a> + Clone,
    {
        Self::__site()
            .uncached_async(::core::pin::pin!(row:: < D, K, { WIDTH } > (db, key)))
            .await
    }
    /// Runs the function and stores the result, whatever is cached.
    pub async fn refresh<'a, D, K, const WIDTH: usize>(
        db: &'a D,
        key: K,
    ) -> Result<[u8; WIDTH], D::Error>
    where
        D: Database + ?Sized,
        K: Key<'a> + Clone,
    {
        Self::__site()
            .refresh_async(::core::pin::pin!(row:: < D, K, { WIDTH } > (db, key)))
            .await
    }
    #[doc(hidden)]
    #[inline]
    pub fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "row",
            template: __rt::Template::new(&["row:", ""]),
            default_key: false,
            backend: "memory",
            is_async: true,
        });
        &__SITE
    }
    #[doc(hidden)]
    pub fn __target<'a, K>(key: K) -> ::cached_core::__private::Target
    where
        K: Key<'a> + Clone,
    {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&key)).part(),)).target()
    }
    #[doc(hidden)]
    pub fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
fn count<T: Table, const FAST: bool>() -> u64 {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = count::__site()
            .call(())
            .scope(__rt::TypeTag::NONE, count::__generics::<T, { FAST }>())
            .begin(
                (&&&&&&__rt::Returns::<u64>::NEW).shape(),
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
    let __output = __flight.run(move || -> u64 { T::count(FAST) });
    __flight.finish(__output, |_| {})
}
/// The cache of [`count`](fn@count).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct count {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl count {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key<T: Table, const FAST: bool>() -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call(())
            .scope(__rt::TypeTag::NONE, count::__generics::<T, { FAST }>())
            .text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate<T: Table, const FAST: bool>() {
        Self::__target::<T, { FAST }>().invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached<T: Table, const FAST: bool>() -> u64 {
        Self::__site().uncached(move || count::<T, { FAST }>())
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh<T: Table, const FAST: bool>() -> u64 {
        Self::__site().refresh(move || count::<T, { FAST }>())
    }
    #[doc(hidden)]
    #[inline]
    fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "count",
            template: __rt::Template::new(&[""]),
            default_key: true,
            backend: "memory",
            is_async: false,
        });
        &__SITE
    }
    #[doc(hidden)]
    fn __target<T: Table, const FAST: bool>() -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site()
            .call(())
            .scope(__rt::TypeTag::NONE, count::__generics::<T, { FAST }>())
            .target()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
    #[doc(hidden)]
    fn __generics<T: Table, const FAST: bool>() -> ::cached_core::__private::TypeTag {
        use ::cached_core::__private as __rt;
        #[allow(dead_code, non_camel_case_types)]
        struct __ConstFAST<const __VALUE: bool>;
        __rt::TypeTag::of::<(T, __ConstFAST<{ FAST }>)>()
    }
}
