//! What has to go right besides.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::probe::{LIMIT, LONG, Outcome, Probe, all};
use crate::shared::runtime;
use crate::shared::store::{StoreError, StoreFuture};

pub(super) async fn it_answers(probe: Probe) -> Outcome {
    probe.ping().await?;
    ensure!(!probe.store.describe().is_empty(), "it describes itself as nothing");
    Ok(())
}

/// A client that loses count of its answers would give one operation's to another.
pub(super) async fn dropped_operations_disturb_no_others(probe: Probe) -> Outcome {
    let (victim, kept) = (probe.key("dropped"), probe.key("kept"));
    for round in 0..50_u8 {
        let within = Duration::from_micros(u64::from(round) * 20);
        let set = probe.store.set(victim.clone(), b"value".to_vec(), LONG, within);
        let get = probe.store.get(vec![victim.clone(); 3], within);
        // One is dropped after so many steps, one after so long: the first meets what happens before the answer is waited for, the second
        // what comes then.
        let dropped = if round.is_multiple_of(2) {
            [give_up(get, round / 2 % 8, LIMIT), give_up(set, u8::MAX, within)]
        } else {
            [give_up(set, round / 2 % 8, LIMIT), give_up(get, u8::MAX, within)]
        };
        probe.set(&kept, &[round], LONG).await?;
        probe.expect(&kept, Some(&[round]), "next to operations that are dropped").await?;
        for over in dropped {
            let _ = over.await;
        }
        probe.expect(&kept, Some(&[round]), "after others were dropped").await?;
    }
    let left = probe.get(&victim).await?;
    ensure!(left.as_deref().is_none_or(|left| left == b"value"), "what was dropped left {left:?} behind");
    Ok(())
}

/// Begins an operation, and drops it after so many steps or when the time has passed; [`u8::MAX`] steps are as many as it takes.
fn give_up<T: Send + 'static>(
    mut operation: StoreFuture<T>,
    steps: u8,
    within: Duration,
) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>> {
    Box::pin(runtime::within(within, async move {
        if steps == u8::MAX {
            return operation.await.map(drop);
        }
        for _ in 0..steps {
            if poll_fn(|context| Poll::Ready(operation.as_mut().poll(context).is_ready())).await {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }))
}

pub(super) async fn many_at_a_time(probe: Probe) -> Outcome {
    let keys: Vec<String> = (0..500).map(|at| probe.key(&at.to_string())).collect();
    all(keys.iter().map(|key| probe.set(key, key.as_bytes(), LONG))).await?;
    let found = all(keys.iter().map(|key| probe.get(key))).await?;
    let wrong = keys.iter().zip(&found).filter(|(key, found)| found.as_deref() != Some(key.as_bytes())).count();
    ensure!(wrong == 0, "{wrong} of {} concurrent gets were given another answer than their own", keys.len());
    Ok(())
}
