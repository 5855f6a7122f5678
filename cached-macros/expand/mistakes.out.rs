::core::compile_error! {
    "`#[cache]` has no argument `tll`; did you mean `ttl`?"
}
::core::compile_error! {
    "`skip` is for the default key; with `key`, leave the placeholder out instead"
}
::core::compile_error! {
    "no argument `idd`; this function has `db`, `id` and `name`; did you mean `id`?"
}
::core::compile_error! {
    "two placeholders need text between them, or different values would give one text; write `:` as in `\"{a}:{b}\"`"
}
::core::compile_error! {
    "`jitter` is the fraction of the `ttl` by which it is shortened at most: a number from 0 to below 1, such as `jitter = 0.1`"
}
async fn find(db: &Db, id: u64, name: &str) -> Option<User> {
    db.find(id, name).await
}
/// The cache of [`find`](fn@find).
#[allow(dead_code, missing_debug_implementations, non_camel_case_types, unreachable_pub)]
struct find {
    __never: ::core::convert::Infallible,
}
#[allow(deprecated, unreachable_pub, unused, clippy::all, clippy::pedantic)]
impl find {
    /// The key of the entry for these arguments.
    #[must_use]
    fn key(id: u64, name: &str) -> ::std::string::String {
        ::core::unreachable!()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing. Await it, or call `wait`.
    fn invalidate(id: u64, name: &str) -> ::cached_core::Invalidated {
        Self::__target(id, name).invalidate()
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::core::unreachable!()
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    async fn uncached(db: &Db, id: u64, name: &str) -> Option<User> {
        find(db, id, name).await
    }
    /// Runs the function and stores the result, whatever is cached.
    async fn refresh(db: &Db, id: u64, name: &str) -> Option<User> {
        find(db, id, name).await
    }
    #[doc(hidden)]
    fn __target(id: u64, name: &str) -> ::cached_core::__private::Target {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::core::unreachable!()
    }
}
