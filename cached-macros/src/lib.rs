//! The attributes of `cached-core`, which re-exports them. Depend on that crate, not on this one.
//!
//! How an attribute becomes code, and where to look:
//!
//! | step | module |
//! |---|---|
//! | read the arguments: one table, one loop | `args` |
//! | read the function: its signature, and whether it is associated with a type | `signature`, `context`, `scan` |
//! | read values: templates, durations, the names in them | `template`, `duration`, `names` |
//! | put together what it all means | `model` |
//! | see what excludes or needs what | `check` |
//! | write the code | `expand` |
//!
//! All mistakes of an attribute are collected in `diagnostics` and reported together; the function below it is then left as it
//! was written. Expansions of typical functions are in `expand/*.out.rs` beside `src`, and a test keeps them as they are.

mod args;
mod check;
mod context;
mod diagnostics;
mod duration;
mod expand;
mod features;
mod model;
mod names;
mod scan;
mod signature;
mod template;

#[cfg(test)]
mod goldens;

use proc_macro::TokenStream;

/// Caches what a function returns.
///
/// ```text
/// #[cache(ttl = 3600, null_ttl = 30, key = "user:{id}", tags = ["users", "team:{result.team}"])]
/// async fn find_user(db: &Db, id: u64) -> Result<Option<User>, DbError> { db.user(id).await }
/// ```
///
/// The function keeps its signature, and but for time gives the same answers. A call looks the key up; if there is no fresh value it
/// runs the body, once for all who ask for the key meanwhile, and stores what came out. Whether the return type is a value, an
/// `Option`, a `Result` or a `Result<Option>` is told by the type, so aliases work. Errors are never stored, `None` is.
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `ttl = 60` | how long a value is fresh: seconds, a text (`"250ms"`, `"1h 30m"`), or a `Duration` expression. Required unless `capacity` is given, and for shared backends |
/// | `null_ttl = 30` | how long `None` is remembered; `0` means never. Default: the smaller of `ttl` and 30 s |
/// | `key = "user:{id}"` | what tells calls apart, see below. Default: the function's path and all its arguments |
/// | `skip(db, log)` | arguments that are no part of the default key |
/// | `tags = ["users"]` | names under which entries can be invalidated together; templates like keys, which may also use `{result..}`, the value inside `Ok` and `Some` |
/// | `capacity = 10_000` | most entries (or, with `weight`, most weight) in memory; 10 000 if not given |
/// | <code>weight = \|key, value\| ..</code> | what an entry weighs, a `u32` |
/// | `policy = "lru"` | who has to go when the cache is full: `"adaptive"` (default) or `"lru"` |
/// | `jitter = 0.1` | the fraction by which each entry's `ttl` is shortened at most, at random, so that what was stored together does not expire together |
/// | `when = id != 0` | a condition over the arguments; without it the call goes past the cache |
/// | <code>unless = \|value\| ..</code> | a condition over the value inside `Ok` and `Some`; with it the value is not stored |
/// | `lock = "none"` | who shares a load of a key: the `"process"` (default in memory), all processes of the `"cluster"`, by a lease (default for shared backends), or `"none"` |
/// | `backend = "redis"` | where values are kept: `"memory"` (default), `"redis"` or `"tiered"` (feature `redis`), or the name of a store registered at set-up; see below |
/// | `codec = "json"` | how values are written to a shared backend: `"msgpack"` (default), `"json"`, `"postcard"` (features of these names) |
/// | `version = 2` | of values in a shared backend, a `u32`: those of another version are not read. Change it when a value's meaning changes |
/// | `l1_ttl = 5` | how long a `"tiered"` cache keeps values in memory; not longer than `ttl` |
/// | `companion` | for functions of a type: siblings, see below. `companion = false` on a free function: no companion |
/// | `associated` | this function belongs to a type; needed only in the output of other macros, where that cannot be seen |
///
/// # Shared backends
///
/// `"redis"` shares values with all processes that use the same server and namespace. `"tiered"` keeps copies of them in memory, which disappear when
/// anyone changes the original. Both need a `ttl`, and values that are `Serialize` and `DeserializeOwned`. If the server cannot be reached,
/// the body is run. A hit is one round trip; one whose tags came from the result may be two.
///
/// `capacity`, `weight` and `policy` are about memory, and `"redis"` refuses them. A registered store that is shared is named together with
/// a `codec`; what applies to `"redis"` applies to it.
///
/// # Keys
///
/// A template is text with placeholders: an argument, or a field or a method of one.
///
/// | placeholder | what stands in the key |
/// |---|---|
/// | `{id}`, `{user.id}`, `{self.shop}`, `{request.language()}` | the value: by `KeyPart`, else as `Display` shows it |
/// | `{filter:?}` | the value as `Debug` shows it |
/// | `{filter:hash}` | a digest of anything `Serialize` (feature `digest`) |
/// | `{{`, `}}` | a brace |
///
/// Values are escaped, so that different arguments give different keys. That needs text between two placeholders which values do not
/// contain: `:` is always right. A method has to say whether `self` is in the key, by naming a field of it, or by `skip(self)`.
///
/// # What stands beside the function
///
/// A free function gets a type of its own name, with the visibility of the function, that has these functions:
///
/// | function | what it does |
/// |---|---|
/// | `find_user::key(42)` | gives the text of the key; takes the arguments that are in it |
/// | `find_user::invalidate(42)` | removes the entry; to be awaited if the function is async |
/// | `find_user::cache()` | gives the cache, for its statistics and to clear it |
/// | `find_user::uncached(&db, 42)` | runs the body as if there were no cache |
/// | `find_user::refresh(&db, 42)` | runs the body and stores the result |
///
/// Functions of a type get the same as siblings if they ask for it with `companion`, which works in inherent `impl` blocks:
/// `Catalogue::price_key`, `price_invalidate`, `price_cache`, `price_uncached`, `price_refresh`. Without it, the scopes `refresh` and `uncached` of
/// `cached_core` do the same for any cached function.
///
/// # Where it can stand
///
/// On `fn` and `async fn`, free or of a type, in inherent `impl`s, traits and their `impl`s, under `#[async_trait]`, and on functions that return
/// `Pin<Box<dyn Future>>`. Arguments may be patterns, and the body may consume them. What is returned has to be `Clone + Send + Sync + 'static`;
/// of what is expensive to clone, return an `Arc`.
#[proc_macro_attribute]
pub fn cache(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::cache(attr.into(), item.into(), context::look_in_source, features::ENABLED).into()
}

