//! What a watcher is told.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::probe::{LIMIT, LONG, Outcome, Probe};
use crate::shared::runtime;
use crate::shared::store::Watcher;

/// The key that expires.
const BRIEF: &str = "a:brief";

/// Called from threads of the store's, which no model checker knows, so its locks are the standard ones.
#[derive(Default)]
struct Log {
    told: Mutex<Told>,
    /// A call is under way.
    called: AtomicBool,
}

#[derive(Default)]
struct Told {
    up: bool,
    changed: HashSet<String>,
    all_changed: bool,
    wrong: Option<&'static str>,
}

impl Log {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: impl FnOnce(&mut Told)) {
        let overlaps = self.called.swap(true, Ordering::AcqRel);
        let mut told = self.told();
        if overlaps {
            told.wrong = Some("two calls at a time");
        }
        event(&mut told);
        drop(told);
        self.called.store(false, Ordering::Release);
    }
}

impl Watcher for Log {
    fn up(&self) {
        self.tell(|told| {
            if std::mem::replace(&mut told.up, true) {
                told.wrong = Some("`up` twice without a `down`");
            }
        });
    }

    fn changed(&self, key: &str) {
        self.tell(|told| {
            told.changed.insert(key.to_owned());
        });
    }

    fn all_changed(&self) {
        self.tell(|told| told.all_changed = true);
    }

    fn down(&self) {
        self.tell(|told| {
            if !std::mem::replace(&mut told.up, false) {
                told.wrong = Some("`down` without an `up` before it");
            }
        });
    }
}

pub(super) async fn changes_are_reported(probe: Probe) -> Outcome {
    let key = |name: &str| probe.key(name);
    // A key of its own for each operation, since a change may be reported more than once, and late.
    for name in ["a:swap", "a:remove_if", "a:remove", "b:remove", "b:matching"] {
        probe.set(&key(name), b"lease", LONG).await?;
    }
    let log = Arc::new(Log::default());
    let prefixes = vec![key("a:"), key("b:")];
    if !probe.store.watch(prefixes, Arc::clone(&log) as Arc<dyn Watcher>) {
        let told = log.told();
        let called = told.up || told.all_changed || !told.changed.is_empty();
        ensure!(!called, "it returned false and called the watcher all the same");
        return Ok(());
    }
    until(&probe, &log, "`up` was not called", |told| told.up).await?;

    probe.set(&key("a:set:ü"), b"value", LONG).await?;
    reported(&probe, &log, &["a:set:ü"], "set").await?;
    probe.swap(&key("a:swap"), b"lease", b"value", LONG).await?;
    reported(&probe, &log, &["a:swap"], "swap").await?;
    probe.remove_if(&key("a:remove_if"), b"lease").await?;
    reported(&probe, &log, &["a:remove_if"], "remove_if").await?;
    probe.add(&key("b:add"), b"value", LONG, None).await?;
    reported(&probe, &log, &["b:add"], "add").await?;
    probe.get_or_add(&[key("a:get_or_add"), key("b:get_or_add")], b"value", LONG).await?;
    reported(&probe, &log, &["a:get_or_add", "b:get_or_add"], "get_or_add").await?;
    probe.remove(&[key("a:remove"), key("b:remove")]).await?;
    reported(&probe, &log, &["a:remove", "b:remove"], "remove").await?;
    probe.remove_matching(&key("*:matching")).await?;
    reported(&probe, &log, &["b:matching"], "remove_matching").await?;

    let brief = Duration::from_millis(250);
    probe.set(&key(BRIEF), b"value", brief).await?;
    reported(&probe, &log, &[BRIEF], "set").await?;
    // Reports of the `set` that come late must not pass for those of the expiry.
    runtime::sleep(brief / 2).await;
    log.told().changed.clear();
    reported(&probe, &log, &[BRIEF], "expiry").await
}

/// Waits until these changes have been reported.
async fn reported(probe: &Probe, log: &Log, names: &[&str], by: &str) -> Outcome {
    let all = |told: &Told| told.all_changed || names.iter().all(|name| told.changed.contains(&probe.key(name)));
    until(probe, log, &format!("a change by `{by}` was not reported"), all).await?;
    log.told().all_changed = false;
    Ok(())
}

async fn until(probe: &Probe, log: &Log, else_found: &str, done: impl Fn(&Told) -> bool) -> Outcome {
    let start = Instant::now();
    loop {
        {
            let told = log.told();
            if let Some(wrong) = told.wrong {
                return Err(wrong.to_owned());
            }
            if done(&told) {
                return Ok(());
            }
        }
        ensure!(start.elapsed() < LIMIT, "{else_found} within {LIMIT:?}");
        // Some stores notice that a value has expired only when they are asked.
        probe.get(&probe.key(BRIEF)).await?;
        runtime::sleep(Duration::from_millis(2)).await;
    }
}
