//! A load that is under way when the row it has read is written: is its value served to those who come after the write?

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Mutex, PoisonError};

use cached::macros::concurrent_cached;
use cached::{AsyncRedisCache, ConcurrentCachedAsync};
use cached_core::{cache, invalidates};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::functions::{Failure, url};

/// The database: versions by number. A row that nobody wrote has version 0.
static ROWS: Mutex<Option<HashMap<u64, u64>>> = Mutex::new(None);
/// Loads that have read their row, and loads that may return what they read.
static HAS_READ: Semaphore = Semaphore::const_new(0);
static MAY_RETURN: Semaphore = Semaphore::const_new(0);

fn read_row(id: u64) -> u64 {
    let rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    rows.as_ref().and_then(|rows| rows.get(&id).copied()).unwrap_or_default()
}

fn write_row(id: u64) {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner);
    *rows.get_or_insert_default().entry(id).or_default() += 1;
}

/// Reads the row, and takes its time to return.
async fn slow_read(id: u64) -> u64 {
    let version = read_row(id);
    HAS_READ.add_permits(1);
    take(&MAY_RETURN).await;
    version
}

async fn take(permits: &Semaphore) {
    if let Ok(permit) = permits.acquire().await {
        permit.forget();
    }
}

#[cache(ttl = 600, backend = "redis", key = "row:{id}")]
async fn ours(id: u64) -> u64 {
    slow_read(id).await
}

#[invalidates(ours(id))]
async fn write_ours(id: u64) {
    write_row(id);
}

#[concurrent_cached(
    ty = "AsyncRedisCache<u64, u64>",
    create = r#"{ AsyncRedisCache::builder("race").ttl_secs(600).connection_string(url()).build().await.expect("a connection") }"#,
    map_error = "|error| error.to_string()"
)]
async fn theirs(id: u64) -> Result<u64, Failure> {
    Ok(slow_read(id).await)
}

/// The write that goes with it: `cached` has no attribute for it, so the entry is removed by hand.
async fn write_theirs(id: u64) -> Result<(), Failure> {
    write_row(id);
    if let Some(cache) = THEIRS.get() {
        cache.async_cache_remove(&id).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Lets `races` writes overtake loads, of each library, and prints how many readers got the old row afterwards.
pub fn report(runtime: &Runtime, races: u64) -> Result<(), Box<dyn Error>> {
    let (mut stale_ours, mut stale_theirs) = (0, 0);
    runtime.block_on(async {
        // The first call connects.
        MAY_RETURN.add_permits(1);
        theirs(u64::MAX).await?;
        take(&HAS_READ).await;
        for id in 0..races {
            let load = tokio::spawn(ours(id));
            take(&HAS_READ).await;
            write_ours(id).await;
            // One for the load, one for the reader after it, should it load.
            MAY_RETURN.add_permits(2);
            load.await?;
            stale_ours += u64::from(ours(id).await < read_row(id));
            settle();

            let id = races + id;
            let load = tokio::spawn(theirs(id));
            take(&HAS_READ).await;
            write_theirs(id).await?;
            MAY_RETURN.add_permits(2);
            load.await??;
            stale_theirs += u64::from(theirs(id).await? < read_row(id));
            settle();
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    println!("\n### A write overtakes a load: the old row is served afterwards\n\n| | times |\n|---|---:|");
    println!("| `cached-core` | {stale_ours} of {races} |\n| `cached` | {stale_theirs} of {races} |");
    Ok(())
}

/// A reader that found a value has left its permit.
fn settle() {
    for permits in [&HAS_READ, &MAY_RETURN] {
        permits.forget_permits(usize::MAX);
    }
}
