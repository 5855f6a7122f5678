//! One server.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificates::Certificates;
use super::monitor::Monitor;
use super::process::{Process, Program};
use super::resp::{Admin, Reply};
use super::{LIMIT, port};

/// How long an answer to [`Redis::command`] may take.
const ANSWER: Duration = Duration::from_secs(10);

/// A server process of a test's own: empty, without persistence, on a free port. Killed when it is dropped.
#[derive(Debug)]
pub struct Redis {
    settings: Builder,
    port: u16,
    /// The port with TLS, or zero.
    tls_port: u16,
    certificates: Option<Certificates>,
    process: Mutex<Option<Process>>,
    /// Dropped, and so removed, after the process is gone.
    folder: TempDir,
}

/// Settings of a server.
#[derive(Clone, Debug)]
#[must_use = "start it"]
pub struct Builder {
    program: Program,
    password: Option<String>,
    users: Vec<String>,
    arguments: Vec<String>,
    tls: bool,
    durable: bool,
}

impl Builder {
    /// Another program.
    pub fn program(mut self, program: Program) -> Self {
        self.program = program;
        self
    }

    /// The default user's password.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self
    }

    /// A line of the access control list, after the word `user`: `app on >secret ~* &* +@all`.
    pub fn user(mut self, line: &str) -> Self {
        self.users.push(line.into());
        self
    }

    /// Further arguments: `["--maxmemory", "10mb"]`.
    pub fn arguments(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(ToString::to_string));
        self
    }

    /// With TLS on a port of its own, see [`Redis::tls_url`]; [`Redis::certificates`] holds whom to trust.
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// What is stored outlives the process, also a killed one.
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// A copy of another server.
    pub fn replica_of(self, primary: &Redis) -> Self {
        let this = self.arguments(&["--replicaof", "127.0.0.1", &primary.port().to_string()]);
        match &primary.settings.password {
            Some(password) => this.arguments(&["--masterauth", password]),
            None => this,
        }
    }

    /// Starts it, and returns when it answers.
    ///
    /// # Panics
    ///
    /// If the program is not installed, or does not start.
    #[must_use]
    pub fn start(self) -> Redis {
        // Another program may take a port between the look and the start.
        for _ in 0..5 {
            let folder = tempfile::Builder::new().prefix("cached-redis-").tempdir().expect("a folder");
            let redis = Redis {
                settings: self.clone(),
                port: port::free(),
                tls_port: if self.tls { port::free() } else { 0 },
                certificates: self.tls.then(|| Certificates::make(folder.path())),
                process: Mutex::new(None),
                folder,
            };
            if redis.launch() {
                return redis;
            }
        }
        panic!("{} does not start", self.program.name());
    }
}

impl Redis {
    /// A server as it comes.
    ///
    /// # Panics
    ///
    /// If it is not installed, or does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server with settings.
    pub fn builder() -> Builder {
        Builder {
            program: Program::Redis,
            password: None,
            users: Vec::new(),
            arguments: Vec::new(),
            tls: false,
            durable: false,
        }
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where a client finds it, the default user's password included.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The same through something that listens elsewhere: a [`Proxy`](super::Proxy).
    #[must_use]
    pub fn url_at(&self, port: u16) -> String {
        format!("redis://{}127.0.0.1:{port}", self.login())
    }

    /// Where a client finds it with TLS.
    ///
    /// # Panics
    ///
    /// If it was started without.
    #[must_use]
    pub fn tls_url(&self) -> String {
        assert!(self.tls_port != 0, "started without .tls()");
        format!("rediss://{}127.0.0.1:{}", self.login(), self.tls_port)
    }

    /// Where a client on this machine finds it.
    #[must_use]
    pub fn unix_url(&self) -> String {
        let password = self.settings.password.as_ref().map_or_else(String::new, |password| format!("?pass={password}"));
        format!("unix://{}{password}", self.socket().display())
    }

    /// Its certificates, if it was started with TLS.
    #[must_use]
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// What the server wrote, for a person who looks for the cause of a failure.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("output")).unwrap_or_default()
    }

    /// Sends a command and returns the answer as text.
    ///
    /// # Panics
    ///
    /// If the server does not answer, or refuses.
    #[track_caller]
    pub fn command<W: AsRef<[u8]>>(&self, words: &[W]) -> String {
        self.reply(words).to_string()
    }

