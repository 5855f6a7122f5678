pub async fn find_user(db: &Db, id: u64) -> Result<Option<User>, DbError> {
    let __begun = {
        use ::cached_core::__private::{self as __rt, via::*};
        let __found = find_user::__site()
            .call(((&&__rt::Part(&id)).part(),))
            .begin(
                (&__rt::ToShared::<
                    __rt::Msgpack,
                    _,
                >::of(
                    (&&&&&&__rt::Returns::<Result<Option<User>, DbError>>::NEW).shape(),
                ))
                    .__encoded(),
                || {
                    __rt::Options::new()
                        .ttl(::core::time::Duration::new(3600, 0))
                        .null_ttl(::core::time::Duration::new(30, 0))
                        .tagged()
                        .result_tags()
                },
                |__tags| {
                    __tags.add(__rt::Template::new(&["users"]).render(&()));
                },
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
                ::core::option::Option::None:: < Result < Option < User >, DbError > > {
                return __edge; } db.user(id). await }
            ),
        )
        .await;
    let (__output, __stored) = __flight
        .finish_shared(
            __output,
            |__entry| {
                use ::cached_core::__private::{self as __rt, via::*};
                let result = __entry.value();
                __entry
                    .tag(
                        __rt::Template::new(&["team:", ""])
                            .render(&((&&__rt::Part(&result.team)).part(),)),
                    );
            },
        );
    {
        use ::cached_core::__private::{self as __rt, via::*};
        let __shape = (&&&&__rt::Returns::<Result<Option<User>, DbError>>::NEW)
            .outcome();
        let __kept = match __shape.split(__output) {
            ::core::result::Result::Ok(__kept) => __kept,
            ::core::result::Result::Err(__output) => return __output,
        };
        __stored.await;
        __shape.join(__kept)
    }
}
/// The cache of [`find_user`](fn@find_user).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
pub struct find_user {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl find_user {
    /// The key of the entry for these arguments.
    #[must_use]
    pub fn key(id: u64) -> ::std::string::String {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&id)).part(),)).text()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    #[must_use = "the shared store may not have done it yet: `.await` it, or call `.wait()`"]
    pub fn invalidate(id: u64) -> ::cached_core::Invalidated {
        Self::__target(id).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    pub fn cache() -> ::cached_core::CacheHandle {
        ::cached_core::CacheHandle::of(Self::__site())
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    pub async fn uncached(db: &Db, id: u64) -> Result<Option<User>, DbError> {
        Self::__site().uncached_async(::core::pin::pin!(find_user(db, id))).await
    }
    /// Runs the function and stores the result, whatever is cached.
    pub async fn refresh(db: &Db, id: u64) -> Result<Option<User>, DbError> {
        Self::__site().refresh_async(::core::pin::pin!(find_user(db, id))).await
    }
    #[doc(hidden)]
    #[inline]
    pub fn __site() -> &'static ::cached_core::__private::Site {
        use ::cached_core::__private as __rt;
        static __SITE: __rt::Site = __rt::Site::new(__rt::Meta {
            module: ::core::module_path!(),
            name: "find_user",
            template: __rt::Template::new(&["user:", ""]),
            default_key: false,
            backend: "redis",
            is_async: true,
        });
        &__SITE
    }
    #[doc(hidden)]
    pub fn __target(id: u64) -> ::cached_core::__private::Target {
        use ::cached_core::__private::{self as __rt, via::*};
        Self::__site().call(((&&__rt::Part(&id)).part(),)).target()
    }
    #[doc(hidden)]
    pub fn __all() -> ::cached_core::__private::Target {
        ::cached_core::__private::Target::all_of(Self::__site())
    }
}
