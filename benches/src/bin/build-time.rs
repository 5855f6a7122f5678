//! What a clean build costs: `cargo run --release -p benches --bin build-time`.
//!
//! Crates that depend on one cache each, with its default features, are built in turn from nothing, with the development profile; sources are
//! fetched before. `--rounds <N>` builds of each (3), `--jobs <N>` at a time (as many as there are CPUs).

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use benches::table::median;
use tempfile::TempDir;

struct Crate {
    name: &'static str,
    dependency: String,
    folder: TempDir,
    /// How many crates are compiled for it, itself not counted.
    crates: usize,
    seconds: Vec<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (rounds, jobs) = arguments()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the benches lie at the top")?;
    let ours = format!("cached-core = {{ path = {:?} }}", root.join("cached-core"));
    let mut crates = [
        ("`cached` 4", "cached = \"4\"".to_owned()),
        ("**`cached-core`**", ours),
        ("`quick_cache` 0.7", "quick_cache = \"0.7\"".to_owned()),
        ("`moka` 0.12 with `sync`", "moka = { version = \"0.12\", features = [\"sync\"] }".to_owned()),
    ]
    .into_iter()
    .map(|(name, dependency)| Crate::new(name, dependency))
    .collect::<Result<Vec<_>, _>>()?;
    for _ in 0..rounds {
        for one in &mut crates {
            one.build(jobs)?;
        }
    }
    println!("Development profile, {jobs} jobs, median of {rounds}, in turn.\n");
    println!("| depends on | seconds | ratio | crates |\n|---|---:|---:|---:|");
    let base = crates.first().map(|one| one.seconds.clone()).unwrap_or_default();
    for one in &crates {
        let seconds = median(one.seconds.iter().copied());
        // Of those within a round: a drift of the machine's speed meets both sides.
        let ratio = median(one.seconds.iter().zip(&base).map(|(seconds, base)| seconds / base));
        println!("| {} | {seconds:.1} | {ratio:.2} | {} |", one.name, one.crates);
    }
    Ok(())
}

fn arguments() -> Result<(usize, usize), Box<dyn Error>> {
    use lexopt::prelude::*;

    let (mut rounds, mut jobs) = (3, std::thread::available_parallelism()?.get());
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("rounds") => rounds = args.value()?.parse()?,
            Long("jobs") => jobs = args.value()?.parse()?,
            _ => return Err(arg.unexpected().into()),
        }
    }
    Ok((rounds, jobs))
}

impl Crate {
    /// An empty library in a folder of its own, with the sources of all it needs at hand.
    fn new(name: &'static str, dependency: String) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let manifest = format!(
            "[package]\nname = \"measured\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n[dependencies]\n{dependency}\n\n[workspace]\n"
        );
        std::fs::write(folder.path().join("Cargo.toml"), manifest)?;
        std::fs::write(folder.path().join("lib.rs"), "")?;
        let one = Self { name, dependency, folder, crates: 0, seconds: Vec::new() };
        one.cargo(&["fetch"])?;
        Ok(one)
    }

    fn build(&mut self, jobs: usize) -> Result<(), Box<dyn Error>> {
        let target = self.folder.path().join("target");
        if target.exists() {
            std::fs::remove_dir_all(target)?;
        }
        let begun = Instant::now();
        let said = self.cargo(&["build", "--offline", "--jobs", &jobs.to_string(), "--target-dir", "target"])?;
        self.seconds.push(begun.elapsed().as_secs_f64());
        self.crates = said.lines().filter(|line| line.trim_start().starts_with("Compiling")).count().saturating_sub(1);
        Ok(())
    }

    /// What cargo said, if it succeeded.
    fn cargo(&self, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(arguments)
            .current_dir(self.folder.path())
            // What was asked of the build of this program is not asked of those, and no cache of compilers answers for one.
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTFLAGS")
            .env("RUSTC_WRAPPER", "")
            // Crates from a registry are never compiled incrementally. Ours comes by a path here, and would be.
            .env("CARGO_INCREMENTAL", "0")
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(format!("with {}: {said}", self.dependency).into()) }
    }
}
