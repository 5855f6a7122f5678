//! Many operations on one key at a time.

use std::future::Future;
use std::pin::Pin;

use super::probe::{LONG, Outcome, Probe, all, show};
use crate::shared::store::{Added, Seen};

/// How many operations compete, and how often.
const TASKS: usize = 64;
const ROUNDS: usize = 5;

fn value(task: usize) -> Vec<u8> {
    format!("{task}").into_bytes()
}

/// Exactly one task stored its value, and that value is what is there.
async fn one_won(probe: &Probe, key: &str, won: &[bool]) -> Result<Vec<u8>, String> {
    let winners: Vec<usize> = (0..won.len()).filter(|task| won[*task]).collect();
    ensure!(winners.len() == 1, "{} of {} stored", winners.len(), won.len());
    let winner = value(winners[0]);
    probe.expect(key, Some(&winner), "after the one that stored").await?;
    Ok(winner)
}

pub(super) async fn one_of_many_adds(probe: Probe) -> Outcome {
    for round in 0..ROUNDS {
        let key = probe.key(&round.to_string());
        let added = all((0..TASKS).map(|task| probe.add(&key, &value(task), LONG, None))).await?;
        let won: Vec<bool> = added.iter().map(|added| *added == Added::Stored).collect();
        let winner = one_won(&probe, &key, &won).await?;
        let wrong =
            added.iter().find(|added| !matches!(added, Added::Stored) && **added != Added::Present(winner.clone()));
        ensure!(wrong.is_none(), "one of the others got {wrong:?}, not {}", show(Some(&winner)));
    }
    Ok(())
}

pub(super) async fn one_of_many_takes_over(probe: Probe) -> Outcome {
    let old = b"what all of them have seen";
    for round in 0..ROUNDS {
        let key = probe.key(&round.to_string());
        probe.set(&key, old, LONG).await?;
        let added = all((0..TASKS).map(|task| probe.add(&key, &value(task), LONG, Some(Seen::of(old))))).await?;
        let won: Vec<bool> = added.iter().map(|added| *added == Added::Stored).collect();
        one_won(&probe, &key, &won).await?;
    }
    Ok(())
}

pub(super) async fn one_of_many_swaps(probe: Probe) -> Outcome {
    for round in 0..ROUNDS {
        let key = probe.key(&round.to_string());
        probe.set(&key, b"lease", LONG).await?;
        let won = all((0..TASKS).map(|task| probe.swap(&key, b"lease", &value(task), LONG))).await?;
        one_won(&probe, &key, &won).await?;
    }
    Ok(())
}

type Attempt = Pin<Box<dyn Future<Output = Result<bool, String>> + Send>>;

pub(super) async fn one_of_many_removes(probe: Probe) -> Outcome {
    for round in 0..ROUNDS {
        let key = probe.key(&round.to_string());
        probe.set(&key, b"lease", LONG).await?;
        let swap = |task| -> Attempt { Box::pin(probe.swap(&key, b"lease", &value(task), LONG)) };
        let remove = || -> Attempt { Box::pin(probe.remove_if(&key, b"lease")) };
        // In each round at another place among them: the first to be begun is often the first to be done.
        let place = round * TASKS / ROUNDS;
        let mut attempts: Vec<Attempt> = (0..TASKS).map(swap).collect();
        attempts.splice(place..place, [remove(), remove()]);
        let mut swapped = all(attempts).await?;
        let removed = swapped.drain(place..place + 2).filter(|removed| *removed).count();
        let stored = swapped.iter().filter(|swapped| **swapped).count();
        ensure!(removed + stored == 1, "{removed} removed it and {stored} replaced it");
        if stored == 1 {
            one_won(&probe, &key, &swapped).await?;
        } else {
            probe.expect(&key, None, "after it was removed").await?;
        }
    }
    Ok(())
}

pub(super) async fn all_get_what_one_added(probe: Probe) -> Outcome {
    for round in 0..ROUNDS {
        let keys = ["a", "b"].map(|name| probe.key(&format!("{name}{round}")));
        let found = all((0..TASKS).map(|task| probe.get_or_add(&keys, &value(task), LONG))).await?;
        for (at, key) in keys.iter().enumerate() {
            let stored = probe.get(key).await?;
            let wrong = found.iter().find(|values| values.get(at) != stored.as_ref());
            ensure!(wrong.is_none(), "one got {wrong:?} while {} is there", show(stored.as_deref()));
        }
    }
    Ok(())
}

pub(super) async fn answers_are_seen_by_who_asks_next(probe: Probe) -> Outcome {
    let key = probe.key("key");
    for round in 0..50 {
        let value = value(round);
        probe.set(&key, &value, LONG).await?;
        // Many at a time, so that they take different ways if there are any.
        let seen = all((0..8).map(|_| probe.get(&key))).await?;
        ensure!(
            seen.iter().all(|seen| seen.as_ref() == Some(&value)),
            "after a set was answered, get returned {seen:?}"
        );
        probe.remove(std::slice::from_ref(&key)).await?;
        let seen = all((0..8).map(|_| probe.get(&key))).await?;
        ensure!(seen.iter().all(Option::is_none), "after a remove was answered, get returned {seen:?}");
    }
    Ok(())
}
