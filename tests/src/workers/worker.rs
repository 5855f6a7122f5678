//! A process of the program `worker`.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Kind, Row};

/// Longer than any call takes.
const LIMIT: Duration = Duration::from_secs(60);

/// What a worker is told when it starts.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    variables: Vec<(&'static str, String)>,
}

impl Settings {
    /// Functions over a server; `program` is `env!("CARGO_BIN_EXE_worker")`'s file, `ledger` the file of a [`Ledger`](super::Ledger).
    #[must_use]
    pub fn new(redis: &str, ledger: &Path) -> Self {
        Self::default().with("WORKER_REDIS", redis).with("WORKER_LEDGER", &ledger.display().to_string())
    }

    /// Functions over a cluster.
    #[must_use]
    pub fn cluster(urls: &[String], ledger: &Path) -> Self {
        Self::new(&urls.join(","), ledger).with("WORKER_CLUSTER", "1")
    }

    /// Functions over the primary that a sentinel names.
    #[must_use]
    pub fn sentinel(service: &str, url: &str, ledger: &Path) -> Self {
        Self::new(url, ledger).with("WORKER_SENTINEL", service)
    }

    /// Whose certificates to trust: PEM.
    #[must_use]
    pub fn trusting(self, authority: &str) -> Self {
        self.with("WORKER_AUTHORITY", authority)
    }

    /// Loads go through a [`Gate`](super::Gate).
    #[must_use]
    pub fn gate(self, gate: &super::Gate) -> Self {
        self.with("WORKER_GATE", &gate.address())
    }

    /// What a call may lose.
    #[must_use]
    pub fn response_timeout(self, timeout: Duration) -> Self {
        self.with("WORKER_TIMEOUT_MS", &timeout.as_millis().to_string())
    }

    /// How long a dead process' claim to a key stands, and how long others wait for it.
    #[must_use]
    pub fn lease(self, lease: Duration, wait: Duration) -> Self {
        let this = self.with("WORKER_LEASE_MS", &lease.as_millis().to_string());
        this.with("WORKER_LEASE_WAIT_MS", &wait.as_millis().to_string())
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }
}

/// A worker process. Killed when it is dropped.
#[derive(Debug)]
pub struct Worker {
    child: Mutex<Child>,
    process: u32,
    input: Mutex<ChildStdin>,
    answers: Arc<Answers>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct Answers {
    /// By number; `None` at the end of the process.
    known: Mutex<Option<HashMap<u64, String>>>,
    changed: Condvar,
}

/// An answer that may take its time.
#[derive(Debug)]
#[must_use = "wait for it"]
pub struct Pending<'a> {
    worker: &'a Worker,
    number: u64,
    request: String,
}

