//! The toolchain's optional components: added with rustup where they are missing.

use crate::servers::Machine;

/// Makes sure that `rustfmt` or `clippy` can be called through cargo.
pub fn ensure(component: &str, machine: &mut impl Machine) -> Result<(), String> {
    let subcommand = if component == "rustfmt" { "fmt" } else { component };
    // rustup leaves a stand-in for every component, so being on the PATH says nothing: call it.
    let works = ["cargo", subcommand, "--version"];
    if machine.run_quietly(&works) {
        return Ok(());
    }
    let add = ["rustup", "component", "add", component];
    if machine.find("rustup").is_none() {
        return Err(format!(
            "`cargo {subcommand}` is missing, and there is no rustup to add it: install the {component} of this toolchain"
        ));
    }
    if machine.run(&add) && machine.run_quietly(&works) {
        return Ok(());
    }
    Err(format!("`cargo {subcommand}` is missing and `{}` did not bring it", add.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::fake::FakeMachine;

    #[test]
    fn a_component_that_is_there_is_left_alone() {
        let mut machine = FakeMachine::new(&["rustup"]).working(&["cargo fmt --version"]);
        assert_eq!(ensure("rustfmt", &mut machine), Ok(()));
        assert!(machine.ran.is_empty());
    }

    #[test]
    fn a_missing_component_is_added() {
        let mut machine =
            FakeMachine::new(&["rustup"]).bringing("rustup component add clippy", "cargo clippy --version");
        assert_eq!(ensure("clippy", &mut machine), Ok(()));
        assert_eq!(machine.ran, ["rustup component add clippy"]);
    }

    #[test]
    fn without_rustup_the_error_says_what_to_install() {
        let problem = ensure("rustfmt", &mut FakeMachine::new(&[])).unwrap_err();
        assert!(problem.contains("install the rustfmt of this toolchain"), "{problem}");
    }
}
