/// How many members a team has.
#[tracing::instrument(skip_all)]
pub(crate) async fn member_count(db: &Db, team: u32) -> Result<u64, DbError> {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = member_count::__site()
            .call(((&&__rt::Part(&team)).part(),))
            .begin(
                (&&&&&&__rt::Returns::<Result<u64, DbError>>::NEW).shape(),
                || __rt::Options::new().ttl(::core::time::Duration::new(300, 0)),
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
                ::core::option::Option::None:: < Result < u64, DbError > > { return
                __edge; } let mut rows = db.members(team). await ?; Ok(rows.count().
                await ?) }
            ),
        )
        .await;
    __flight.finish(__output, |_| {})
}
/// The cache of [`member_count`](fn@member_count).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub(crate) struct member_count {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl member_count {
    /// The key of the entry for these arguments.
    #[must_use]
    pub(crate) fn key(team: u32) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&team)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    pub(crate) fn invalidate(team: u32) -> ::cached_core::Invalidated {
        Self::__target(team).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub(crate) fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub(crate) async fn uncached(db: &Db, team: u32) -> Result<u64, DbError> {
        Self::__site().uncached_async(::core::pin::pin!(member_count(db, team))).await
    }
    /// Runs the function and stores the result, whatever is cached.
    pub(crate) async fn refresh(db: &Db, team: u32) -> Result<u64, DbError> {
        Self::__site().refresh_async(::core::pin::pin!(member_count(db, team))).await
    }
    #[doc(hidden)]
    #[inline]
    pub(crate) fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "member_count",
            template: __rt::Template::new(&["", ""]),
            default_key: true,
            backend: "memory",
            is_async: true,
        });
        &__SITE
    }
    #[doc(hidden)]
    pub(crate) fn __target(team: u32) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&team)).part(),)).target()
    }
    #[doc(hidden)]
    pub(crate) fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
