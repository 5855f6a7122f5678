//! The servers that tests talk to: found on the machine, or installed with its package manager.
//!
//! A step names the servers it needs; the tests start and stop them themselves, on a port of their own.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A server, and the package that brings it.
#[derive(Clone, Copy, Debug)]
pub struct Server {
    /// The program to look for.
    pub program: &'static str,
    /// The package's name for each manager that has it.
    pub packages: &'static [(Manager, &'static str)],
}

/// Where the package starts a service of its own, tests leave that alone.
pub const REDIS: Server = Server {
    program: "redis-server",
    packages: &[
        (Manager::Apt, "redis-server"),
        (Manager::Apk, "redis"),
        (Manager::Dnf, "redis"),
        // Arch has Valkey instead, which brings the old names along.
        (Manager::Pacman, "valkey"),
        (Manager::Brew, "redis"),
    ],
};

/// Not in every release of these.
pub const VALKEY: Server = Server {
    program: "valkey-server",
    packages: &[
        (Manager::Apt, "valkey-server"),
        (Manager::Apk, "valkey"),
        (Manager::Dnf, "valkey"),
        (Manager::Pacman, "valkey"),
        (Manager::Brew, "valkey"),
    ],
};

/// A package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Apt,
    Apk,
    Dnf,
    Pacman,
    Brew,
}

/// Each manager's program and what it is told, without questions; `{}` is the package.
const MANAGERS: &[(Manager, &str, &[&str])] = &[
    (
        Manager::Apt,
        "apt-get",
        &[
            "env DEBIAN_FRONTEND=noninteractive apt-get update --quiet",
            "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends {}",
        ],
    ),
    (Manager::Apk, "apk", &["apk add --no-cache {}"]),
    (Manager::Dnf, "dnf", &["dnf install --assumeyes {}"]),
    (Manager::Pacman, "pacman", &["pacman --sync --refresh --needed --noconfirm {}"]),
    (Manager::Brew, "brew", &["brew install {}"]),
];

/// Where a server was found, and whether it had to be installed.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    There(PathBuf),
    Installed(PathBuf),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::There(path) => write!(f, "found at {}", path.display()),
            Self::Installed(path) => write!(f, "installed at {}", path.display()),
        }
    }
}

/// A server that is not there and could not be installed.
#[derive(Debug, PartialEq, Eq)]
pub struct Missing {
    program: &'static str,
    why: String,
    /// What a person can do about it.
    advice: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not installed: {}; {}", self.program, self.why, self.advice)
    }
}

/// The machine, so that tests can stand in for it.
pub trait Machine {
    /// Where the program is.
    fn find(&self, program: &str) -> Option<PathBuf>;
    /// Whether packages can be installed without `sudo`.
    fn is_root(&self) -> bool;
    /// Runs a command with its output shown; whether it succeeded.
    fn run(&mut self, words: &[&str]) -> bool;
    /// Runs a command with its output hidden; whether it succeeded.
    fn run_quietly(&mut self, words: &[&str]) -> bool;
}

/// Finds a server that is good to have, or installs it if that can work. `Err` says why it is not there.
pub fn want(server: &Server, machine: &mut impl Machine) -> Result<Found, Missing> {
    let apt = server.packages.iter().find(|(manager, _)| *manager == Manager::Apt);
    if let (None, Some((_, package)), Some((Manager::Apt, _))) = (machine.find(server.program), apt, detect(machine)) {
        // Fetching apt's lists takes longer than the tests that would be left out, and older releases do not have the package.
        if !machine.run_quietly(&["apt-cache", "show", package]) {
            let why = format!("apt knows no package `{package}`");
            return Err(Missing { program: server.program, why, advice: "it is in newer releases".into() });
        }
    }
    ensure(server, machine)
}

