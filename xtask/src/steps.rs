//! What there is to run. To change a command, change its row.

use crate::servers::{REDIS, Server, VALKEY};

/// The runtime with one feature and nothing else: whatever the feature needs, it names.
macro_rules! lone {
    ($feature:literal) => {
        Step {
            name: concat!("only-", $feature),
            about: concat!("the library builds with the feature `", $feature, "` alone"),
            command: concat!("cargo check --package cached-core --no-default-features --features ", $feature),
            ..PLAIN
        }
    };
}

/// Everything `cargo xtask ci` runs, in this order; `cargo xtask test` runs the rows of [`Suite::Test`].
///
/// A command is split at spaces. `{target}` in it is the target directory, `{host}` the triple that the compiler runs on, `{trace}` a
/// small access trace that is written before the step runs.
pub const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "every file is formatted",
        suite: Suite::Lint,
        command: "cargo fmt --all --check",
        component: Some("rustfmt"),
        ..PLAIN
    },
    Step {
        name: "clippy",
        about: "no warnings, in any target, with every feature",
        suite: Suite::Lint,
        command: "cargo clippy --workspace --all-targets --all-features -- -D warnings",
        component: Some("clippy"),
        ..PLAIN
    },
    Step {
        name: "docs",
        about: "the documentation builds and its links hold",
        suite: Suite::Lint,
        command: "cargo doc --workspace --no-deps --all-features",
        env: &[("RUSTDOCFLAGS", "-D warnings")],
        ..PLAIN
    },
    Step {
        name: "all-features",
        about: "unit, integration and documentation tests of the workspace, with every feature",
        command: "cargo test --workspace --all-features --no-fail-fast",
        servers: &[REDIS],
        wanted: &[VALKEY],
        ..PLAIN
    },
    Step {
        name: "default",
        about: "the runtime's tests with the default features",
        command: "cargo test --package cached-core --package cached-runtime --no-fail-fast",
        ..PLAIN
    },
    Step {
        name: "no-macros",
        about: "the runtime builds without the attributes",
        command: "cargo check --package cached-core --no-default-features",
        ..PLAIN
    },
    lone!("digest"),
    lone!("tracing"),
    lone!("metrics"),
    lone!("shared"),
    lone!("redis"),
    lone!("redis-tls"),
    lone!("redis-cluster"),
    lone!("redis-sentinel"),
    lone!("json"),
    lone!("postcard"),
    Step {
        name: "model",
        about: "model checks: interleavings of the engine and of the lease protocol, explored by shuttle",
        command: "cargo test --package cached-runtime --features shared --release --test model --test shared_model --no-fail-fast --target-dir {target}/shuttle",
        env: &[("RUSTFLAGS", "--cfg shuttle")],
        ..PLAIN
    },
    Step {
        name: "sanitizer",
        about: "the memory engine under the address sanitizer: the crate's unsafe code is in it",
        command: "cargo test --package cached-runtime --lib --target {host} --target-dir {target}/sanitizer -- memory::",
        // The sanitizer comes with the stable toolchain; only the flag that asks for it is not stable.
        env: &[("RUSTC_BOOTSTRAP", "1"), ("RUSTFLAGS", "-Zsanitizer=address")],
        ..PLAIN
    },
    Step {
        name: "quickstart",
        about: "the quickstart example runs through",
        command: "cargo run --example quickstart",
        ..PLAIN
    },
    Step {
        name: "replay",
        about: "the replay example reads a small trace",
        command: "cargo run --example replay -- {trace} --capacity 100 --policy lru",
        ..PLAIN
    },
];

/// One thing to run.
#[derive(Debug)]
pub struct Step {
    /// What `--only` takes.
    pub name: &'static str,
    /// What holds if it passes.
    pub about: &'static str,
    /// Which of the two commands runs it.
    pub suite: Suite,
    /// Program and arguments.
    pub command: &'static str,
    /// Set for the command, on top of the environment.
    pub env: &'static [(&'static str, &'static str)],
    /// The toolchain component it needs.
    pub component: Option<&'static str>,
    /// The servers it talks to.
    pub servers: &'static [Server],
    /// Servers it also talks to where there are packages of them.
    pub wanted: &'static [Server],
}

/// A test step that needs nothing but cargo.
const PLAIN: Step =
    Step { name: "", about: "", suite: Suite::Test, command: "", env: &[], component: None, servers: &[], wanted: &[] };

/// Which of the two commands runs a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// `ci` alone.
    Lint,
    /// `test` and `ci`.
    Test,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_unique_names_and_a_command() {
        for (at, step) in STEPS.iter().enumerate() {
            assert!(!step.name.is_empty() && !step.about.is_empty() && !step.command.is_empty());
            assert!(STEPS[..at].iter().all(|other| other.name != step.name), "{} stands twice", step.name);
        }
    }
}
