//! Every mistake has its message, and every message is provoked here at least once.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::expand;
use crate::features::{self, Features};
use crate::scan::Surroundings;

/// The messages in what an attribute expands to.
fn messages(expanded: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_error = false;
    for token in expanded {
        match token {
            TokenTree::Ident(word) => in_error = word == "compile_error",
            TokenTree::Group(group) if in_error => {
                let literal: syn::LitStr = syn::parse2(group.stream()).expect("a message");
                found.push(literal.value());
                in_error = false;
            }
            _ => {}
        }
    }
    found
}

fn of_cache(attr: TokenStream, item: TokenStream) -> Vec<String> {
    with_features(features::ALL, attr, item)
}

fn with_features(features: Features, attr: TokenStream, item: TokenStream) -> Vec<String> {
    messages(expand::cache(attr, item, |_| Some(Surroundings::Free), features))
}

fn of_invalidates(attr: TokenStream, item: TokenStream) -> Vec<String> {
    messages(expand::invalidates(attr, item, |_| Some(Surroundings::Free)))
}

/// Expects one message for each case, and these words in it.
fn expect_one(cases: Vec<(Vec<String>, &str)>) {
    for (messages, expected) in cases {
        assert!(
            matches!(messages.as_slice(), [message] if message.contains(expected)),
            "expected {expected:?} alone, got {messages:#?}"
        );
    }
}