/// Finds the server, or installs it.
pub fn ensure(server: &Server, machine: &mut impl Machine) -> Result<Found, Missing> {
    if let Some(path) = machine.find(server.program) {
        return Ok(Found::There(path));
    }
    let missing = |why: &str, advice: String| Missing { program: server.program, why: why.into(), advice };
    let Some((manager, commands)) = detect(machine) else {
        let known = MANAGERS.iter().map(|(_, program, _)| *program).collect::<Vec<_>>().join(", ");
        let why = format!("none of {known} is here to install it");
        return Err(missing(&why, format!("install `{}` by hand", server.program)));
    };
    let Some((_, package)) = server.packages.iter().find(|(of, _)| *of == manager) else {
        let why = format!("no package of {manager:?} is known to bring it");
        return Err(missing(&why, format!("install `{}` by hand", server.program)));
    };
    let commands: Vec<String> = commands.iter().map(|command| command.replace("{}", package)).collect();
    let advice = format!("install it by hand: `{}`", commands.join(" && "));

    let sudo: &[&str] = match manager {
        Manager::Brew => &[],
        _ if machine.is_root() => &[],
        _ if machine.find("sudo").is_some() => &["sudo", "-n"],
        _ => return Err(missing("this is not root, and there is no sudo", advice)),
    };
    for command in &commands {
        let words: Vec<&str> = sudo.iter().copied().chain(command.split_whitespace()).collect();
        if !machine.run(&words) {
            return Err(missing(&format!("`{}` failed", words.join(" ")), advice));
        }
    }
    match machine.find(server.program) {
        Some(path) => Ok(Found::Installed(path)),
        None => Err(missing(&format!("the package `{package}` did not bring it"), advice)),
    }
}

/// The first package manager that is there.
fn detect(machine: &impl Machine) -> Option<(Manager, &'static [&'static str])> {
    MANAGERS
        .iter()
        .find(|(_, program, _)| machine.find(program).is_some())
        .map(|(manager, _, commands)| (*manager, *commands))
}

/// This machine.
#[derive(Debug)]
pub struct Host;

impl Machine for Host {
    fn find(&self, program: &str) -> Option<PathBuf> {
        // Servers are often in an sbin folder, which a user's PATH leaves out.
        let extra = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin"].map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
        std::env::split_paths(&path).chain(extra).map(|folder| folder.join(&name)).find(|file| is_program(file))
    }

    fn is_root(&self) -> bool {
        Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
    }

    fn run(&mut self, words: &[&str]) -> bool {
        println!("+ {}", words.join(" "));
        start(words, Stdio::inherit, Stdio::inherit)
    }

    fn run_quietly(&mut self, words: &[&str]) -> bool {
        start(words, Stdio::null, Stdio::null)
    }
}

