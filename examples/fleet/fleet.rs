//! The parent: starts the workers, passes on what they write, and breaks Redis.

use std::collections::VecDeque;
use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command as Program};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep_until};

use crate::message::{Command, Message, Report};
use crate::options::Backend;
use crate::picture::Picture;
use crate::redis::Redis;
use crate::source::Truth;

const WORKERS: usize = 4;
/// How many reports make up what the picture shows: one second's.
const RECENT: usize = 4;
/// When Redis is killed and when it comes back, as shares of the time.
const KILLED: f64 = 0.4;
const BACK: f64 = 0.6;
/// How long workers may take to find back to Redis, and to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// One process of the fleet.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    commands: ChildStdin,
    /// Reports of the last second.
    pub recent: VecDeque<Report>,
    /// All there was with Redis, and from its end until all workers had found back to it.
    pub with: Report,
    pub without: Report,
    /// How many reports in a row said that Redis is in use.
    calm: usize,
}

/// What has become of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Up,
    Killed(Instant),
    /// It is back, but not yet used by all workers.
    Returning(Instant),
    /// All workers use it again.
    Back(Instant),
}

/// The fleet as the picture shows it.
#[derive(Debug)]
pub struct Fleet {
    pub workers: Vec<Worker>,
    pub phase: Phase,
    pub begun: Instant,
    pub seconds: Duration,
    stopping: bool,
}

/// Runs the whole show; true if nothing happened that must not happen.
pub async fn run(seconds: Duration, backend: Backend) -> Result<bool, Box<dyn Error>> {
    let mut redis = Redis::start().await?;
    let source = Truth::start().await?;
    let (sender, mut messages) = mpsc::unbounded_channel();
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let (worker, output) = Worker::start(source, &redis.url(), backend)?;
        tokio::spawn(listen(number, output, sender.clone()));
        workers.push(worker);
    }
    drop(sender);
    let begun = Instant::now();
    let mut fleet = Fleet { workers, phase: Phase::Up, begun, seconds, stopping: false };
    let mut picture = Picture::new(backend);
    let mut ticks = interval_at(begun + picture.period(), picture.period());
    loop {
        let (act, due) = fleet.next_act();
        tokio::select! {
            message = messages.recv() => match message {
                Some((number, message)) => fleet.hear(number, message).await,
                None => break,
            },
            _ = ticks.tick() => picture.draw(&fleet),
            () = sleep_until(due) => {
                match act {
                    Act::Kill => redis.kill().await?,
                    Act::Restart => redis.launch().await?,
                    Act::Stop => fleet.tell_all(&Command::Stop, None).await,
                    Act::GiveUp => return Err("a worker does not stop".into()),
                }
                fleet.acted(act);
            }
        }
    }
    for worker in &mut fleet.workers {
        let status = worker.child.wait().await?;
        if !status.success() {
            return Err(format!("a worker ended early: {status}").into());
        }
    }
    Ok(picture.summary(&fleet))
}

/// Passes on what a worker says.
async fn listen(number: usize, output: ChildStdout, messages: mpsc::UnboundedSender<(usize, Message)>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(message) = serde_json::from_str(&line) {
            let _ = messages.send((number, message));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Kill,
    Restart,
    Stop,
    GiveUp,
}

impl Fleet {
    /// What is to be done next, and when.
    fn next_act(&self) -> (Act, Instant) {
        let after = |share| self.begun + self.seconds.mul_f64(share);
        match self.phase {
            Phase::Up => (Act::Kill, after(KILLED)),
            Phase::Killed(_) => (Act::Restart, after(BACK)),
            // On a machine that does much else, finding back takes its time.
            Phase::Returning(since) if !self.stopping => (Act::Stop, after(1.0).max(since + PATIENCE)),
            _ if !self.stopping => (Act::Stop, after(1.0)),
            _ => (Act::GiveUp, after(1.0) + 2 * PATIENCE),
        }
    }

    fn acted(&mut self, act: Act) {
        match act {
            Act::Kill => self.phase = Phase::Killed(Instant::now()),
            Act::Restart => {
                self.phase = Phase::Returning(Instant::now());
                self.workers.iter_mut().for_each(|worker| worker.calm = 0);
            }
            Act::Stop => self.stopping = true,
            Act::GiveUp => {}
        }
    }

    async fn hear(&mut self, number: usize, message: Message) {
        match message {
            Message::Written(written) => self.tell_all(&Command::Written(written), Some(number)).await,
            Message::Report(report) => {
                let outage = matches!(self.phase, Phase::Killed(_) | Phase::Returning(_));
                self.workers[number].reported(report, outage);
                // What a worker tells in its first report may have happened before another worker had caught up.
                if matches!(self.phase, Phase::Returning(_)) && self.workers.iter().all(|worker| worker.calm >= 2) {
                    self.phase = Phase::Back(Instant::now());
                }
            }
        }
    }

    async fn tell_all(&mut self, command: &Command, but: Option<usize>) {
        let Ok(mut line) = serde_json::to_string(command) else { return };
        line.push('\n');
        for (number, worker) in self.workers.iter_mut().enumerate() {
            if Some(number) != but {
                // One that is gone is noticed by its exit code.
                let _ = worker.commands.write_all(line.as_bytes()).await;
            }
        }
    }
}

impl Worker {
    /// Starts this program once more, as a worker.
    fn start(source: SocketAddr, redis: &str, backend: Backend) -> Result<(Self, ChildStdout), Box<dyn Error>> {
        let mut child = Program::new(std::env::current_exe()?)
            .args(["--source", &source.to_string(), "--redis", redis, "--backend", &backend.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(commands), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a worker without standard input and output".into());
        };
        let (recent, with, without) = Default::default();
        Ok((Self { child, commands, recent, with, without, calm: 0 }, output))
    }

    fn reported(&mut self, report: Report, outage: bool) {
        let total = if outage { &mut self.without } else { &mut self.with };
        total.add(&report);
        self.calm = if report.backend.usable { self.calm + 1 } else { 0 };
        self.recent.push_back(report);
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}