/// Items as text: formatted as code, they would take more lines than they have words.
fn item(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

fn function() -> TokenStream {
    item("fn find(db: &Db, id: u64) -> Option<User> { db.find(id) }")
}

#[test]
fn arguments_are_known_and_given_once() {
    let on = |attr| of_cache(attr, function());
    expect_one(vec![
        (on(quote!(tll = 60, skip(db))), "did you mean `ttl`?"),
        (on(quote!(max_size = 60, ttl = 1)), "write `capacity = 10_000`"),
        (on(quote!(ttl_secs = 60)), "write `ttl = 60`"),
        (on(quote!(ttl_ms = 60)), "write `ttl = \"250ms\"`"),
        (on(quote!(frobnicate = 60, ttl = 1)), "it has `ttl`, `null_ttl`"),
        (on(quote!(ttl = 60, ttl = 61)), "given twice"),
        (on(quote!(60)), "write `ttl = 60`"),
        (on(quote!("user:{id}", ttl = 60)), "write `key = \"user:{id}\"`"),
        (on(quote!(ttl(60))), "write `ttl = 60`"),
        (on(quote!(ttl)), "write `ttl = 60`"),
        (on(quote!(ttl = )), "needs a value"),
        (on(quote!(ttl = 60, skip = [db])), "write `skip(db)`"),
        (on(quote!(ttl = 60, skip("db"))), "takes the names of arguments"),
        (on(quote!(ttl = 60 key = "a")), "expected `,` before `key`"),
        (on(quote!(ttl = 60, companion(x))), "write `companion`"),
        (on(quote!(ttl = 60, companion = 3)), "write `companion` alone"),
        (on(quote!(ttl = 60, =)), "expected an argument"),
    ]);
}

/// A name of another library is answered with what does the same, which may take the opposite condition.
#[test]
fn names_that_mean_the_opposite_elsewhere_say_so() {
    let on = |attr| of_cache(attr, function());
    let invalidates = |attr| of_invalidates(attr, function());
    let negated = "with the condition negated";
    expect_one(vec![
        (on(quote!(ttl = 60, cache_if = |value| value.done)), negated),
        (on(quote!(ttl = 60, store_when = |value| value.done)), negated),
        (on(quote!(ttl = 60, skip_if = id == 0)), negated),
        (on(quote!(ttl = 60, disabled = id == 0)), negated),
        (on(quote!(ttl = 60, unless = id == 0)), negated),
        (invalidates(quote!("a", unless = id == 0)), negated),
        (on(quote!(ttl = 60, enabled = id != 0)), "write `when = id != 0`"),
        (on(quote!(ttl = 60, include(id))), "but those in `skip(..)`"),
        (on(quote!(tti = 60)), "a hit does not prolong it"),
        (on(quote!(ttl = 60, result = true)), "errors are never stored"),
        (on(quote!(ttl = 60, cache_null = false)), "`null_ttl = 0`"),
        (on(quote!(ttl = 60, sync_writes = false)), "`lock = \"none\"`"),
        (invalidates(quote!("a", after = true)), "leave this out"),
        (invalidates(quote!("a", all_entries = true)), "`find_user(*)`"),
        (invalidates(quote!("a", all)), "`find_user(*)`"),
        (invalidates(quote!(allEntries)), "`find_user(*)`"),
        (invalidates(quote!(beforeInvocation = true, "a")), "write `before`"),
        (invalidates(quote!(cacheNames = "users")), "name the cached function"),
        (invalidates(quote!(list(id, *))), "by a pattern"),
        (invalidates(quote!(list(*, id))), "by a pattern"),
        (invalidates(quote!(list(_, id))), "by a pattern"),
        (invalidates(quote!(list(id, ..))), "by a pattern"),
        (on(quote!(redis = true)), "write `backend = \"redis\"`"),
        (on(quote!(convert = "{ id }")), "write `key = "),
        (on(quote!(ty = "HashMap<u64, User>")), "leave this out"),
        (on(quote!(cacheIf = |v| v.ok)), "condition negated"),
        (invalidates(quote!("a", after)), "leave this out"),
        (invalidates(quote!("a", before_invocation)), "write `before`"),
    ]);
}

#[test]
fn a_broken_argument_hides_no_other_mistake() {
    let found = of_cache(quote!(tll = |a, b| a, key = "user:{idd}", policy = "fifo", jitter = 2), function());
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn what_bounds_the_cache() {
    let on = |attr| of_cache(attr, function());
    expect_one(vec![
        (on(quote!()), "say how long a value is fresh"),
        (on(quote!(key = "a")), "say how long a value is fresh"),
        (on(quote!(ttl = 0)), "`ttl` of zero"),
        (on(quote!(ttl = "0s")), "`ttl` of zero"),
        (on(quote!(ttl = "soon")), "expected a number"),
        (on(quote!(capacity = 0)), "`capacity` of zero"),
        (on(quote!(capacity = "many")), "write `capacity = 10_000`"),
        (on(quote!(capacity = -1)), "write `capacity = 10_000`"),
        (on(quote!(capacity = 99999999999999999999)), "64 bits"),
        (on(quote!(ttl = 60, jitter = 1)), "from 0 to below 1"),
        (on(quote!(ttl = 60, jitter = -0.5)), "from 0 to below 1"),
        (on(quote!(ttl = 60, jitter = "a")), "from 0 to below 1"),
        (on(quote!(capacity = 5, jitter = 0.1)), "there is none"),
        (on(quote!(ttl = id)), "cannot depend on `id`"),
        (on(quote!(capacity = db.len())), "cannot depend on `db`"),
    ]);
    assert!(on(quote!(capacity = 5)).is_empty());
    assert!(on(quote!(ttl = 5, null_ttl = 0, jitter = 0)).is_empty());
}

#[test]
fn choices_are_listed() {
    let on = |attr| of_cache(attr, function());
    expect_one(vec![
        (on(quote!(ttl = 60, policy = "fifo")), "it is `\"adaptive\"` or `\"lru\"`"),
        (on(quote!(ttl = 60, policy = "lur")), "did you mean `lru`?"),
        (on(quote!(ttl = 60, policy = Lru)), "`policy` is `\"adaptive\"` or `\"lru\"`"),
        (on(quote!(ttl = 60, lock = "all")), "`\"process\"`"),
        (on(quote!(ttl = 60, backend = "memroy")), "did you mean `memory`?"),
        (on(quote!(ttl = 60, backend = "in-memory")), "did you mean `memory`?"),
        (on(quote!(ttl = 60, backend = "")), "`backend` is empty"),
        (on(quote!(ttl = 60, backend = Memory)), "string literal"),
    ]);
    assert!(on(quote!(ttl = 60, backend = "scratch", lock = "none", policy = "lru")).is_empty());
}

#[test]
fn settings_go_with_their_backend() {
    let on = |attr| of_cache(attr, function());
    expect_one(vec![
        (on(quote!(ttl = 60, lock = "cluster")), "`lock = \"process\"` is all there is"),
        (on(quote!(ttl = 60, lock = "cluster", backend = "scratch")), "add `codec = \"msgpack\"`"),
        (on(quote!(ttl = 60, codec = "json")), "`codec` belongs to shared backends"),
        (on(quote!(ttl = 60, codec = "jason")), "`codec` belongs to shared backends"),
        (on(quote!(ttl = 60, version = "2")), "`version` belongs to shared backends"),
        (on(quote!(ttl = 60, version = 2, backend = "scratch")), "add `codec = \"msgpack\"`"),
        (on(quote!(ttl = 60, l1_ttl = 5)), "`ttl` is for it"),
        (on(quote!(ttl = 60, l1_ttl = 5, backend = "redis")), "use `backend = \"tiered\"`"),
        (on(quote!(ttl = 60, l1_ttl = 5, backend = "scratch")), "has no memory in front"),
        (on(quote!(ttl = 60, l1_ttl = 5, backend = "scratch", codec = "json")), "has no memory in front"),
        (on(quote!(ttl = 60, l1_ttl = 61, backend = "tiered")), "`l1_ttl` is longer than `ttl`"),
        (on(quote!(ttl = "1s", l1_ttl = "1s 1ns", backend = "tiered")), "`l1_ttl` is longer than `ttl`"),
        (on(quote!(ttl = 60, l1_ttl = 0, backend = "tiered")), "`l1_ttl` of zero"),
        (on(quote!(ttl = 60, l1_ttl = "soon", backend = "tiered")), "expected a number"),
        (on(quote!(ttl = 60, l1_ttl = id, backend = "tiered")), "cannot depend on `id`"),
        (on(quote!(ttl = 60, capacity = 0, backend = "redis")), "Redis has `maxmemory`"),
        (on(quote!(ttl = 60, policy = "fifo", backend = "redis")), "Redis has `maxmemory-policy`"),
        (on(quote!(ttl = 60, weight = |_, _| 1, backend = "redis")), "`weight` bounds memory"),
        (on(quote!(ttl = 60, weight = |_, _| 1, backend = "tiered")), "`capacity` counts entries"),
        (on(quote!(ttl = 60, capacity = 9, backend = "scratch", codec = "json")), "a shared store bounds itself"),
        (on(quote!(ttl = 60, capacity = 0, backend = "tiered")), "`capacity` of zero"),
        (on(quote!(backend = "redis")), "add `ttl = 3600`"),
        (on(quote!(backend = "tiered", capacity = 5)), "add `ttl = 3600`"),
        (on(quote!(backend = "redis", jitter = 0.1)), "add `ttl = 3600`"),
        (on(quote!(backend = "scratch", codec = "json")), "add `ttl = 3600`"),
        (on(quote!(ttl = 60, backend = "redis", codec = "bincode")), "`\"msgpack\"`, `\"json\"` or `\"postcard\"`"),
        (on(quote!(ttl = 60, backend = "redis", codec = Json)), "`codec` is `\"msgpack\"`"),
        (on(quote!(ttl = 60, backend = "redis", version = "2")), "write `version = 2`"),
        (on(quote!(ttl = 60, backend = "redis", version = 2.1)), "write `version = 2`"),
        (on(quote!(ttl = 60, backend = "redis", version = -1)), "write `version = 2`"),
        (on(quote!(ttl = 60, backend = "redis", version = 2u64)), "write `version = 2`"),
        (on(quote!(ttl = 60, backend = "redis", version = 4294967296)), "32 bits"),
        (on(quote!(ttl = 60, backend = "redis", version = id)), "cannot depend on `id`"),
        (on(quote!(ttl = 60, backend = "memcached", codec = "json", version = 2)), "not in this version yet"),
        (on(quote!(ttl = 60, backend = "Redis")), "did you mean `redis`?"),
        (on(quote!(ttl = 60, backend = "valkey")), "did you mean `redis`?"),
        (on(quote!(ttl = 60, backend = "teired")), "did you mean `tiered`?"),
    ]);
    for attr in [
        quote!(ttl = 60, backend = "redis"),
        quote!(ttl = 60, backend = "redis", codec = "json", version = SCHEMA, lock = "process", jitter = 0.1),
        quote!(ttl = 60, backend = "tiered", l1_ttl = 60, capacity = 5, policy = "lru"),
        quote!(ttl = LONG, backend = "tiered", l1_ttl = "1w", lock = "cluster"),
        quote!(ttl = 60, backend = "scratch", codec = "postcard", version = 2u32, lock = "cluster"),
    ] {
        assert_eq!(on(attr), [""; 0]);
    }
}

#[test]
fn what_the_build_lacks_is_said_once() {
    let on = |features, attr| with_features(features, attr, function());
    expect_one(vec![
        (on(&[], quote!(ttl = 60, backend = "redis")), "version = \"..\", features = [\"redis\"]"),
        (on(&["shared"], quote!(ttl = 60, backend = "tiered")), "`backend = \"tiered\"` needs the feature `redis`"),
        (on(&[], quote!(ttl = 60, backend = "redis", codec = "msgpack")), "needs the feature `redis`"),
        (on(&["shared", "redis"], quote!(ttl = 60, backend = "redis", codec = "json")), "needs the feature `json`"),
        (on(&[], quote!(ttl = 60, backend = "scratch", codec = "msgpack")), "needs the feature `shared`"),
        (on(&[], quote!(ttl = 60, backend = "scratch", codec = "postcard")), "needs the feature `postcard`"),
    ]);
    assert_eq!(on(&[], quote!(ttl = 60, backend = "redis", codec = "json")).len(), 2, "two features are missing");
    assert!(on(&["shared"], quote!(ttl = 60, backend = "scratch", codec = "msgpack")).is_empty());
    assert!(on(&[], quote!(ttl = 60, backend = "scratch")).is_empty());
}

#[test]
fn keys_say_what_tells_calls_apart() {
    let on = |attr| of_cache(attr, function());
    let method = |attr| of_cache(attr, item("fn price(&self, sku: &str) -> u64 { 1 }"));
    expect_one(vec![
        (on(quote!(ttl = 60, key = "user:{id}", skip(db))), "leave the placeholder out"),
        (on(quote!(ttl = 60, key = "")), "the key is empty"),
        (on(quote!(ttl = 60, key = user)), "string literal with placeholders"),
        (on(quote!(ttl = 60, key = format!("user:{id}"))), "instead of `format!(..)`"),
        (on(quote!(ttl = 60, key = "user:{result.id}")), "before there is a `result`"),
        (on(quote!(ttl = 60, key = "user:*")), "belong into `#[invalidates]`"),
        (on(quote!(ttl = 60, key = "{self.id}")), "there is no `self` here"),
        (on(quote!(ttl = 60, skip(dbb))), "did you mean `db`?"),
        (on(quote!(ttl = 60, skip(result))), "never in the key"),
        (on(quote!(ttl = 60, skip(db, db))), "skipped twice"),
        (on(quote!(ttl = 60, skip())), "names nothing"),
        (on(quote!(ttl = 60, skip(self))), "no argument `self`"),
        (method(quote!(ttl = 60)), "key = \"price:{self.id}:{sku}\""),
        (method(quote!(ttl = 60, skip(sku))), "`skip(self)`"),
        (of_cache(quote!(ttl = 60), item("fn f(x: &mut u8) -> u8 { 1 }")), "write `skip(x)`"),
    ]);
    let rewritten = item("fn f(&self, __arg1: (u8, u8)) -> u8 { 1 }");
    expect_one(vec![(of_cache(quote!(ttl = 60, key = "{low}"), rewritten), "hides what a pattern binds")]);
    assert!(method(quote!(ttl = 60, skip(self))).is_empty());
    assert!(method(quote!(ttl = 60, key = "prices")).is_empty());
    let many: Vec<_> = (0..13).map(|index| quote::format_ident!("a{index}")).collect();
    let found = of_cache(quote!(ttl = 60), quote!(fn f(#(#many: u8),*) -> u8 { 1 }));
    expect_one(vec![(found, "at most 12 parts")]);
}

#[test]
fn tags_are_a_list_of_templates() {
    let on = |attr| of_cache(attr, function());
    expect_one(vec![
        (on(quote!(ttl = 60, tags = "users")), "write `tags = [\"users\"]`"),
        (on(quote!(ttl = 60, tags = users)), "is a list of strings"),
        (on(quote!(ttl = 60, tags = [])), "`tags` is empty"),
        (on(quote!(ttl = 60, tags = [users])), "a tag is a string literal"),
        (on(quote!(ttl = 60, tags = [""])), "a tag needs a text"),
        (on(quote!(ttl = 60, tags = ["a", "a"])), "given twice"),
        (on(quote!(ttl = 60, tags = ["a:*"])), "no meaning in a tag"),
        (of_cache(quote!(ttl = 60, tags = ["a:{result}"]), item("fn f(x: u8) {}")), "this function returns nothing"),
        (
            of_cache(quote!(ttl = 60, tags = ["a:{result}"]), item("fn f(result: u8) -> u8 { 1 }")),
            "give the argument another name",
        ),
    ]);
}

#[test]
fn conditions_know_what_they_are_asked_about() {
    let on = |attr| of_cache(attr, function());
    expect_one(vec![
        (on(quote!(ttl = 60, when = |id| id != 0)), "`unless = |value| ..`, for what is not to be stored"),
        (on(quote!(ttl = 60, when = result.is_some())), "write `unless = |result| ..`"),
        (on(quote!(ttl = 60, unless = || true)), "gets the value"),
        (on(quote!(ttl = 60, unless = true)), "is a closure"),
        (on(quote!(ttl = 60, unless = result.is_empty())), "a closure over the result"),
        (on(quote!(ttl = 60, unless = async |value| true)), "cannot wait"),
        (on(quote!(ttl = 60, weight = |value| 1)), "gets the key's text and the value"),
        (on(quote!(ttl = 60, weight = 3)), "is a closure"),
    ]);
    assert!(on(quote!(ttl = 60, unless = User::is_new, weight = weigh)).is_empty());
}

#[test]
fn results_can_be_kept() {
    let on = |item| of_cache(quote!(ttl = 60), item);
    expect_one(vec![
        (on(item("fn f(x: &str) -> &str { x }")), "`String` or `Arc<str>`"),
        (on(item("fn f(x: &str) -> Option<&[u8]> { x }")), "`Vec<u8>` or `Arc<[u8]>`"),
        (on(item("fn f<'a>(x: &'a U) -> Result<Cow<'a, U>, E> { x }")), "instead of one with `'a`"),
        (on(item("fn f(x: &U) -> &U { x }")), "`U` or `Arc<U>`"),
        (on(item("fn f(x: u8) -> impl Iterator<Item = u8> { x }")), "needs a type with a name"),
        (on(item("fn f(x: u8) -> impl Future<Output = u8> { x }")), "write `async fn f(..) -> u8`"),
        (on(item("fn f(x: u8) -> Box<dyn Future<Output = u8>> { x }")), "Pin<Box<dyn Future<Output = u8> + Send>>"),
        (on(item("fn f(x: u8) -> ! { loop {} }")), "never returns"),
        (of_cache(quote!(ttl = 60, null_ttl = 5), item("fn f(x: u8) -> u8 { x }")), "return `Option<u8>`"),
        (
            of_cache(quote!(ttl = 60, null_ttl = 5), item("fn f(x: u8) -> Result<Vec<u8>, E> { x }")),
            "`Vec<u8>` is never `None`",
        ),
    ]);
    for item in [
        item("fn f(x: u8) -> &'static str { \"\" }"),
        item("fn f(x: u8) -> Arc<dyn Fn(&str) -> &str> { x }"),
        item("fn f(x: u8) -> fn(&u8) -> u8 { x }"),
        item("fn f(x: u8) {}"),
    ] {
        assert_eq!(on(item), [""; 0]);
    }
    assert!(of_cache(quote!(ttl = 60, null_ttl = 5), item("fn f(x: u8) -> Maybe { x }")).is_empty());
}

#[test]
fn only_functions_that_can_be_cached_are() {
    let on = |item| of_cache(quote!(ttl = 60), item);
    expect_one(vec![
        (on(item("struct S;")), "not on a struct"),
        (on(item("impl S {}")), "each method"),
        (on(item("fn f(x: u8) -> u8;")), "needs a body"),
        (on(item("const fn f(x: u8) -> u8 { x }")), "remove `const`"),
        (on(item("fn f(#[cfg(unix)] x: u8) -> u8 { x }")), "on the whole function"),
        (on(item("#[cache(ttl = 5)] fn f(x: u8) -> u8 { x }")), "has one `#[cache]`"),
        // Of what they say, nothing is judged before they are one.
        (
            of_cache(quote!(), item("#[cached_core::cache(tll = 5)] #[cache] fn f(x: u8) -> u8 { x }")),
            "keep one of them",
        ),
        (
            of_cache(quote!(ttl = 60, skip(self), associated = false), item("fn f(&self) -> u8 { 1 }")),
            "remove `associated = false`",
        ),
        (
            messages(expand::cache(
                quote!(ttl = 60, companion),
                item("fn f() -> u8 { 1 }"),
                |_| Some(Surroundings::OfTrait),
                features::ALL,
            )),
            "no room for a `companion`",
        ),
    ]);
}

#[test]
fn an_invalidation_says_what_disappears() {
    let on = |attr| of_invalidates(attr, item("fn save(id: u64, user: User) -> Result<Saved, E> { 1 }"));
    expect_one(vec![
        (on(quote!()), "say what disappears"),
        (on(quote!(before)), "say what disappears"),
        (on(quote!(find_user)), "write `find_user(id)`"),
        (on(quote!(self.find(id))), "write `Self::find(self, ..)`"),
        (on(quote!(<User as Find>::find(id))), "without angle brackets"),
        (on(quote!(3)), "expected a key"),
        (on(quote!(["a"])), "expected a key"),
        (on(quote!("")), "the key is empty"),
        (on(quote!("user:{idd}")), "did you mean `id`?"),
        (on(quote!("a", "a")), "given twice"),
        (on(quote!(find(id), find(id))), "given twice"),
        (on(quote!(find(id+))), "expected an expression"),
        (on(quote!(key = "user:{id}")), "have no name"),
        (on(quote!(tag = ["a"])), "write `tags = [\"users\"]`"),
        (on(quote!("a", on = "error")), "it is `\"ok\"` or `\"always\"`"),
        (on(quote!("a", on = always)), "`on` is `\"ok\"` or `\"always\"`"),
        (on(quote!("a", when = |result| true)), "not a closure"),
        (on(quote!("a", before, when = result.ok)), "before there is a `result`"),
        (on(quote!("a:{result.id}", before)), "nothing to invalidate before"),
        (on(quote!(find(result.id), tags = ["a:{result.id}"], before)), "nothing to invalidate before"),
        (of_invalidates(quote!("a:{result}"), item("fn f() {}")), "returns nothing"),
        (of_invalidates(quote!(find(result)), item("fn f() {}")), "returns nothing"),
        (of_invalidates(quote!("a", when = result), item("async fn f() {}")), "returns nothing"),
        (on(quote!("a", when = result)), "`result` is a `&Saved`, not a condition"),
        (of_invalidates(quote!("a", when = (result)), item("fn f() -> bool { true }")), "write `*result`"),
        (
            of_invalidates(
                quote!("a", when = x || result && x),
                item("async fn f(x: bool) -> Result<Option<bool>> {}"),
            ),
            "write `*result`",
        ),
        (of_invalidates(quote!("a", when = result, before), item("fn f() -> bool {}")), "before there is a `result`"),
        (of_invalidates(quote!("a:{result}"), item("fn f() -> impl Debug {}")), "name the return type"),
        (of_invalidates(quote!("a"), item("enum E {}")), "not on an enum"),
        (of_invalidates(quote!("a"), item("fn f() -> impl Future<Output = ()> {}")), "write `async fn f(..) -> ()`"),
    ]);
    for attr in [
        quote!(find(*), users::find(id), Self::find(id, &user), "a:*", tags = ["b"], when = result.ok, on = "always"),
        quote!("a:{result.id}", "b", before),
        quote!(before(id)),
        quote!("a", when = user.result && module::result),
        quote!("a", when = *result && !result && result == id && is(result)),
    ] {
        assert_eq!(on(attr), [""; 0]);
    }
    assert!(of_invalidates(quote!("a", when = result), item("fn f(result: bool) -> u8 { 1 }")).is_empty());
}

#[test]
fn after_a_mistake_the_function_is_as_it_was() {
    let item = function();
    let as_written = |expanded: TokenStream| expanded.to_string().contains(&item.to_string());
    assert!(as_written(expand::cache(quote!(tll = 60), item.clone(), |_| None, features::ALL)));
    assert!(as_written(expand::invalidates(quote!(), item.clone(), |_| None)));
}

/// Code that uses the companion has made no mistake, and gets no error.
#[test]
fn after_a_mistake_the_companion_is_still_there() {
    let companion = |attr| {
        let expanded = expand::cache(attr, function(), |_| Some(Surroundings::Free), features::ALL).to_string();
        expanded.split("impl find").nth(1).map(str::to_owned)
    };
    for (attr, key) in [
        (quote!(tll = 60, skip(db)), "fn key (id : u64)"),
        (quote!(key = "user:{id}"), "fn key (id : u64)"),
        (quote!(ttl = 60, key = "user:{idd}:{name}"), "fn key (id : u64)"),
        (quote!(ttl = 60, key = "user:{"), "fn key ()"),
        (quote!(ttl = 60, key = 5), "fn key ()"),
    ] {
        let companion = companion(attr).expect("a companion");
        assert!(companion.contains(key), "{companion}");
    }
    assert_eq!(companion(quote!(tll = 60, companion = false)), None);
    let twice = item("#[cache(key = \"user:{id}\")] #[inline] fn find(db: &Db, id: u64) -> u64 { 1 }");
    let expanded = expand::cache(quote!(ttl = 60), twice, |_| Some(Surroundings::Free), features::ALL).to_string();
    assert!(expanded.contains("# [inline] fn find (db"), "the function is there: {expanded}");
    assert!(!expanded.contains("# [cache"), "the second attribute would make another companion: {expanded}");
    assert!(expanded.contains("fn key (id : u64)"), "of both: {expanded}");
    let in_trait =
        |look| expand::cache(quote!(tll = 60, companion), item("fn f() -> u8 { 1 }"), look, features::ALL).to_string();
    assert!(in_trait(|_| Some(Surroundings::Inherent)).contains("f_key"));
    assert!(!in_trait(|_| Some(Surroundings::OfTrait)).contains("f_key"));
}
