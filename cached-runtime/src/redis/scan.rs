//! Removing by pattern: every primary is scanned in bounded steps, and what matches is removed.

use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, Value, cmd};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::failure;
use super::route::{Node, Route};
use super::store::MOST_REMOVED;
use crate::shared::{KeyPattern, StoreError, StoreErrorKind};

/// How many keys the server looks at in one step.
const STEP: u32 = 1000;

/// Scans until a pass has seen every primary of one and the same cluster: a key that moves from a node not yet scanned to one that has
/// been would be missed.
pub(super) async fn remove_matching(route: Route, pattern: KeyPattern, within: Duration) -> Result<u64, StoreError> {
    const MOST_PASSES: u32 = 5;
    let pattern = Arc::new(pattern);
    let mut removed = 0;
    let mut before = layout(&route, within).await?;
    for _ in 0..MOST_PASSES {
        let nodes = limited(within, route.nodes()).await?;
        let mut passes = JoinSet::new();
        for node in nodes {
            passes.spawn(scan_node(route.clone(), node, pattern.clone(), within));
        }
        while let Some(pass) = passes.join_next().await {
            removed += pass.map_err(|_| failure::unavailable("the scan was given up"))??;
        }
        let after = layout(&route, within).await?;
        if before.is_settled() && before == after {
            return Ok(removed);
        }
        before = after;
    }
    // Keys that still move by now are moved slowly, and each pass has seen most of them.
    Ok(removed)
}

/// Who holds what, as far as it matters to a scan.
#[derive(PartialEq, Eq)]
enum Layout {
    One,
    #[cfg(feature = "redis-cluster")]
    Cluster {
        shards: Vec<super::map::Shard>,
        moving: bool,
    },
}

impl Layout {
    fn is_settled(&self) -> bool {
        match self {
            Self::One => true,
            #[cfg(feature = "redis-cluster")]
            Self::Cluster { moving, .. } => !moving,
        }
    }
}

async fn layout(route: &Route, within: Duration) -> Result<Layout, StoreError> {
    match route {
        Route::One(_) => {
            let _ = within;
            Ok(Layout::One)
        }
        #[cfg(feature = "redis-cluster")]
        Route::Cluster(cluster) => {
            let _ = timeout(within, cluster.survey()).await;
            let nodes = limited(within, cluster.nodes()).await?;
            let mut moving = false;
            for node in &nodes {
                moving |= limited(within, super::map::is_moving(node)).await?;
            }
            let map = limited(within, cluster.map()).await?;
            Ok(Layout::Cluster { shards: map.shards.clone(), moving })
        }
    }
}

async fn scan_node(
    route: Route,
    node: Arc<Node>,
    pattern: Arc<KeyPattern>,
    within: Duration,
) -> Result<u64, StoreError> {
    let glob = pattern.to_glob();
    let mut cursor = b"0".to_vec();
    let mut removed = 0;
    loop {
        let mut scan = cmd("SCAN");
        scan.arg(&cursor).arg("MATCH").arg(&glob).arg("COUNT").arg(STEP);
        let reply = failure::accept(limited(within, node.link.run(&scan)).await?)?;
        let (next, keys) = page(reply).ok_or_else(failure::unexpected)?;
        let keys: Vec<String> = keys.into_iter().filter(|key| pattern.matches(key)).collect();
        if !keys.is_empty() {
            removed += limited(within, unlink(&route, &node, &keys)).await?;
        }
        if next == b"0" {
            return Ok(removed);
        }
        cursor = next;
    }
}

/// A cursor and keys. What is not UTF-8 is none of our keys.
fn page(reply: Value) -> Option<(Vec<u8>, Vec<String>)> {
    let Value::Array(parts) = reply else { return None };
    let [Value::BulkString(cursor), Value::Array(keys)] = <[Value; 2]>::try_from(parts).ok()? else { return None };
    let text = |key| match key {
        Value::BulkString(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    };
    Some((cursor, keys.into_iter().filter_map(text).collect()))
}

/// Removes keys where they were found; returns how many.
async fn unlink(route: &Route, node: &Node, keys: &[String]) -> Result<u64, StoreError> {
    let mut commands = Pipeline::new();
    let size = if matches!(route, Route::One(_)) { MOST_REMOVED } else { 1 };
    keys.chunks(size).for_each(|keys| {
        commands.cmd("UNLINK").arg(keys);
    });
    let mut removed = 0;
    for (reply, keys) in node.link.run_all(&commands).await?.into_iter().zip(keys.chunks(size)) {
        let reply = match reply {
            // It has moved since it was found.
            Value::ServerError(_) if !matches!(route, Route::One(_)) => {
                let mut unlink = cmd("UNLINK");
                unlink.arg(keys);
                route.run(&keys[0], unlink).await?
            }
            reply => reply,
        };
        match failure::accept(reply)? {
            Value::Int(count) => removed += u64::try_from(count).unwrap_or(0),
            _ => return Err(failure::unexpected()),
        }
    }
    Ok(removed)
}

async fn limited<T>(within: Duration, step: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = || StoreError::new(StoreErrorKind::Timeout, format!("a step of the scan took longer than {within:?}"));
    timeout(within, step).await.unwrap_or_else(|_| Err(late()))
}
