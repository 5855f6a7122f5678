//! One trial: load, a fault under it, its end, and what is demanded of all four phases.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tests::servers::{Proxy, Redis, eventually};
use tests::workers::{Kind, Ledger, Row, Settings, Worker, merged, table};

pub const WORKER: &str = env!("CARGO_BIN_EXE_worker");

/// What a call may lose. Long enough that twice as much stands out from a busy machine's noise.
pub const TIMEOUT: Duration = Duration::from_millis(300);
/// What a busy machine may add to that.
const SLACK: Duration = Duration::from_millis(250);
/// How soon the store has to be in use again.
const SOON: Duration = Duration::from_secs(5);
/// How long another process' memory may answer after a write, with room for a busy machine.
const PROPAGATION: Duration = Duration::from_millis(500);

const PROCESSES: usize = 3;
/// Things of each kind.
const THINGS: u64 = 40;

const PHASES: [&str; 5] = ["before", "fault", "recovering", "recovered", "warm-up"];
const BEFORE: usize = 0;
const FAULT: usize = 1;
const RECOVERING: usize = 2;
const RECOVERED: usize = 3;
const WARM_UP: usize = 4;

/// Processes under load, and their server behind a network that can be broken.
pub struct Trial {
    name: &'static str,
    pub workers: Vec<Worker>,
    pub proxy: Proxy,
    pub redis: Redis,
    begun: Instant,
    _folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

/// What the four phases measured.
pub struct Outcome {
    rows: BTreeMap<(usize, Kind), Row>,
    back_after: Duration,
}

/// One trial at a time: times are measured, and there are few cores.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Trial {
    /// A server of its own, and processes that have filled their caches from it.
    pub fn start(name: &'static str) -> Self {
        Self::with(name, Redis::start())
    }

    pub fn with(name: &'static str, redis: Redis) -> Self {
        Self::as_user(name, redis, "")
    }

    /// The processes log in: `user:password@`.
    pub fn as_user(name: &'static str, redis: Redis, login: &str) -> Self {
        let alone = alone();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ledger");
        let _ = Ledger::create(&file);
        let proxy = Proxy::before(redis.port());
        let url = format!("redis://{login}{}", proxy.address());
        let settings = Settings::new(&url, &file).response_timeout(TIMEOUT);
        let workers = load(&settings);
        Self { name, workers, proxy, redis, begun: Instant::now(), _folder: folder, _alone: alone }
    }

    /// The fault begins, lasts, and ends; then the store has to come back.
    pub fn run(self, begin: impl FnOnce(&Self), end: impl FnOnce(&Self)) {
        let fault = || {
            begin(&self);
            thread::sleep(Duration::from_millis(1200));
        };
        measure(self.name, &self.workers, fault, || end(&self)).judge(self.name);
        println!("  took {:?} in all", self.begun.elapsed());
    }

    /// A fault that is made again and again for a while.
    pub fn run_again_and_again(self, every: Duration, mut again: impl FnMut(&Self), end: impl FnOnce(&Self)) {
        let fault = || {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_millis(1200) {
                again(&self);
                thread::sleep(every);
            }
        };
        measure(self.name, &self.workers, fault, || end(&self)).judge(self.name);
        println!("  took {:?} in all", self.begun.elapsed());
    }
}

/// Starts the processes and their load.
pub fn load(settings: &Settings) -> Vec<Worker> {
    let workers = Worker::several(PROCESSES, WORKER, settings);
    for (own, worker) in workers.iter().enumerate() {
        worker.phase(WARM_UP);
        worker.hammer(THINGS, own, PROCESSES);
    }
    workers
}

/// Takes the processes through the phases.
pub fn measure(name: &str, workers: &[Worker], fault: impl FnOnce(), end: impl FnOnce()) -> Outcome {
    let enter = |phase| workers.iter().for_each(|worker| worker.phase(phase));
    let usable = || workers.iter().all(Worker::is_usable);
    thread::sleep(Duration::from_millis(400));
    eventually("the store is in use", usable);
    enter(BEFORE);
    thread::sleep(Duration::from_millis(500));
    enter(FAULT);
    fault();
    enter(RECOVERING);
    end();
    let ended = Instant::now();
    eventually("the store is in use again", usable);
    let back_after = ended.elapsed();
    // What was on its way when the last process came back arrives.
    thread::sleep(Duration::from_millis(300));
    enter(RECOVERED);
    thread::sleep(Duration::from_millis(700));
    let rows = merged(workers.iter().map(Worker::report));
    println!("{}  in use again after {back_after:?}", table(name, &PHASES, &rows));
    Outcome { rows, back_after }
}

impl Outcome {
    fn rows(&self) -> impl Iterator<Item = (&'static str, usize, Kind, &Row)> {
        self.rows.iter().map(|((phase, kind), row)| (PHASES[*phase], *phase, *kind, row))
    }

    /// Everything that is demanded.
    pub fn judge(&self, name: &str) {
        self.judge_calls(name);
        for (phase, at, kind, row) in self.rows() {
            if at == BEFORE || at == RECOVERED {
                let case = format!("{name}, {phase}, {}", kind.name());
                if kind.is_tiered() {
                    let most = PROPAGATION.as_micros();
                    assert!(u128::from(row.stale_for) <= most, "{case}: stale for {} us", row.stale_for);
                } else {
                    assert_eq!(row.stale, 0, "{case}: older than an acknowledged invalidation");
                }
            }
        }
    }

    /// The same without the demand that nothing acknowledged is lost: for a failover that loses what was not copied yet.
    pub fn judge_calls(&self, name: &str) {
        for kind in Kind::ALL {
            assert!(self.rows.contains_key(&(FAULT, kind)), "{name}: no {} during the fault", kind.name());
        }
        for (phase, at, kind, row) in self.rows() {
            let case = format!("{name}, {phase}, {}", kind.name());
            assert_eq!(row.errors, 0, "{case}: calls failed");
            if at != WARM_UP {
                let micros = |row: &Row| Duration::from_micros(u64::from(row.most()));
                // A call passes from thread to thread and to the server and back; each may be late by as much as an idle one was.
                let machine = self.rows.get(&(at, Kind::Idle)).map_or(Duration::ZERO, micros);
                let most = micros(row);
                assert!(most <= TIMEOUT + SLACK + 4 * machine, "{case}: a call lost {most:?}, the machine {machine:?}");
            }
            if at == RECOVERED && kind.is_read() {
                // Every write of the load makes a miss, so not all of them are hits.
                assert!(4 * row.loads < 3 * row.calls, "{case}: {} loads in {} calls", row.loads, row.calls);
            }
        }
        assert!(self.back_after < SOON, "{name}: in use again only after {:?}", self.back_after);
    }
}
