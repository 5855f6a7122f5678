//! Generated code means its own names, whatever others mean by them.

#![allow(dead_code)]

mod alloc {}
mod core {}
mod std {}

struct Box;
struct Clone;
struct Duration;
struct Err;
struct Lock;
struct None;
struct Ok;
struct Option;
struct Result;
struct Some;
struct String;
struct Vec;
struct Msgpack;
struct Part;
struct Returns;
struct Shared;
struct Template;

trait Future {}
trait Send {}
trait Sync {}

macro_rules! module_path {
    () => {
        compile_error!("another macro")
    };
}

#[derive(cached_core::KeyPart, ::core::clone::Clone, ::core::marker::Copy)]
enum Kind {
    One,
    Many(u32),
}

#[cached_core::cache(ttl = "5m", null_ttl = 10, key = "find:{id}:{kind}", tags = ["all", "value:{result}"], unless = |value| *value == 0)]
fn find(id: u64, kind: Kind) -> ::core::result::Result<::core::option::Option<u64>, ::std::string::String> {
    let _ = kind;
    ::core::result::Result::Ok(::core::option::Option::Some(id))
}

#[cached_core::cache(ttl = 60, weight = |key, _| key.len() as u32)]
async fn load(id: u64, names: &[&str]) -> usize {
    names.len() + id as usize
}

#[cached_core::cache(ttl = 60, l1_ttl = 5, backend = "tiered", version = 1, lock = "process", tags = ["value:{result}"])]
async fn shared(id: u64) -> ::core::result::Result<::core::option::Option<u64>, ::std::string::String> {
    ::core::result::Result::Ok(::core::option::Option::Some(id))
}

#[cached_core::invalidates(find(id, Kind::Many(1)), load(*), "find:{id}:*", tags = ["value:{result}"], when = id != 0)]
async fn save(id: u64) -> ::core::result::Result<u64, ::std::string::String> {
    ::core::result::Result::Ok(id)
}

#[cached_core::invalidates("find:*")]
fn save_all() {}

fn main() {
    assert!(matches!(find(1, Kind::One), ::core::result::Result::Ok(::core::option::Option::Some(1))));
    save_all();
}
