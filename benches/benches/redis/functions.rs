//! The same function in each way of caching it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cached::macros::concurrent_cached;
use cached::{AsyncRedisCache, RedisCache};
use cached_core::cache;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, Commands, Connection, IntoConnectionInfo, RedisError};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

pub type Value = Arc<Product>;

/// About 90 bytes of msgpack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Product {
    pub id: u64,
    pub name: String,
    pub cents: u32,
    pub category: String,
    pub stock: Vec<u32>,
}

static LOADS: AtomicU64 = AtomicU64::new(0);

/// How often any of the functions below ran its body.
pub fn loads() -> u64 {
    LOADS.load(Ordering::Relaxed)
}

fn product(id: u64) -> Value {
    LOADS.fetch_add(1, Ordering::Relaxed);
    let name = format!("A lamp of the series {id}");
    Arc::new(Product { id, name, cents: 1_999, category: "lamps/ceiling".into(), stock: vec![3, 40, 500, 6_000] })
}

#[cache(ttl = 3600, backend = "redis", key = "product:{id}")]
pub async fn ours(id: u64) -> Value {
    product(id)
}

#[cache(ttl = 3600, backend = "redis", key = "tagged:{id}", tags = ["products"])]
pub async fn ours_tagged(id: u64) -> Value {
    product(id)
}

#[cache(ttl = 3600, backend = "redis", key = "sync:{id}")]
pub fn ours_sync(id: u64) -> Value {
    product(id)
}

#[cache(ttl = 3600, backend = "tiered", key = "tiered:{id}")]
pub fn tiered(id: u64) -> Value {
    product(id)
}

#[cache(ttl = 3600, key = "memory:{id}")]
pub fn memory(id: u64) -> Value {
    product(id)
}

/// What can go wrong with `cached` or the client: their errors as text, because `cached` asks for an error that is `Clone`.
pub type Failure = String;

#[concurrent_cached(
    ty = "AsyncRedisCache<u64, Value>",
    create = r#"{ AsyncRedisCache::builder("async").ttl(LONG).connection_string(url()).build().await.expect("a connection") }"#,
    map_error = "|error| error.to_string()"
)]
pub async fn by_cached(id: u64) -> Result<Value, Failure> {
    Ok(product(id))
}

#[concurrent_cached(
    ty = "RedisCache<u64, Value>",
    create = r#"{ RedisCache::builder("sync").ttl(LONG).connection_string(url()).connection_pool_max_size(8).build().expect("a connection") }"#,
    map_error = "|error| error.to_string()"
)]
pub fn by_cached_sync(id: u64) -> Result<Value, Failure> {
    Ok(product(id))
}

const LONG: Duration = Duration::from_secs(3600);

static URL: OnceLock<String> = OnceLock::new();
static CLIENT: OnceLock<Client> = OnceLock::new();
static CONNECTION: OnceCell<MultiplexedConnection> = OnceCell::const_new();

thread_local! {
    static OWN: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

/// Tells everybody where the server is.
pub fn find_server_at(url: &str) -> Result<(), RedisError> {
    let info = url.into_connection_info()?;
    // Without it, a client that sends several small commands waits for acknowledgements.
    let tcp = info.tcp_settings().clone().set_nodelay(true);
    let _ = CLIENT.set(Client::open(info.set_tcp_settings(tcp))?);
    let _ = URL.set(url.to_owned());
    Ok(())
}

pub fn url() -> &'static str {
    URL.get().map_or("", String::as_str)
}

fn client() -> &'static Client {
    CLIENT.get().expect("find_server_at is called first")
}

async fn connection() -> MultiplexedConnection {
    let connect = || async { client().get_multiplexed_async_connection().await.expect("a connection") };
    CONNECTION.get_or_init(connect).await.clone()
}

/// What a hit takes without a cache library.
pub async fn by_hand(id: u64) -> Value {
    let bytes: Vec<u8> = connection().await.get(format!("hand:{id}")).await.expect("an answer");
    rmp_serde::from_slice(&bytes).expect("a product")
}

pub async fn store_by_hand(id: u64) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = rmp_serde::to_vec_named(&product(id))?;
    Ok(connection().await.set_ex(format!("hand:{id}"), bytes, LONG.as_secs()).await?)
}

/// The same with the client's sync connections, one for each thread.
pub fn by_hand_sync(id: u64) -> Value {
    OWN.with_borrow_mut(|own| {
        let connection = own.get_or_insert_with(|| client().get_connection().expect("a connection"));
        let bytes: Vec<u8> = connection.get(format!("hand:{id}")).expect("an answer");
        rmp_serde::from_slice(&bytes).expect("a product")
    })
}
