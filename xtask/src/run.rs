//! Running one step: its output passes through, its test results are counted.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::components;
use crate::servers::{self, Host};
use crate::steps::Step;

/// Passed and failed tests. A step that reports none counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Count {
    /// Reads a line such as `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
    fn from_line(line: &str) -> Option<Self> {
        let counts = line.trim().strip_prefix("test result: ")?.split_once(". ")?.1;
        let number =
            |word: &str| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse::<u64>().ok());
        Some(Self { passed: number("passed")?, failed: number("failed")? })
    }
}

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed(Count),
    Failed { count: Count, why: String },
}

impl Outcome {
    /// The verdict is the exit status; the lines only say how many tests that was.
    fn new(count: Count, failure: Option<String>) -> Self {
        match failure {
            None => Self::Passed(Count { passed: count.passed.max(1), ..count }),
            Some(why) => Self::Failed { count: Count { failed: count.failed.max(1), ..count }, why },
        }
    }

    /// What the step adds to the total.
    pub fn count(&self) -> Count {
        match self {
            Self::Passed(count) | Self::Failed { count, .. } => *count,
        }
    }
}

/// Where the workspace is and where it builds.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The workspace this program was built from.
    pub fn locate() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().unwrap_or(here).to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        Self { target: root.join(target), root }
    }

    fn trace(&self) -> PathBuf {
        self.target.join("xtask").join("small.u32")
    }

    fn words(&self, step: &Step) -> Vec<String> {
        let target = self.shown(&self.target);
        let trace = self.shown(&self.trace());
        step.command
            .split_whitespace()
            .map(|word| match word {
                "{host}" => host(),
                word => word.replace("{target}", &target).replace("{trace}", &trace),
            })
            .collect()
    }

    /// A path as a person would type it in the workspace's root, where every step runs.
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The step as a line that can be pasted into a shell.
    pub fn command_line(&self, step: &Step) -> String {
        let env = step.env.iter().map(|(name, value)| format!("{name}=\"{value}\" ")).collect::<String>();
        env + &self.words(step).join(" ")
    }
}

/// Sees to what the step needs, then runs it.
///
/// What was left out, and why, is added to `notes`.
pub fn run(step: &Step, workspace: &Workspace, notes: &mut Vec<String>) -> Outcome {
    let mut count = Count::default();
    let failure = prepare(step, workspace, notes).and_then(|()| execute(step, workspace, &mut count)).err();
    Outcome::new(count, failure)
}

fn prepare(step: &Step, workspace: &Workspace, notes: &mut Vec<String>) -> Result<(), String> {
    if let Some(component) = step.component {
        components::ensure(component, &mut Host)?;
    }
    for server in step.servers {
        let found = servers::ensure(server, &mut Host).map_err(|missing| missing.to_string())?;
        println!("{}: {found}", server.program);
    }
    for server in step.wanted {
        match servers::want(server, &mut Host) {
            Ok(found) => println!("{}: {found}", server.program),
            Err(missing) => notes.push(format!("{} ran without {}: {missing}", step.name, server.program)),
        }
    }
    if step.command.contains("{trace}") {
        let path = workspace.trace();
        write_trace(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

/// The triple of the machine, as the compiler knows it.
fn host() -> String {
    let version =
        Command::new(program_path("rustc")).arg("-vV").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("unknown").to_owned()
}

fn execute(step: &Step, workspace: &Workspace, count: &mut Count) -> Result<(), String> {
    let words = workspace.words(step);
    let (program, arguments) = words.split_first().ok_or("the step has no command")?;
    let mut command = Command::new(program_path(program));
    command.args(arguments).envs(step.env.iter().copied()).current_dir(&workspace.root);
    forget_own_package(&mut command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start `{program}`: {error}"))?;
    if let Some(output) = child.stdout.take() {
        *count = pass_through(BufReader::new(output), &mut io::stdout())
            .map_err(|error| format!("cannot read what `{program}` prints: {error}"))?;
    }
    let status = child.wait().map_err(|error| format!("cannot wait for `{program}`: {error}"))?;
    match (status.success(), count.failed) {
        (true, _) => Ok(()),
        (false, 0) => Err(status.to_string()),
        (false, 1) => Err("1 test failed".into()),
        (false, failed) => Err(format!("{failed} tests failed")),
    }
}

/// The cargo that runs this program, so that `cargo +toolchain xtask` stays with its toolchain.
fn program_path(program: &str) -> OsString {
    let own = if program == "cargo" { std::env::var_os("CARGO") } else { None };
    own.unwrap_or_else(|| program.into())
}

/// `cargo run` describes xtask's package in the environment; build scripts that look there would
/// run again each time a step is started by hand instead.
fn forget_own_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Copies the output line by line and adds up the test results in it.
fn pass_through(mut output: impl BufRead, out: &mut impl Write) -> io::Result<Count> {
    let mut count = Count::default();
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        // A closed pipe on our side is no reason to stop the step.
        let _ = out.write_all(&line).and_then(|()| out.flush());
        if let Some(result) = Count::from_line(&String::from_utf8_lossy(&line)) {
            count += result;
        }
        line.clear();
    }
    Ok(count)
}

/// 4,000 accesses to 1,000 keys, low ones more often; `u32` little-endian, as the replay example reads them.
fn write_trace(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let keys = (0..4_000_u32).flat_map(|at| {
        let spread = at.wrapping_mul(2_654_435_761) >> 16;
        (spread % 1_000 * (spread % 7) / 6).to_le_bytes()
    });
    std::fs::write(path, keys.collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::STEPS;

    #[test]
    fn test_results_are_added_up_and_output_passes_through() {
        let text = b"running 2 tests\n\
                    test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                    \xff no line end";
        let mut copy = Vec::new();
        let count = pass_through(&text[..], &mut copy).unwrap();
        assert_eq!(count, Count { passed: 5, failed: 4 });
        assert_eq!(copy, text);
    }

    #[test]
    fn lines_that_are_no_result_count_nothing() {
        for line in ["", "test a ... ok", "test result: ", "test result: ok. many passed; few failed;"] {
            assert_eq!(Count::from_line(line), None, "{line}");
        }
    }

    #[test]
    fn a_step_without_tests_counts_as_one() {
        assert_eq!(Outcome::new(Count::default(), None).count(), Count { passed: 1, failed: 0 });
        let failed = Outcome::new(Count { passed: 7, failed: 0 }, Some("exit status: 101".into()));
        assert_eq!(failed.count(), Count { passed: 7, failed: 1 });
    }

    #[test]
    fn placeholders_are_filled_in_and_the_environment_is_shown() {
        let workspace = Workspace { root: "/w".into(), target: "/w/target".into() };
        let model = STEPS.iter().find(|step| step.name == "model").unwrap();
        let line = workspace.command_line(model);
        assert!(line.starts_with("RUSTFLAGS=\"--cfg shuttle\" cargo test "), "{line}");
        assert!(line.ends_with("--target-dir target/shuttle"), "{line}");
        for step in STEPS {
            assert!(!workspace.command_line(step).contains('{'), "{}", step.name);
        }
    }
}