impl Worker {
    /// Starts `program`, and returns when it listens.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(program: &str, settings: &Settings) -> Self {
        let mut child = Command::new(program)
            .envs(settings.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let input = child.stdin.take().expect("it was asked for");
        let output = BufReader::new(child.stdout.take().expect("it was asked for"));
        let answers = Arc::new(Answers { known: Mutex::new(Some(HashMap::new())), ..Answers::default() });
        let read = Arc::clone(&answers);
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some((number, answer)) = line.split_once(' ') {
                    read.put(number.parse().unwrap_or(0), answer);
                }
            }
            read.end();
        });
        let process = child.id();
        let this =
            Self { child: Mutex::new(child), process, input: Mutex::new(input), answers, next: AtomicU64::new(1) };
        this.ask("hello");
        this
    }

    /// Several of them.
    ///
    /// # Panics
    ///
    /// If one does not start.
    #[must_use]
    pub fn several(count: usize, program: &str, settings: &Settings) -> Vec<Self> {
        (0..count).map(|_| Self::start(program, settings)).collect()
    }

    /// The process' number.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process
    }

    /// `SIGKILL`.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        matches!(self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait(), Ok(None))
    }

    /// Begins something; the answer can be waited for later.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn begin(&self, request: &str) -> Pending<'_> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(input, "{number} {request}").and_then(|()| input.flush()).expect("the worker listens");
        Pending { worker: self, number, request: request.to_owned() }
    }

    /// Does something and waits for the answer.
    ///
    /// # Panics
    ///
    /// If there is no answer, or it is an error.
    #[track_caller]
    pub fn ask(&self, request: &str) -> String {
        self.begin(request).answer()
    }

    /// Calls a function: the version that it returned. `family` is a backend and a kind: `redis-async`.
    ///
    /// # Panics
    ///
    /// If the call fails.
    #[track_caller]
    pub fn get(&self, family: &str, id: u64) -> u64 {
        self.begin(&format!("get {family} {id}")).version()
    }

    /// Calls an annotated write: the version that it wrote. `by` is `key`, `tag`, `result-tag`, `pattern`, `function` or `functions`.
    ///
    /// # Panics
    ///
    /// If the call fails.
    #[track_caller]
    pub fn write(&self, family: &str, by: &str, id: u64) -> u64 {
        self.begin(&format!("write {family} {by} {id}")).version()
    }

    /// Whether every shared backend is in use: the breaker is closed, and every invalidation has reached the store.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.ask("usable") == "true"
    }

    /// Reads and writes of all kinds, all the time, until [`report`](Self::report). Each kind has `ids` things, below 2500; this process
    /// writes every `of`th of them from `own`.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn hammer(&self, ids: u64, own: usize, of: usize) {
        self.ask(&format!("hammer {ids} {own} {of}"));
    }

    /// What is measured from now on belongs to this phase.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn phase(&self, phase: usize) {
        self.ask(&format!("phase {phase}"));
    }

    /// Ends the hammering: what was measured, by phase and kind.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    #[must_use]
    pub fn report(&self) -> BTreeMap<(usize, Kind), Row> {
        let answer = self.ask("report");
        let row = |words: &str| {
            let mut words = words.split(' ');
            let phase = words.next()?.parse().ok()?;
            Some(((phase, Kind::named(words.next()?)?), Row::from_word(words.next()?)?))
        };
        answer.split(';').filter(|row| !row.is_empty()).map(|words| row(words).expect("a row")).collect()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Pending<'_> {
    /// Waits for the answer.
    ///
    /// # Panics
    ///
    /// If there is none, or it is an error.
    #[track_caller]
    pub fn answer(self) -> String {
        let request = &self.request;
        match self.try_answer() {
            Some(answer) => match answer.strip_prefix("ok").map(str::trim_start) {
                Some(answer) => answer.to_owned(),
                None => panic!("`{request}`: {answer}"),
            },
            None => panic!("`{request}`: no answer"),
        }
    }

    /// Waits for the version in the answer.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    pub fn version(self) -> u64 {
        let answer = self.answer();
        answer.parse().unwrap_or_else(|_| panic!("no version: {answer}"))
    }

    /// Waits for the answer; `None` if the process ends before, or it takes too long.
    #[must_use]
    pub fn try_answer(&self) -> Option<String> {
        let answers = &self.worker.answers;
        let known = answers.known.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |known: &mut Option<HashMap<u64, String>>| {
            known.as_ref().is_some_and(|known| !known.contains_key(&self.number))
        };
        let (mut known, _) =
            answers.changed.wait_timeout_while(known, LIMIT, waits).unwrap_or_else(PoisonError::into_inner);
        known.as_mut().and_then(|known| known.remove(&self.number))
    }

    /// Whether the answer is there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        let known = self.worker.answers.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().is_none_or(|known| known.contains_key(&self.number))
    }
}

impl Answers {
    fn put(&self, number: u64, answer: &str) {
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            known.insert(number, answer.to_owned());
        }
        self.changed.notify_all();
    }

    fn end(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.changed.notify_all();
    }
}