fn start(words: &[&str], stdout: fn() -> Stdio, stderr: fn() -> Stdio) -> bool {
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(stdout()).stderr(stderr());
    command.status().is_ok_and(|status| status.success())
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// A machine made of lists.
#[cfg(test)]
pub mod fake {
    use super::*;

    /// Has some programs; a command may bring another.
    #[derive(Debug, Default)]
    pub struct FakeMachine {
        programs: Vec<String>,
        working: Vec<String>,
        brings: Vec<(String, String)>,
        pub root: bool,
        pub ran: Vec<String>,
    }

    impl FakeMachine {
        pub fn new(programs: &[&str]) -> Self {
            Self { programs: programs.iter().map(ToString::to_string).collect(), ..Self::default() }
        }

        /// Commands that succeed quietly.
        pub fn working(mut self, commands: &[&str]) -> Self {
            self.working.extend(commands.iter().map(ToString::to_string));
            self
        }

        /// A command after which a program, or a quiet command, is there. Other commands fail.
        pub fn bringing(mut self, command: &str, what: &str) -> Self {
            self.brings.push((command.into(), what.into()));
            self
        }

        pub fn root(mut self) -> Self {
            self.root = true;
            self
        }
    }

    impl Machine for FakeMachine {
        fn find(&self, program: &str) -> Option<PathBuf> {
            self.programs.iter().any(|known| known == program).then(|| Path::new("/bin").join(program))
        }

        fn is_root(&self) -> bool {
            self.root
        }

        fn run(&mut self, words: &[&str]) -> bool {
            let command = words.join(" ");
            let brings: Vec<String> =
                self.brings.iter().filter(|(known, _)| *known == command).map(|(_, what)| what.clone()).collect();
            self.ran.push(command);
            self.programs.extend(brings.iter().cloned());
            self.working.extend(brings.iter().cloned());
            !brings.is_empty()
        }

        fn run_quietly(&mut self, words: &[&str]) -> bool {
            self.working.contains(&words.join(" "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fake::FakeMachine;
    use super::*;

    const APT: [&str; 2] = [
        "env DEBIAN_FRONTEND=noninteractive apt-get update --quiet",
        "env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends redis-server",
    ];

    #[test]
    fn a_server_that_is_there_is_not_installed_again() {
        let mut machine = FakeMachine::new(&["redis-server", "apt-get"]).root();
        assert_eq!(ensure(&REDIS, &mut machine), Ok(Found::There("/bin/redis-server".into())));
        assert!(machine.ran.is_empty());
    }

    #[test]
    fn every_manager_is_detected_by_its_program() {
        for (manager, program, _) in MANAGERS {
            let found = detect(&FakeMachine::new(&[program])).map(|(manager, _)| manager);
            assert_eq!(found, Some(*manager));
        }
        assert_eq!(detect(&FakeMachine::new(&[])), None);
    }

    #[test]
    fn root_installs_with_the_package_manager() {
        let mut machine =
            FakeMachine::new(&["apt-get"]).root().bringing(APT[0], "lists").bringing(APT[1], "redis-server");
        assert_eq!(ensure(&REDIS, &mut machine), Ok(Found::Installed("/bin/redis-server".into())));
        assert_eq!(machine.ran, APT);
    }

    #[test]
    fn a_user_installs_through_sudo_without_a_question() {
        let mut machine =
            FakeMachine::new(&["apk", "sudo"]).bringing("sudo -n apk add --no-cache redis", "redis-server");
        assert_eq!(ensure(&REDIS, &mut machine), Ok(Found::Installed("/bin/redis-server".into())));
    }

    #[test]
    fn what_cannot_be_installed_says_why_and_what_to_do() {
        let message = |mut machine: FakeMachine| ensure(&REDIS, &mut machine).unwrap_err().to_string();
        let nothing = message(FakeMachine::new(&[]));
        assert!(nothing.contains("none of apt-get, apk, dnf, pacman, brew is here"), "{nothing}");
        let unknown = Server { packages: &[], ..REDIS };
        let unknown = ensure(&unknown, &mut FakeMachine::new(&["dnf"]).root()).unwrap_err().to_string();
        assert!(unknown.contains("no package of Dnf is known"), "{unknown}");
        let user = message(FakeMachine::new(&["apk"]));
        assert!(user.contains("no sudo; install it by hand: `apk add --no-cache redis`"), "{user}");
        let failed = message(FakeMachine::new(&["apk"]).root());
        assert!(failed.contains("`apk add --no-cache redis` failed"), "{failed}");
        let empty = message(FakeMachine::new(&["apk"]).root().bringing("apk add --no-cache redis", "redis-cli"));
        assert!(empty.contains("the package `redis` did not bring it"), "{empty}");
    }

    #[test]
    fn every_manager_has_a_package_of_every_server() {
        for server in [REDIS, VALKEY] {
            for (manager, ..) in MANAGERS {
                assert!(server.packages.iter().any(|(of, _)| of == manager), "{} by {manager:?}", server.program);
            }
        }
    }

    #[test]
    fn a_server_that_is_good_to_have_is_not_installed_where_its_package_is_unknown() {
        let mut old = FakeMachine::new(&["apt-get"]).root();
        let why = want(&VALKEY, &mut old).unwrap_err().to_string();
        assert!(why.contains("`valkey-server` is not installed: apt knows no package"), "{why}");
        assert!(old.ran.is_empty());
        let install = APT[1].replace("redis", "valkey");
        let mut new = FakeMachine::new(&["apt-get"])
            .root()
            .working(&["apt-cache show valkey-server"])
            .bringing(APT[0], "lists")
            .bringing(&install, "valkey-server");
        assert_eq!(want(&VALKEY, &mut new), Ok(Found::Installed("/bin/valkey-server".into())));
        let mut there = FakeMachine::new(&["apt-get", "valkey-server"]);
        assert_eq!(want(&VALKEY, &mut there), Ok(Found::There("/bin/valkey-server".into())));
    }

    #[test]
    fn this_machine_finds_its_programs() {
        let cargo = Host.find("cargo").is_some();
        assert!(cargo || std::env::var_os("CARGO").is_some());
        assert_eq!(Host.find("a-program-that-nobody-has"), None);
    }
}