/// Makes cached values disappear when a function has run.
///
/// ```text
/// #[invalidates(find_user(id), "users:list:*", tags = ["team:{user.team}"])]
/// async fn save_user(db: &Db, id: u64, user: &User) -> Result<(), DbError> { db.save(id, user).await }
/// ```
///
/// Once the call has returned, no later call gives a value whose load began before it. What is to disappear is known before the body
/// runs, so the body may consume its arguments; and it disappears even if the body panics or its future is dropped, since
/// nobody knows how far the write came.
///
/// # Arguments
///
/// | argument | what disappears |
/// |---|---|
/// | `find_user(id)` | the entry of this function for these arguments, checked by the compiler. A name of an argument is cloned, any other expression is used as it is |
/// | `list_users(*)` | every entry of this function |
/// | `Self::price(self, sku)`, `Catalogue::price(*)` | the same for a function of a type that has a `companion` |
/// | `"user:{id}"` | the entry with this key, whichever function stored it |
/// | `"users:list:*"` | every entry whose key matches; only a `*` of the template is a wildcard, never one in a value |
/// | `tags = ["users"]` | every entry that carries the tag |
///
/// | argument | when |
/// |---|---|
/// | `on = "ok"` | unless the function returns an error. The default |
/// | `on = "always"` | whatever it returns |
/// | `when = user.active` | if the condition holds. It may use `result`; without a value inside `Ok` and `Some`, it counts as met |
/// | `before` | also before the body runs, for writes that readers may see half done |
///
/// Templates and arguments of functions may use `result`, the value inside `Ok` and `Some`: `"order:{result.id}"`, `find_order(result.id)`.
///
/// Several of these attributes can stand on one function, also together with `#[cache]`, in any order: each call invalidates, hit or miss.
#[proc_macro_attribute]
pub fn invalidates(attr: TokenStream, item: TokenStream) -> TokenStream {
    expand::invalidates(attr.into(), item.into(), context::look_in_source).into()
}

/// Makes a type usable as part of a key.
///
/// | type | what stands in the key |
/// |---|---|
/// | a struct with one field | that field: `UserId(7)` and `7` are the same key |
/// | a struct with several fields | all of them: `(7,de)` |
/// | a struct without fields | its name |
/// | an enum | the variant, and its fields if it has any: `Eur`, `Other(CHF)` |
///
/// Every field has to be a `KeyPart`, and so has every type parameter. Renaming a variant or moving a field changes keys.
#[proc_macro_derive(KeyPart, attributes(key_part))]
pub fn derive_key_part(input: TokenStream) -> TokenStream {
    expand::derive_key_part(input.into()).into()
}
