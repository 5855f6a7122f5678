//! Server programs and their processes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A server that speaks Redis' protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// `redis-server`.
    Redis,
    /// `valkey-server`.
    Valkey,
}

impl Program {
    /// The file's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis-server",
            Self::Valkey => "valkey-server",
        }
    }

    /// Where it is, if it is installed.
    #[must_use]
    pub fn find(self) -> Option<PathBuf> {
        // Servers are often in an sbin folder, which a user's PATH leaves out.
        let extra = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/opt/homebrew/bin"].map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).chain(extra).map(|folder| folder.join(self.name())).find(|file| file.is_file())
    }

    /// Where it is.
    ///
    /// # Panics
    ///
    /// If it is not installed.
    #[must_use]
    pub fn path(self) -> PathBuf {
        self.find().unwrap_or_else(|| {
            panic!("{0} is not installed: run `cargo xtask test`, which installs it", self.name());
        })
    }
}

/// A child process that does not outlive this one.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    /// Kills the child when its input ends, which happens however this process ends.
    watchdog: Option<Child>,
}

impl Process {
    /// Starts `program` in `folder`; what it prints goes to the file `output` there.
    pub(super) fn start(program: &Path, arguments: &[String], folder: &Path) -> Self {
        let log = std::fs::File::create(folder.join("output")).expect("a file for the server's output");
        let errors = log.try_clone().expect("a second handle to it");
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        let watchdog = Command::new("sh")
            .args(["-c", "read -r _; kill -9 \"$0\"", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok();
        Self { child, watchdog }
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `SIGSTOP`: it hangs, its connections stay.
    pub(super) fn stop(&self) {
        self.signal(Signal::STOP);
    }

    /// `SIGCONT`.
    pub(super) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the server runs");
    }
}

impl Drop for Process {
    /// `SIGKILL`, which also ends a stopped process. The watchdog goes first: the id may be another's once the child is waited for.
    fn drop(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            let _ = watchdog.kill();
            let _ = watchdog.wait();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
