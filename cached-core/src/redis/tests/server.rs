//! A `redis-server` of a test's own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::redis::config::RedisConfig;
use crate::redis::store::RedisStore;

/// Longer than anything here takes; what takes longer hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
    arguments: Vec<String>,
    directory: PathBuf,
}

impl Server {
    pub(super) fn start() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(arguments: &[&str]) -> Self {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // Between asking for a free port and using it, another test may take it.
        for _ in 0..20 {
            let port = free_port();
            let directory = std::env::temp_dir().join(format!("cached-redis-{}-{port}", std::process::id()));
            std::fs::create_dir_all(&directory).expect("a directory for the server");
            let mut server = Self { child: spawn(port, &directory, &arguments), port, arguments: arguments.clone(), directory };
            if server.comes_up() {
                return server;
            }
        }
        panic!("no redis-server would start");
    }

    fn comes_up(&mut self) -> bool {
        let until = Instant::now() + LIMIT;
        while Instant::now() < until {
            if self.child.try_wait().expect("a child").is_some() {
                return false;
            }
            // A server that wants a password says so, which is an answer.
            match redis::Client::open(self.url()).expect("a URL").get_connection() {
                Ok(_) => return true,
                Err(error) if error.is_connection_refusal() => std::thread::sleep(Duration::from_millis(5)),
                Err(_) => return true,
            }
        }
        false
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(super) fn store(&self) -> RedisStore {
        RedisStore::new(RedisConfig::new(self.url()).expect("a URL"))
    }

    /// Sends a command past the store.
    pub(super) fn say(&self, command: &str) -> redis::Value {
        self.try_to_say(command).expect("an answer")
    }

    pub(super) fn try_to_say(&self, command: &str) -> redis::RedisResult<redis::Value> {
        say_to(&self.url(), command)
    }

    pub(super) fn say_as(&self, password: &str, command: &str) -> redis::Value {
        say_to(&format!("redis://:{password}@127.0.0.1:{}", self.port), command).expect("an answer")
    }

    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([format!("-{name}"), pid]).status().expect("kill");
        assert!(status.success());
    }

    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again, empty, at the same address.
    pub(super) fn restart(&mut self) {
        self.child = spawn(self.port, &self.directory, &self.arguments);
        assert!(self.comes_up(), "redis-server did not come back");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn say_to(url: &str, command: &str) -> redis::RedisResult<redis::Value> {
    let mut connection = redis::Client::open(url)?.get_connection_with_timeout(LIMIT)?;
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().expect("a word"));
    for word in words {
        command.arg(word);
    }
    command.query(&mut connection)
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn spawn(port: u16, directory: &PathBuf, arguments: &[String]) -> Child {
    let port = port.to_string();
    Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(directory)
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server: install it, or run `cargo xtask test`, which does")
}

/// Asks until the answer is yes.
pub(super) async fn eventually(what: &str, mut question: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !question().await {
        assert!(Instant::now() < until, "it never came to be: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
