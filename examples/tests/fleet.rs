//! The example `fleet`, run for a few seconds: four processes, Redis killed and back, nothing failed and nothing stale.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// One fleet at a time: each keeps a few cores busy.
static FLEET: Mutex<()> = Mutex::new(());

/// Where cargo puts the example: beside the folder of the test's own executable.
fn fleet() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().and_then(Path::parent).unwrap().join("examples");
    let fleet = folder.join(format!("fleet{}", std::env::consts::EXE_SUFFIX));
    // `cargo test` builds the examples, `cargo test --test fleet` does not: nothing may be tested that is not what the sources say.
    let changed = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let sources = std::fs::read_to_string(folder.join("fleet.d")).unwrap_or_default();
    let sources = sources.lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, sources)| sources);
    let newest = sources
        .replace("\\ ", "\0")
        .split(' ')
        .map(|path| PathBuf::from(path.replace('\0', " ")))
        .map(|path| changed(&path))
        .max();
    let built = changed(&fleet);
    assert!(
        built.is_some() && newest.is_some_and(|newest| newest <= built),
        "older than its sources, or missing: cargo build --example fleet"
    );
    fleet
}

/// Runs the example and returns what it printed.
fn run(backend: &str) -> String {
    let fleet = fleet();
    let _fleet = FLEET.lock().unwrap_or_else(PoisonError::into_inner);
    let output = Command::new(&fleet).args(["--seconds", "6", "--backend", backend]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    text
}

/// The cells of the summary's row of this name, its digits alone.
fn numbers(text: &str, name: &str) -> Vec<u64> {
    let row = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no `{name}` in {text}"));
    let cells = row[name.len()..].split("  ").map(str::trim).filter(|cell| !cell.is_empty());
    cells.filter_map(|cell| cell.replace(',', "").parse().ok()).collect()
}

fn check(backend: &str) {
    let text = run(backend);
    for line in ["Failed calls: 0", "Stale answers: 0 with Redis", "Every worker found back to Redis"] {
        assert!(text.contains(line), "`{line}` is missing: {text}");
    }
    // Reads, loads, writes: without some of each, nothing was shown.
    for name in ["with Redis", "without"] {
        assert!(numbers(&text, name).iter().all(|number| *number > 10), "{text}");
    }
}

#[test]
fn workers_over_redis_fail_never_and_see_nothing_stale() {
    check("redis");
}

#[test]
fn workers_with_memory_before_redis_fail_never_and_see_nothing_stale() {
    check("tiered");
}
