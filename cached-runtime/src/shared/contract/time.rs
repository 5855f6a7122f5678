//! How long values live.

use std::time::Duration;

use super::probe::{LONG, Outcome, Probe};
use crate::shared::runtime;
use crate::shared::store::Seen;

/// Long enough to be seen alive on a quick machine; nothing fails if it is not.
const SHORT: Duration = Duration::from_millis(60);
/// By then what lived for [`SHORT`] is gone: the tolerance is 10 ms, the rest is for clocks that tick coarsely.
const AFTER: Duration = Duration::from_millis(110);

pub(super) async fn values_expire(probe: Probe) -> Outcome {
    let key = |name: &str| probe.key(name);
    for name in ["swap", "over"] {
        probe.set(&key(name), b"lease", LONG).await?;
    }
    probe.set(&key("set"), b"value", SHORT).await?;
    probe.add(&key("add"), b"value", SHORT, None).await?;
    probe.add(&key("over"), b"value", SHORT, Some(Seen::of(b"lease"))).await?;
    probe.swap(&key("swap"), b"lease", b"value", SHORT).await?;
    probe.get_or_add(&[key("get_or_add")], b"value", SHORT).await?;
    runtime::sleep(AFTER).await;
    for name in ["set", "add", "over", "swap", "get_or_add"] {
        probe.expect(&key(name), None, &format!("{AFTER:?} after `{name}` stored it for {SHORT:?}")).await?;
    }
    // To every operation it is as if it had never been.
    probe.set(&key("set"), b"value", SHORT).await?;
    probe.set(&key("swap"), b"value", SHORT).await?;
    runtime::sleep(AFTER).await;
    ensure!(!probe.swap(&key("swap"), b"value", b"new", LONG).await?, "swap replaced what had expired");
    ensure!(!probe.remove_if(&key("set"), b"value").await?, "remove_if removed what had expired");
    Ok(())
}

pub(super) async fn the_last_ttl_counts(probe: Probe) -> Outcome {
    let (longer, shorter) = (probe.key("longer"), probe.key("shorter"));
    probe.set(&longer, b"value", SHORT).await?;
    probe.set(&longer, b"value", LONG).await?;
    probe.set(&shorter, b"value", LONG).await?;
    probe.swap(&shorter, b"value", b"value", SHORT).await?;
    runtime::sleep(AFTER).await;
    probe.expect(&longer, Some(b"value"), "of a value that was set again for longer").await?;
    probe.expect(&shorter, None, "of a value that was swapped for one that lives shorter").await
}

pub(super) async fn get_or_add_prolongs(probe: Probe) -> Outcome {
    let keys = ["short", "long"].map(|name| probe.key(name));
    // As long as a slow machine may need for two operations.
    let first = Duration::from_millis(500);
    probe.set(&keys[0], b"value", first).await?;
    probe.set(&keys[1], b"value", LONG).await?;
    let found = probe.get_or_add(&keys[..1], b"value", LONG).await?;
    ensure!(found == [b"value"], "it returned {found:?}");
    probe.get_or_add(&keys[1..], b"fresh", SHORT).await?;
    runtime::sleep(first + AFTER - SHORT).await;
    probe.expect(&keys[0], Some(b"value"), "after it was prolonged").await?;
    probe.expect(&keys[1], Some(b"value"), "after it was asked to live for less").await
}

pub(super) async fn ttls_may_be_short_and_long(probe: Probe) -> Outcome {
    let (short, long) = (probe.key("short"), probe.key("long"));
    probe.set(&short, b"value", Duration::from_nanos(1)).await?;
    probe.set(&long, b"value", Duration::from_secs(10 * 365 * 24 * 3600)).await?;
    runtime::sleep(AFTER - SHORT).await;
    probe.expect(&short, None, "50 ms after it was stored for a nanosecond").await?;
    probe.expect(&long, Some(b"value"), "of what was stored for ten years").await
}

pub(super) async fn the_clock_runs(probe: Probe) -> Outcome {
    // Some operation first: a store may learn the time when it connects.
    probe.ping().await?;
    let before = probe.store.now();
    runtime::sleep(Duration::from_millis(30)).await;
    let after = probe.store.now();
    const YEAR_2020: u64 = 1_577_836_800_000;
    ensure!(before > YEAR_2020, "it is {before} ms since 1970");
    ensure!(after > before && after - before < 60_000, "from {before} to {after} in 30 ms");
    Ok(())
}
