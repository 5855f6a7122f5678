//! A door that every load goes through: counted, and held open or closed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use crate::servers::eventually;

/// Counts loads by name, in all processes, and holds as many of them as it is told to.
#[derive(Debug)]
pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
}

/// A load that came to the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// What it loads.
    pub what: String,
    /// Whose load it is.
    pub process: u32,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    entered: Vec<Entered>,
    /// How many more loads of a name are to be held.
    to_hold: HashMap<String, usize>,
    /// How often held loads of a name were let go.
    releases: HashMap<String, usize>,
}

impl Gate {
    /// An open one.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        // Ends with the process: tests have few gates.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&accepting);
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { port, shared }
    }

    /// Where loads ask.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Holds the next `count` loads of `what`.
    pub fn hold(&self, what: &str, count: usize) {
        self.shared.locked(|state| state.to_hold.insert(what.to_owned(), count));
    }

    /// Lets go what is held of `what`, and holds no more of it.
    pub fn release(&self, what: &str) {
        self.shared.locked(|state| {
            state.to_hold.remove(what);
            *state.releases.entry(what.to_owned()).or_default() += 1;
        });
        self.shared.changed.notify_all();
    }

    /// The loads of `what` so far.
    #[must_use]
    pub fn entered(&self, what: &str) -> Vec<Entered> {
        self.shared.locked(|state| state.entered.iter().filter(|entered| entered.what == what).cloned().collect())
    }

    /// How many loads of `what` there were.
    #[must_use]
    pub fn loads(&self, what: &str) -> usize {
        self.entered(what).len()
    }

    /// Waits for that many loads of `what`.
    ///
    /// # Panics
    ///
    /// If they do not come.
    #[track_caller]
    pub fn wait(&self, what: &str, loads: usize) {
        eventually(&format!("{loads} loads of {what}"), || self.loads(what) >= loads);
    }
}

impl Shared {
    fn locked<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One load: `what process`, answered when it may go on.
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() {
            return;
        }
        let Some((what, process)) = line.trim().split_once(' ') else { return };
        let what = what.to_owned();
        let entered = Entered { what: what.clone(), process: process.parse().unwrap_or(0) };
        let released = |state: &State| state.releases.get(&what).copied().unwrap_or(0);
        let wait_past = self.locked(|state| {
            state.entered.push(entered);
            let hold = state.to_hold.get_mut(&what).filter(|left| **left > 0).map(|left| *left -= 1);
            hold.map(|()| released(state))
        });
        if let Some(past) = wait_past {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.changed.wait_while(state, |state| released(state) == past));
        }
        let _ = reader.get_mut().write_all(b"go\n");
    }
}
