//! What a build of `cached-core` brings along: only what its features ask for.

use std::collections::BTreeSet;
use std::process::Command;

/// The crates of a build with these arguments, by name.
fn crates(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "cached-core", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names are text");
    let names: BTreeSet<String> = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    assert!(names.contains("cached-core"), "{text}");
    names
}

#[test]
fn without_the_feature_redis_there_is_no_client_and_no_runtime() {
    for features in ["", "digest", "tracing,metrics", "digest,tracing,metrics"] {
        let crates = crates(&["--features", features]);
        for foreign in ["redis", "tokio", "rustls", "lz4_flex", "serde_json", "postcard"] {
            assert!(!crates.contains(foreign), "`{features}` brings {foreign}: {crates:?}");
        }
    }
}

#[test]
fn a_store_of_ones_own_needs_no_client() {
    for features in ["shared", "json", "postcard"] {
        let crates = crates(&["--no-default-features", "--features", features]);
        assert!(crates.contains("tokio"));
        for foreign in ["redis", "rustls", "mio"] {
            assert!(!crates.contains(foreign), "`{features}` brings {foreign}: {crates:?}");
        }
    }
}

#[test]
fn tls_comes_only_when_it_is_asked_for() {
    for (features, tls) in [("redis", false), ("redis-cluster", false), ("redis-sentinel", false), ("redis-tls", true)]
    {
        let crates = crates(&["--no-default-features", "--features", features]);
        assert!(crates.contains("redis"));
        assert_eq!(crates.contains("rustls"), tls, "{features}");
        for foreign in ["openssl-sys", "native-tls", "aws-lc-sys"] {
            assert!(!crates.contains(foreign), "`{features}` brings {foreign}");
        }
    }
}
