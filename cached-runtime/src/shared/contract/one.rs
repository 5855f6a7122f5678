//! Operations on one key, one after another.

use super::probe::{LONG, Outcome, Probe, show};
use crate::shared::store::{Added, Seen};

pub(super) async fn values_come_back(probe: Probe) -> Outcome {
    let mebibyte: Vec<u8> = (0..1 << 20).map(|at: u32| (at % 251) as u8).collect();
    let bytes: Vec<u8> = (0..=255).collect();
    let key = probe.key("value");
    probe.expect(&key, None, "before anything was set").await?;
    for value in [&bytes[..], b"", b"\0", b"\r\n$-1\r\n", &mebibyte, b"short"] {
        probe.set(&key, value, LONG).await?;
        probe.expect(&key, Some(value), &format!("after {} bytes were set", value.len())).await?;
    }
    let long = "k".repeat((64 << 10) - probe.key("").len());
    let keys = [" ", "\"'`", "{a}{}", "a%sb\\n", "über🦀", "*?[a-z]", "a:b:", &long].map(|name| probe.key(name));
    for (at, key) in keys.iter().enumerate() {
        probe.set(key, &[at as u8], LONG).await?;
    }
    for (at, key) in keys.iter().enumerate() {
        probe.expect(key, Some(&[at as u8]), &format!("of a key of {} bytes", key.len())).await?;
    }
    Ok(())
}

pub(super) async fn add_stores_where_nothing_is(probe: Probe) -> Outcome {
    for value in [&b"first\0"[..], b""] {
        let key = probe.key(&format!("of{}", value.len()));
        let added = probe.add(&key, value, LONG, None).await?;
        ensure!(added == Added::Stored, "where nothing was, it returned {}", describe(&added));
        let added = probe.add(&key, b"second", LONG, None).await?;
        let expected = Added::Present(value.to_vec());
        ensure!(added == expected, "over {} it returned {}", show(Some(value)), describe(&added));
        probe.expect(&key, Some(value), "after a second add").await?;
    }
    Ok(())
}

pub(super) async fn add_stores_over_what_was_seen(probe: Probe) -> Outcome {
    let long: Vec<u8> = (0..100).collect();
    for old in [&long[..], &long[..Seen::PREFIX], b"ten\0bytes%", b""] {
        let key = probe.key(&format!("of{}", old.len()));
        let seen = Seen::of(old);
        let longer = Seen { len: old.len() + 1, ..seen.clone() };
        let mut others = vec![("of another length", longer)];
        if let Some(last) = old.get(..Seen::PREFIX.min(old.len())).and_then(<[u8]>::last) {
            let mut prefix = seen.prefix.clone();
            prefix.pop();
            prefix.push(!last);
            others.push(("with other first bytes", Seen { prefix, ..seen.clone() }));
        }
        probe.set(&key, old, LONG).await?;
        for (what, other) in others {
            let added = probe.add(&key, b"new", LONG, Some(other)).await?;
            ensure!(
                added == Added::Present(old.to_vec()),
                "over a value {what} than the {} bytes that were there it returned {}",
                old.len(),
                describe(&added)
            );
        }
        let added = probe.add(&key, b"new", LONG, Some(seen.clone())).await?;
        ensure!(added == Added::Stored, "over the {} bytes that were seen it returned {}", old.len(), describe(&added));
        probe.expect(&key, Some(b"new"), "after an add over the value").await?;
        probe.remove(std::slice::from_ref(&key)).await?;
        let added = probe.add(&key, b"newer", LONG, Some(seen)).await?;
        ensure!(added == Added::Stored, "where nothing was any more it returned {}", describe(&added));
    }
    Ok(())
}

pub(super) async fn swap_replaces_by_prefix(probe: Probe) -> Outcome {
    let key = probe.key("swap");
    ensure!(!probe.swap(&key, b"", b"new", LONG).await?, "it replaced a value where there was none");
    probe.expect(&key, None, "after a swap of nothing").await?;
    for (old, prefix, swaps) in PREFIXES {
        probe.set(&key, old, LONG).await?;
        let swapped = probe.swap(&key, prefix, b"new\0", LONG).await?;
        ensure!(swapped == *swaps, "{} by {}: {swapped}", show(Some(old)), show(Some(prefix)));
        probe.expect(&key, Some(if *swaps { b"new\0" } else { old }), "after a swap").await?;
    }
    Ok(())
}

pub(super) async fn remove_if_removes_by_prefix(probe: Probe) -> Outcome {
    let key = probe.key("remove_if");
    ensure!(!probe.remove_if(&key, b"").await?, "it removed a value where there was none");
    for (old, prefix, removes) in PREFIXES {
        probe.set(&key, old, LONG).await?;
        let removed = probe.remove_if(&key, prefix).await?;
        ensure!(removed == *removes, "{} by {}: {removed}", show(Some(old)), show(Some(prefix)));
        probe.expect(&key, if *removes { None } else { Some(old) }, "after a remove_if").await?;
    }
    Ok(())
}

/// A value, a prefix, and whether the one begins with the other: bytes with a meaning in pattern languages among them.
const PREFIXES: &[(&[u8], &[u8], bool)] = &[
    (b"lease and more", b"lease", true),
    (b"lease", b"lease", true),
    (b"leas", b"lease", false),
    (b"a lease", b"lease", false),
    (b"Lease", b"lease", false),
    (b"\0\xff\0", b"\0\xff", true),
    (b"\0\xff\0", b"\0\xfe", false),
    (b"%a.*", b"%a.", true),
    (b"xa.*", b"%a.", false),
    (b"[a]?", b"[a]", true),
    (b"a", b"[a]", false),
    (b"any", b"", true),
    (b"", b"", true),
    (b"", b"a", false),
];

pub(super) async fn get_or_add_keeps_what_is_there(probe: Probe) -> Outcome {
    let keys = ["there", "empty", "missing", "missing"].map(|name| probe.key(name));
    probe.set(&keys[0], b"old\0", LONG).await?;
    probe.set(&keys[1], b"", LONG).await?;
    for fresh in [&b"fresh\xff"[..], b"fresher"] {
        let values = probe.get_or_add(&keys, fresh, LONG).await?;
        let expected: [&[u8]; 4] = [b"old\0", b"", b"fresh\xff", b"fresh\xff"];
        ensure!(values == expected, "it returned {values:?}, not {expected:?}");
    }
    probe.expect(&keys[2], Some(b"fresh\xff"), "after it was added").await
}

fn describe(added: &Added) -> String {
    match added {
        Added::Stored => String::from("Stored"),
        Added::Present(value) => format!("Present({})", show(Some(value))),
    }
}