    /// Sends a command and returns the answer.
    ///
    /// # Panics
    ///
    /// If the server does not answer, or refuses.
    #[track_caller]
    pub fn reply<W: AsRef<[u8]>>(&self, words: &[W]) -> Reply {
        match self.try_command(words) {
            Ok(Reply::Error(message)) => panic!("{}: {message}", shown(words)),
            Ok(reply) => reply,
            Err(error) => panic!("{}: {error}", shown(words)),
        }
    }

    /// Sends a command, on a connection of its own.
    ///
    /// # Errors
    ///
    /// If the server does not answer. A refusal is an answer.
    pub fn try_command<W: AsRef<[u8]>>(&self, words: &[W]) -> io::Result<Reply> {
        self.admin(ANSWER)?.send(words)
    }

    /// A line of `INFO`.
    #[must_use]
    #[track_caller]
    pub fn info(&self, field: &str) -> Option<String> {
        let text = self.command(&["INFO", "everything"]);
        text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':').map(str::to_owned))
    }

    /// A connection past TCP, logged in: no proxy and no connection limit of the tested client is in its way.
    pub(super) fn admin(&self, within: Duration) -> io::Result<Admin> {
        let mut admin = Admin::connect(&self.socket(), within)?;
        if let Some(password) = &self.settings.password {
            admin.send(&["AUTH", "default", password])?;
        }
        Ok(admin)
    }

    /// Listens to what clients ask for, from now on.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn monitor(&self) -> Monitor<'_> {
        Monitor::start(self)
    }

    /// `SIGKILL`: the connections break, the port refuses. Nothing if it was killed before.
    pub fn kill(&self) {
        *self.running() = None;
    }

    /// `SIGSTOP`: connections stay and new ones are accepted, but nothing is answered.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn stop(&self) {
        self.running().as_ref().expect("the server runs").stop();
    }

    /// `SIGCONT`: what was sent in the meantime is done now.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn cont(&self) {
        self.running().as_ref().expect("the server runs").resume();
    }

    /// Kills it if it runs, and starts it again on the same port: empty, unless it is [durable](Builder::durable).
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart(&self) {
        self.kill();
        // Its port may be busy for a moment.
        let start = Instant::now();
        while !self.launch() {
            assert!(
                start.elapsed() < LIMIT,
                "{} does not start again: {}",
                self.settings.program.name(),
                self.output()
            );
        }
    }

    /// Whether it was started and not killed since.
    pub(super) fn runs(&self) -> bool {
        self.running().is_some()
    }

    fn running(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Relative to the server's folder on its command line: paths of sockets must be short.
    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn login(&self) -> String {
        self.settings.password.as_ref().map_or_else(String::new, |password| format!(":{password}@"))
    }

    /// Starts the process; false if it ended at once, as it does when the port is taken.
    fn launch(&self) -> bool {
        let mut process = Process::start(&self.settings.program.path(), &self.command_line(), self.folder.path());
        let start = Instant::now();
        // The socket is in a folder of our own: who answers there is this process and not another one on the port.
        while !self.answers(process.id()) {
            if process.has_ended() {
                return false;
            }
            assert!(start.elapsed() < LIMIT, "{} is silent: {}", self.settings.program.name(), self.output());
            thread::sleep(Duration::from_millis(2));
        }
        *self.running() = Some(process);
        true
    }

    fn answers(&self, id: u32) -> bool {
        let reply = self.try_command(&["INFO", "server"]);
        // A server that loads its data answers that it does; its own id is enough.
        reply.is_ok_and(|reply| reply.to_string().contains(&format!("process_id:{id}\r\n")))
    }

    fn command_line(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let mut set = |name: &str, value: &str| words.extend([format!("--{name}"), value.to_owned()]);
        set("port", &self.port.to_string());
        set("bind", "127.0.0.1");
        set("unixsocket", "socket");
        set("save", "");
        set("repl-diskless-sync-delay", "0");
        if self.settings.durable {
            set("appendonly", "yes");
            set("appendfsync", "always");
        }
        if let Some(password) = &self.settings.password {
            set("requirepass", password);
        }
        if let Some(certificates) = &self.certificates {
            set("tls-port", &self.tls_port.to_string());
            words.extend(certificates.arguments());
        }
        for user in &self.settings.users {
            words.push("--user".into());
            words.extend(user.split_whitespace().map(str::to_owned));
        }
        words.extend(self.settings.arguments.iter().cloned());
        words
    }
}

fn shown<W: AsRef<[u8]>>(words: &[W]) -> String {
    words.iter().map(|word| String::from_utf8_lossy(word.as_ref()).into_owned()).collect::<Vec<_>>().join(" ")
}
