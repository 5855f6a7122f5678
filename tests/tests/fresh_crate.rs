//! A fresh crate that depends on `cached-core` by path alone builds the programs of the design without a warning, and runs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const MANIFEST: &str = r#"[package]
name = "fresh"
version = "0.1.0"
edition = "2024"
rust-version = "1.88"

[dependencies]
cached-core = { path = "@PATH@" }

[workspace]
"#;

const MAIN: &str = "//! Runs the library.\n\nfn main() {\n    fresh::run();\n}\n";

/// A directory that goes away with this.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("cached-core-fresh-{}", std::process::id()));
        fs::create_dir_all(path.join("src")).expect("the directory for temporary files takes one more");
        Self(path)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect("a file is written");
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Beside what this test was built into, so that it is built once and not in each run.
fn target_directory() -> PathBuf {
    let this = env::current_exe().expect("a test has a path");
    this.ancestors().nth(3).expect("target/<profile>/deps/<test>").join("fresh-crate")
}

#[test]
fn a_crate_that_depends_on_cached_core_alone_builds_without_warnings_and_runs() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member is in its workspace");
    let fresh = Directory::new();
    let path = workspace.join("cached-core").display().to_string().replace('\\', "/");
    fresh.write("Cargo.toml", &MANIFEST.replace("@PATH@", &path));
    fresh.write("src/lib.rs", include_str!("fixtures/design.rs"));
    fresh.write("src/main.rs", MAIN);
    // The versions that the workspace was built with are the ones that are at hand without a network.
    fs::copy(workspace.join("Cargo.lock"), fresh.0.join("Cargo.lock")).expect("the workspace has a lock file");

    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["run", "--quiet", "--offline"])
        .current_dir(&fresh.0)
        .env("CARGO_TARGET_DIR", target_directory())
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.is_empty(), "not a word is expected: {said}");
}
