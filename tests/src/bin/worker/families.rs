//! The annotated functions: one family for each backend, sync and async.

use serde::{Deserialize, Serialize};

use crate::hammer;

/// What is cached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    pub id: u64,
    pub version: u64,
    /// Makes the tag that follows from the result.
    pub owner: u64,
}

/// A function that is cached, and the writes that invalidate it.
macro_rules! family {
    ($module:ident, $backend:tt, $name:literal, [$($async:tt)?], [$($await:tt)*], $load:path) => {
        pub mod $module {
            use cached_core::{cache, invalidates};

            use super::Known;
            use crate::source;

            pub const NAME: &str = $name;

            #[cache(
                ttl = 60,
                backend = $backend,
                key = "{family}:{id}",
                tags = ["{family}-tag:{id}", "{family}-owner:{result.owner}"]
            )]
            pub $($async)? fn get(family: &str, id: u64) -> Result<Known, String> {
                super::body_ran(family);
                let version = $load(family, id)$($await)*;
                Ok(Known { id, version, owner: id })
            }

            #[invalidates("{family}:{id}")]
            pub $($async)? fn write_by_key(family: &str, id: u64) -> Result<u64, String> {
                Ok(source::ledger().write(id))
            }

            #[invalidates(tags = ["{family}-tag:{id}"])]
            pub $($async)? fn write_by_tag(family: &str, id: u64) -> Result<u64, String> {
                Ok(source::ledger().write(id))
            }

            #[invalidates(tags = ["{family}-owner:{id}"])]
            pub $($async)? fn write_by_result_tag(family: &str, id: u64) -> Result<u64, String> {
                Ok(source::ledger().write(id))
            }

            #[invalidates("{family}:*")]
            pub $($async)? fn write_by_pattern(family: &str, id: u64) -> Result<u64, String> {
                let _ = family;
                Ok(source::ledger().write(id))
            }

            #[invalidates(get(family, id))]
            pub $($async)? fn write_by_function(family: &str, id: u64) -> Result<u64, String> {
                Ok(source::ledger().write(id))
            }

            #[invalidates(get(*))]
            pub $($async)? fn write_by_functions(family: &str, id: u64) -> Result<u64, String> {
                let _ = family;
                Ok(source::ledger().write(id))
            }

            /// Writes, and says that it is acknowledged when the write has returned.
            pub $($async)? fn write(by: &str, id: u64) -> Result<u64, String> {
                let version = match by {
                    "key" => write_by_key(NAME, id)$($await)*,
                    "tag" => write_by_tag(NAME, id)$($await)*,
                    "result-tag" => write_by_result_tag(NAME, id)$($await)*,
                    "pattern" => write_by_pattern(NAME, id)$($await)*,
                    "function" => write_by_function(NAME, id)$($await)*,
                    "functions" => write_by_functions(NAME, id)$($await)*,
                    _ => Err(format!("no such way to invalidate: {by}")),
                }?;
                source::ledger().acknowledge(id, version);
                Ok(version)
            }
        }
    };
}

family!(memory_async, "memory", "memory-async", [async], [.await], source::load_async);
family!(memory_sync, "memory", "memory-sync", [], [], source::load);
family!(redis_async, "redis", "redis-async", [async], [.await], source::load_async);
family!(redis_sync, "redis", "redis-sync", [], [], source::load);
family!(tiered_async, "tiered", "tiered-async", [async], [.await], source::load_async);
family!(tiered_sync, "tiered", "tiered-sync", [], [], source::load);

fn body_ran(family: &str) {
    hammer::loaded(family);
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    MemoryAsync,
    MemorySync,
    RedisAsync,
    RedisSync,
    TieredAsync,
    TieredSync,
}

impl Family {
    pub fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            memory_async::NAME => Self::MemoryAsync,
            memory_sync::NAME => Self::MemorySync,
            redis_async::NAME => Self::RedisAsync,
            redis_sync::NAME => Self::RedisSync,
            tiered_async::NAME => Self::TieredAsync,
            tiered_sync::NAME => Self::TieredSync,
            _ => return Err(format!("no such family: {name}")),
        })
    }

    /// Calls the function; a sync one on a thread that may block.
    pub async fn get(self, id: u64) -> Result<Known, String> {
        match self {
            Self::MemoryAsync => memory_async::get(memory_async::NAME, id).await,
            Self::RedisAsync => redis_async::get(redis_async::NAME, id).await,
            Self::TieredAsync => tiered_async::get(tiered_async::NAME, id).await,
            Self::MemorySync => blocking(move || memory_sync::get(memory_sync::NAME, id)).await,
            Self::RedisSync => blocking(move || redis_sync::get(redis_sync::NAME, id)).await,
            Self::TieredSync => blocking(move || tiered_sync::get(tiered_sync::NAME, id)).await,
        }
    }

    /// Calls an annotated write.
    pub async fn write(self, by: &str, id: u64) -> Result<u64, String> {
        let way = by.to_owned();
        match self {
            Self::MemoryAsync => memory_async::write(by, id).await,
            Self::RedisAsync => redis_async::write(by, id).await,
            Self::TieredAsync => tiered_async::write(by, id).await,
            Self::MemorySync => blocking(move || memory_sync::write(&way, id)).await,
            Self::RedisSync => blocking(move || redis_sync::write(&way, id)).await,
            Self::TieredSync => blocking(move || tiered_sync::write(&way, id)).await,
        }
    }
}

async fn blocking<T: Send + 'static>(call: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(call).await.unwrap_or_else(|error| Err(error.to_string()))
}
