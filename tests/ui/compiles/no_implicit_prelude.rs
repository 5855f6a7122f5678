//! Generated code asks nothing of the prelude.

#![no_implicit_prelude]

#[derive(::cached_core::KeyPart, ::core::clone::Clone, ::core::marker::Copy)]
struct Id(u64);

#[derive(::cached_core::KeyPart, ::core::clone::Clone, ::core::marker::Copy)]
enum Kind {
    One,
    Many(u32, bool),
}

#[::cached_core::cache(ttl = 60, null_ttl = 5, key = "find:{id}:{kind}", tags = ["all", "value:{result}"])]
fn find(id: Id, kind: Kind) -> ::core::option::Option<u64> {
    let _ = kind;
    ::core::option::Option::Some(id.0)
}

#[::cached_core::cache(ttl = 60)]
async fn load(id: u64) -> ::core::result::Result<u64, ::std::string::String> {
    ::core::result::Result::Ok(id)
}

#[::cached_core::cache(ttl = 60, backend = "redis", tags = ["value:{result}"])]
async fn shared(id: u64) -> ::core::result::Result<u64, ::std::string::String> {
    ::core::result::Result::Ok(id)
}

#[::cached_core::invalidates(find(Id(id), Kind::Many(1, true)), load(id), "find:*", tags = ["value:{result}"])]
async fn save(id: u64) -> ::core::result::Result<u64, ::std::string::String> {
    ::core::result::Result::Ok(id)
}

fn main() {
    ::core::assert_eq!(find(Id(1), Kind::One), ::core::option::Option::Some(1));
}
