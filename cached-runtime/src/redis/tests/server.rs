//! A `redis-server` of a test's own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::redis::config::RedisConfig;
use crate::redis::store::RedisStore;

/// Longer than anything here takes; what takes longer hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Nothing is kept on disk.
const PLAIN: &[&str] = &["--save", "", "--appendonly", "no"];

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
        let arguments: Vec<String> = PLAIN.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect();
        Self::launch(|_| arguments.clone())
    }

    /// A sentinel that alone decides who is the primary of `main`.
    #[cfg(feature = "redis-sentinel")]
    pub(super) fn sentinel(primary: u16) -> Self {
        Self::launch(|directory| {
            let settings = format!(
                "sentinel monitor main 127.0.0.1 {primary} 1\nsentinel down-after-milliseconds main 500\n\
                 sentinel failover-timeout main 2000\n"
            );
            let path = directory.join("sentinel.conf");
            std::fs::write(&path, settings).expect("a file for the sentinel's settings");
            vec![path.display().to_string(), "--sentinel".to_owned()]
        })
    }

    fn launch(arguments: impl Fn(&Path) -> Vec<String>) -> Self {
        // Between asking for a free port and using it, another test may take it.
        for _ in 0..20 {
            let port = free_port();
            let directory = std::env::temp_dir().join(format!("cached-redis-{}-{port}", std::process::id()));
            std::fs::create_dir_all(&directory).expect("a directory for the server");
            let arguments = arguments(&directory);
            let mut server = Self { child: spawn(port, &directory, &arguments), port, arguments, directory };
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
            match self.try_to_say("INFO server") {
                // Another program's server may have been faster to take the port.
                Ok(info) => return format!("{info:?}").contains(&format!("process_id:{}\\r", self.child.id())),
                Err(error) if error.is_connection_refusal() => std::thread::sleep(Duration::from_millis(5)),
                // It wants a password, so it is there.
                Err(_) => return true,
            }
        }
        false
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
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

    /// The answer as a text, a list by lines.
    #[cfg(any(feature = "redis-cluster", feature = "redis-sentinel"))]
    pub(super) fn text(&self, command: &str) -> String {
        match self.say(command) {
            redis::Value::Array(items) => {
                let lines: Vec<String> = items.into_iter().map(|item| redis::from_redis_value(item).unwrap()).collect();
                lines.join("\n")
            }
            value => redis::from_redis_value(value).unwrap(),
        }
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

/// Below the range from which the system takes ports for clients, and another one each time.
pub(super) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 110 * 100).expect("a small number");
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 11_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn spawn(port: u16, directory: &Path, arguments: &[String]) -> Child {
    let port = port.to_string();
    Command::new("redis-server")
        .args(arguments)
        .args(["--port", &port, "--bind", "127.0.0.1", "--dir"])
        .arg(directory)
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
