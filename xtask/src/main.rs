//! The workspace's chores: `cargo xtask test` and `cargo xtask ci`.
//!
//! What is run stands in one table, [`steps::STEPS`]; [`run`] runs a row of it and counts its tests;
//! [`servers`] and [`components`] see to what a row needs to be there.

mod components;
mod run;
mod servers;
mod steps;

use std::process::ExitCode;

use run::{Count, Outcome, Workspace};
use steps::{STEPS, Step, Suite};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Request::parse(&arguments) {
        Ok(Request::Help) => {
            print!("{}", help());
            ExitCode::SUCCESS
        }
        Ok(Request::Run { suite, steps }) => run_all(suite, &steps),
        Err(problem) => {
            eprintln!("error: {problem}\n\n{}", help());
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
#[derive(Debug)]
enum Request {
    Help,
    Run {
        /// The word that was given, for the commands that are printed.
        suite: &'static str,
        steps: Vec<&'static Step>,
    },
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut words = arguments.iter().map(String::as_str);
        let suite = match words.next() {
            Some("test") => "test",
            Some("ci") => "ci",
            None | Some("help" | "--help" | "-h") => return Ok(Self::Help),
            Some(other) => return Err(format!("expected `test` or `ci`, found `{other}`")),
        };
        let mut steps: Vec<&'static Step> =
            STEPS.iter().filter(|step| suite == "ci" || step.suite == Suite::Test).collect();
        while let Some(word) = words.next() {
            let only = match word.strip_prefix("--only") {
                Some("") => words.next().ok_or("`--only` needs the name of a step")?,
                Some(rest) if rest.starts_with('=') => &rest[1..],
                _ => return Err(format!("expected `--only STEP`, found `{word}`")),
            };
            // Any step can be asked for by name, also a lint through `test`.
            let step = STEPS.iter().find(|step| step.name == only);
            steps = vec![step.ok_or_else(|| format!("there is no step `{only}`"))?];
        }
        Ok(Self::Run { suite, steps })
    }
}

/// The usage, with every step and what it runs.
fn help() -> String {
    let mut text = String::from(
        "usage: cargo xtask test [--only STEP]   run the tests, or one step\n       \
         cargo xtask ci [--only STEP]     the same with format, lints and docs before them\n\nsteps:\n",
    );
    for step in STEPS {
        text += &format!("  {:<19} {}\n", step.name, step.about);
    }
    text
}

/// Runs the steps one after another, also past a failed one, and says at the end which failed.
fn run_all(suite: &str, steps: &[&'static Step]) -> ExitCode {
    let workspace = Workspace::locate();
    let mut total = Count::default();
    let (mut failed, mut notes) = (Vec::new(), Vec::new());
    for step in steps {
        println!("\n=== {}: {}", step.name, workspace.command_line(step));
        let outcome = run::run(step, &workspace, &mut notes);
        total += outcome.count();
        if let Outcome::Failed { why, .. } = outcome {
            println!("=== {} failed: {why}", step.name);
            failed.push((step, why));
        }
    }
    if !failed.is_empty() {
        println!("\nfailed:");
    }
    for (step, why) in &failed {
        println!("  {}: {why}", step.name);
        println!("    alone: cargo xtask {suite} --only {}", step.name);
        println!("    plain: {}", workspace.command_line(step));
    }
    for note in notes {
        println!("\nleft out: {note}");
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, String> {
        Request::parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    fn names(line: &str) -> Vec<&'static str> {
        match parse(line) {
            Ok(Request::Run { steps, .. }) => steps.iter().map(|step| step.name).collect(),
            other => panic!("`{line}` gave {other:?}"),
        }
    }

    #[test]
    fn ci_runs_every_step_and_test_leaves_the_lints_out() {
        assert_eq!(names("ci").len(), STEPS.len());
        assert!(!names("test").contains(&"fmt"));
        assert!(names("test").contains(&"all-features"));
    }

    #[test]
    fn only_selects_one_step() {
        assert_eq!(names("test --only quickstart"), ["quickstart"]);
        assert_eq!(names("ci --only=fmt"), ["fmt"]);
    }

    #[test]
    fn mistakes_on_the_command_line_are_named() {
        assert!(parse("tset").unwrap_err().contains("found `tset`"));
        assert!(parse("test --only").unwrap_err().contains("needs the name"));
        assert!(parse("test --only nothing").unwrap_err().contains("no step `nothing`"));
        assert!(parse("test --onlyfmt").unwrap_err().contains("found `--onlyfmt`"));
    }

    #[test]
    fn help_lists_every_step() {
        for step in STEPS {
            assert!(help().contains(step.name), "{}", step.name);
        }
    }
}
