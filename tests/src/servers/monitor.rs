//! What a server is asked to do, as `MONITOR` tells it.

use std::net::Shutdown;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::LIMIT;
use super::redis::Redis;
use super::resp::Admin;

/// A command that a server ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Who sent it: an address; `unix:` and a path; `lua` for a script.
    pub from: String,
    /// Its words as `MONITOR` quotes them: bytes that are no text stand as `\x00`.
    pub words: Vec<String>,
}

impl Seen {
    /// The command's name, in upper case.
    #[must_use]
    pub fn name(&self) -> String {
        self.words.first().map_or_else(String::new, |word| word.to_uppercase())
    }
}

/// Collects what a server is asked to do. Ends when it is dropped.
#[derive(Debug)]
pub struct Monitor<'a> {
    server: &'a Redis,
    seen: Arc<Collected>,
    connection: std::os::unix::net::UnixStream,
    marks: Mutex<u64>,
}

#[derive(Debug, Default)]
struct Collected {
    commands: Mutex<Vec<Seen>>,
    changed: Condvar,
}

const MARK: &str = "end-of-monitored";

impl<'a> Monitor<'a> {
    pub(super) fn start(server: &'a Redis) -> Self {
        let mut admin = server.admin(Duration::from_secs(3600)).expect("the server answers");
        let answer = admin.send(&["MONITOR"]).expect("the server answers");
        assert_eq!(answer.to_string(), "OK");
        let connection = admin.stream().try_clone().expect("a second handle");
        let seen = Arc::new(Collected::default());
        let collected = Arc::clone(&seen);
        thread::spawn(move || collect(&mut admin, &collected));
        Self { server, seen, connection, marks: Mutex::new(0) }
    }

    /// What was asked for since the last call, by clients: without what scripts do, and without [`Redis::command`]s' own marks.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn take(&self) -> Vec<Seen> {
        self.take_all().into_iter().filter(|command| command.from != "lua").collect()
    }

    /// The same, with the commands that scripts ran.
    ///
    /// # Panics
    ///
    /// If the server does not answer.
    #[must_use]
    pub fn take_all(&self) -> Vec<Seen> {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        *marks += 1;
        let mark = format!("{MARK}-{marks}");
        self.server.command(&["ECHO", &mark]);
        let is_mark = |command: &Seen| command.words.get(1) == Some(&mark);
        let commands = self.seen.commands.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut commands, timeout) = self
            .seen
            .changed
            .wait_timeout_while(commands, LIMIT, |commands| !commands.iter().any(is_mark))
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "MONITOR is silent");
        let end = commands.iter().position(is_mark).unwrap_or(0);
        let mut taken: Vec<Seen> = commands.drain(..=end).collect();
        taken.pop();
        // The command's connection may have had to log in.
        let own = |command: &Seen| command.name() == "AUTH" && command.from.starts_with("unix:");
        taken.retain(|command| !own(command));
        taken
    }
}

impl Drop for Monitor<'_> {
    fn drop(&mut self) {
        let _ = self.connection.shutdown(Shutdown::Both);
    }
}

fn collect(admin: &mut Admin, collected: &Collected) {
    while let Ok(line) = admin.line() {
        if let Some(seen) = parse(&String::from_utf8_lossy(&line)) {
            collected.commands.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
            collected.changed.notify_all();
        }
    }
}

/// Reads `+1339518083.107412 [0 127.0.0.1:60866] "get" "key"`.
fn parse(line: &str) -> Option<Seen> {
    let (from, words) = line.split_once(" [")?.1.split_once("] ")?;
    let from = from.split_once(' ')?.1.to_owned();
    let (mut found, mut word, mut inside) = (Vec::new(), String::new(), false);
    let mut characters = words.chars();
    while let Some(character) = characters.next() {
        match (character, inside) {
            ('"', true) => {
                found.push(std::mem::take(&mut word));
                inside = false;
            }
            ('"', false) => inside = true,
            ('\\', true) => match characters.next()? {
                quoted @ ('"' | '\\') => word.push(quoted),
                other => word.extend(['\\', other]),
            },
            (other, true) => word.push(other),
            (_, false) => {}
        }
    }
    Some(Seen { from, words: found })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines_are_read_with_their_quotes() {
        let seen = parse(r#"+1.2 [0 127.0.0.1:60866] "set" "a \"b\"" "\x00\\n""#).unwrap();
        assert_eq!((seen.from.as_str(), seen.name().as_str()), ("127.0.0.1:60866", "SET"));
        assert_eq!(seen.words[1..], ["a \"b\"".to_owned(), r"\x00\n".to_owned()]);
        assert_eq!(parse("+1.2 [0 lua] \"get\" \"k\"").unwrap().from, "lua");
        assert_eq!(parse("+OK"), None);
    }
}
