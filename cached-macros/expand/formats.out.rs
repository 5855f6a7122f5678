::core::compile_error! {
    "`-` cannot separate two placeholders, because values may contain it; write `:` as in `\"{a}:{b}\"`, or another of `/ | , ; # =`"
}
fn search(
    kind: Kind,
    filter: &Filter,
    from: u32,
    to: u32,
    names: &[String],
) -> Vec<Hit> {
    index().search(kind, filter, from..to, names)
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
        ::core::unreachable!()
    }
    /// Removes the entry for these arguments, and keeps loads of it that are under way from storing.
    fn invalidate(kind: Kind, filter: &Filter, from: u32, to: u32, names: &[String]) {
        Self::__target(kind, filter, from, to, names).invalidate().wait();
    }
    /// The cache itself: its statistics, its size, and how to clear it.
    #[must_use]
    fn cache() -> ::cached_core::CacheHandle {
        ::core::unreachable!()
    }
    /// Runs the function as if it had no cache: nothing is looked up, nothing is stored.
    fn uncached(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> Vec<Hit> {
        search(kind, filter, from, to, names)
    }
    /// Runs the function and stores the result, whatever is cached.
    fn refresh(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> Vec<Hit> {
        search(kind, filter, from, to, names)
    }
    #[doc(hidden)]
    fn __target(
        kind: Kind,
        filter: &Filter,
        from: u32,
        to: u32,
        names: &[String],
    ) -> ::cached_core::__private::Target {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    fn __all() -> ::cached_core::__private::Target {
        ::core::unreachable!()
    }
}
