//! Operations on several keys, and on patterns.

use super::probe::{LONG, Outcome, Probe, all, begun};
use crate::shared::store::KeyPattern;

pub(super) async fn get_answers_in_order(probe: Probe) -> Outcome {
    let keys: Vec<String> = (0..300).map(|at| probe.key(&at.to_string())).collect();
    all((0..300).step_by(3).map(|at| probe.set(&keys[at], at.to_string().as_bytes(), LONG))).await?;
    let expected = |at: usize| at.is_multiple_of(3).then(|| at.to_string().into_bytes());
    for at in [0, 1, 299] {
        let found = probe.get(&keys[at]).await?;
        ensure!(found == expected(at), "for key {at} alone it returned {found:?}");
    }
    // Backwards, and with one key twice.
    let order = || (0..300).rev().chain([0]);
    let asked: Vec<String> = order().map(|at| keys[at].clone()).collect();
    let found = probe.get_all(&asked).await?;
    ensure!(found.len() == asked.len(), "for {} keys it returned {} values", asked.len(), found.len());
    let wrong = order().zip(&found).find(|(at, found)| **found != expected(*at));
    ensure!(wrong.is_none(), "among others it returned, for the key of that number: {wrong:?}");
    Ok(())
}

pub(super) async fn remove_takes_what_there_is(probe: Probe) -> Outcome {
    let keys: Vec<String> = (0..100).map(|at| probe.key(&at.to_string())).collect();
    all(keys.iter().step_by(2).map(|key| probe.set(key, b"value", LONG))).await?;
    let other = probe.key("other");
    probe.set(&other, b"kept", LONG).await?;
    probe.remove(&keys).await?;
    let left = probe.get_all(&keys).await?.iter().flatten().count();
    ensure!(left == 0, "{left} of 50 values were left");
    probe.expect(&other, Some(b"kept"), "of a key that was not named").await?;
    probe.remove(&keys).await
}

/// Whoever sees a later key gone must see an earlier one gone if he looks after that. Tries that are over too early or too late to see
/// anything prove nothing, so there are many.
pub(super) async fn remove_begins_with_the_first(probe: Probe) -> Outcome {
    let keys: Vec<String> = (0..4).map(|at| probe.key(&at.to_string())).collect();
    for _ in 0..25 {
        all(keys.iter().map(|key| probe.set(key, b"value", LONG))).await?;
        let removed = begun(probe.remove(&keys));
        for pair in keys.windows(2).rev() {
            if probe.get(&pair[1]).await?.is_none() {
                let earlier = probe.get(&pair[0]).await?;
                ensure!(earlier.is_none(), "a later key was gone while the one before it was there");
            }
        }
        removed.await?;
    }
    Ok(())
}

pub(super) async fn only_the_star_is_a_wildcard(probe: Probe) -> Outcome {
    let names = [
        "a", "b", "ab", "a:", "a:1", "a:1:x", "a:2:x", "a:2:y", "[ab]", "[^a]", "[a-z]", "?", "??", "\\", "\\*", "a\\",
        "^", "!a", "{a,b}", "é", "🦀", "*", "a*b", "A",
    ];
    let patterns = [
        "a", "a:*", "a:*:x", "*", "*:*", "**", "*x", "a*b", "[ab]", "[^a]", "[a-z]", "[*]", "?", "??", "?*", "\\",
        "\\*", "a\\", "*\\", "^", "!a", "{a,b}", "é", "*🦀", "none", "none*", "",
    ];
    for pattern in patterns {
        all(names.map(|name| probe.set(&probe.key(name), b"value", LONG))).await?;
        let described = KeyPattern::new(probe.key(pattern));
        let removed = probe.remove_matching(described.as_str()).await?;
        let values = probe.get_all(&names.map(|name| probe.key(name))).await?;
        let gone: Vec<&str> =
            names.into_iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        let expected: Vec<&str> = names.into_iter().filter(|name| described.matches(&probe.key(name))).collect();
        ensure!(gone == expected, "{pattern:?} removed {gone:?} and not {expected:?}");
        ensure!(removed == gone.len() as u64, "{pattern:?} removed {} and returned {removed}", gone.len());
    }
    Ok(())
}

pub(super) async fn patterns_reach_thousands(probe: Probe) -> Outcome {
    const KEYS: usize = 2_500;
    let keys: Vec<String> = (0..KEYS).map(|at| probe.key(&format!("many:{at}"))).collect();
    let other = probe.key("other:1");
    probe.set(&other, b"kept", LONG).await?;
    for some in keys.chunks(100) {
        all(some.iter().map(|key| probe.set(key, b"value", LONG))).await?;
    }
    let removed = probe.remove_matching(&probe.key("many:*")).await?;
    ensure!(removed == KEYS as u64, "of {KEYS} keys it removed {removed}, as it says");
    for some in keys.chunks(100) {
        let left = probe.get_all(some).await?.iter().flatten().count();
        ensure!(left == 0, "{left} of 100 values were left");
    }
    probe.expect(&other, Some(b"kept"), "of a key that does not match").await
}

pub(super) async fn lists_may_be_empty(probe: Probe) -> Outcome {
    let values = probe.get_all(&[]).await?;
    ensure!(values.is_empty(), "get of no keys returned {} values", values.len());
    let values = probe.get_or_add(&[], b"fresh", LONG).await?;
    ensure!(values.is_empty(), "get_or_add of no keys returned {} values", values.len());
    probe.remove(&[]).await
}
