//! Reads and writes all the time, measured.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tests::workers::{Kind, Row, micros_now};
use tokio::runtime::Runtime;

use crate::families::{Known, redis_async, redis_sync, tiered_async, tiered_sync};
use crate::source;

const PHASES: usize = 8;
/// How far apart the kinds' things are.
const FIRST: u64 = 500;
/// Between two calls of a task: the load is that of a service, and the machine is left able to run the others.
const PAUSE: Duration = Duration::from_millis(5);

static PHASE: AtomicUsize = AtomicUsize::new(0);
static LOADS: [[AtomicU64; Kind::ALL.len()]; PHASES] =
    [const { [const { AtomicU64::new(0) }; Kind::ALL.len()] }; PHASES];

type Rows = BTreeMap<(usize, Kind), Row>;

pub fn enter_phase(phase: usize) {
    PHASE.store(phase.min(PHASES - 1), Ordering::SeqCst);
}

fn phase() -> usize {
    PHASE.load(Ordering::SeqCst)
}

/// A body ran.
pub fn loaded(family: &str) {
    if let Some(kind) = Kind::named(family) {
        LOADS[phase()][kind as usize].fetch_add(1, Ordering::Relaxed);
    }
}

/// Tasks and threads at work.
pub struct Hammer {
    go_on: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Rows>>,
    threads: Vec<JoinHandle<Rows>>,
}

/// Which things to read, and which to write.
#[derive(Clone, Copy)]
struct Things {
    ids: u64,
    own: usize,
    of: usize,
}

impl Hammer {
    /// Readers in a runtime of several threads, in one of a single thread, and in threads without any; writers of each family.
    pub fn start(runtime: &Runtime, ids: u64, own: usize, of: usize) -> Self {
        let go_on = Arc::new(AtomicBool::new(true));
        let things = Things { ids, own, of };
        let mut this = Self { go_on, tasks: Vec::new(), threads: Vec::new() };
        for _ in 0..2 {
            this.tasks.push(runtime.spawn(read_async(Kind::RedisAsync, things, Arc::clone(&this.go_on))));
        }
        this.tasks.push(runtime.spawn(read_async(Kind::TieredAsync, things, Arc::clone(&this.go_on))));
        this.tasks.push(runtime.spawn(write_async(things, Arc::clone(&this.go_on))));
        for kind in [Kind::RedisSync, Kind::TieredSync] {
            let go_on = Arc::clone(&this.go_on);
            this.threads.push(std::thread::spawn(move || read_sync(kind, things, &go_on)));
        }
        for kind in [Kind::RedisAsync, Kind::TieredAsync] {
            let go_on = Arc::clone(&this.go_on);
            this.threads.push(std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(read_async(kind, things, go_on))
            }));
        }
        let go_on = Arc::clone(&this.go_on);
        this.threads.push(std::thread::spawn(move || write_sync(things, &go_on)));
        this.tasks.push(runtime.spawn(idle_async(Arc::clone(&this.go_on))));
        let go_on = Arc::clone(&this.go_on);
        this.threads.push(std::thread::spawn(move || idle_sync(&go_on)));
        this
    }

    /// Ends, and says what was measured.
    pub fn end(self, runtime: &Runtime) -> String {
        self.go_on.store(false, Ordering::SeqCst);
        let of_threads = self.threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked()));
        let mut reports: Vec<Rows> = of_threads.collect();
        reports.extend(self.tasks.into_iter().map(|task| runtime.block_on(task).unwrap_or_else(|_| panicked())));
        let mut rows = tests::workers::merged(reports);
        for ((phase, kind), row) in &mut rows {
            row.loads = LOADS[*phase][*kind as usize].load(Ordering::Relaxed);
        }
        let lines = rows.iter().map(|((phase, kind), row)| format!("{phase} {} {}", kind.name(), row.to_word()));
        lines.collect::<Vec<_>>().join(";")
    }
}

/// A reader or writer that panicked is an error, whatever it had measured.
fn panicked() -> Rows {
    BTreeMap::from([((phase(), Kind::Write), Row { errors: 1, ..Row::default() })])
}

impl Things {
    /// Each kind has its own: a write of one function invalidates nothing of another.
    fn some(self, kind: Kind) -> u64 {
        FIRST * kind as u64 + fastrand::u64(..self.ids)
    }

    /// One that no other process writes.
    fn own(self, kind: Kind) -> u64 {
        let (own, of) = (self.own as u64, self.of as u64);
        FIRST * kind as u64 + own + of * fastrand::u64(..(self.ids - own).div_ceil(of))
    }
}

/// What was known before a read.
struct Before {
    phase: usize,
    begun: Instant,
    at: u64,
    acknowledged: u64,
}

impl Before {
    fn read(id: u64) -> Self {
        let acknowledged = source::ledger().acknowledged(id);
        Self { phase: phase(), begun: Instant::now(), at: micros_now(), acknowledged }
    }

    fn note(self, rows: &mut Rows, kind: Kind, id: u64, result: Result<Known, String>) {
        let lost = self.begun.elapsed();
        let row = rows.entry((self.phase, kind)).or_default();
        row.calls += 1;
        row.lost.push(u32::try_from(lost.as_micros()).unwrap_or(u32::MAX));
        match result {
            Ok(known) if known.id == id && known.owner == id => {
                if known.version < self.acknowledged {
                    row.stale += 1;
                    let since = self.at.saturating_sub(source::ledger().acknowledged_at(id));
                    row.stale_for = row.stale_for.max(since);
                }
            }
            _ => row.errors += 1,
        }
    }
}

fn note_write(rows: &mut Rows, phase: usize, begun: Instant, result: &Result<u64, String>) {
    let row = rows.entry((phase, Kind::Write)).or_default();
    row.calls += 1;
    row.errors += u64::from(result.is_err());
    row.lost.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
}

async fn read_async(kind: Kind, things: Things, go_on: Arc<AtomicBool>) -> Rows {
    let mut rows = Rows::new();
    while go_on.load(Ordering::SeqCst) {
        let id = things.some(kind);
        let before = Before::read(id);
        let result = match kind {
            Kind::TieredAsync => tiered_async::get(tiered_async::NAME, id).await,
            _ => redis_async::get(redis_async::NAME, id).await,
        };
        before.note(&mut rows, kind, id, result);
        tokio::time::sleep(PAUSE).await;
    }
    rows
}

fn read_sync(kind: Kind, things: Things, go_on: &AtomicBool) -> Rows {
    let mut rows = Rows::new();
    while go_on.load(Ordering::SeqCst) {
        let id = things.some(kind);
        let before = Before::read(id);
        let call = || match kind {
            Kind::TieredSync => tiered_sync::get(tiered_sync::NAME, id),
            _ => redis_sync::get(redis_sync::NAME, id),
        };
        let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err("panic".into()));
        before.note(&mut rows, kind, id, result);
        std::thread::sleep(PAUSE);
    }
    rows
}

/// Ways to invalidate one thing.
const WAYS: [&str; 4] = ["key", "tag", "result-tag", "function"];
/// Between two writes of a writer.
const WRITE_PAUSE: Duration = Duration::from_millis(30);

fn some_way() -> &'static str {
    WAYS[fastrand::usize(..WAYS.len())]
}

async fn write_async(things: Things, go_on: Arc<AtomicBool>) -> Rows {
    let mut rows = Rows::new();
    while go_on.load(Ordering::SeqCst) {
        for kind in [Kind::RedisAsync, Kind::TieredAsync] {
            let (id, phase, begun) = (things.own(kind), phase(), Instant::now());
            let result = match kind {
                Kind::TieredAsync => tiered_async::write(some_way(), id).await,
                _ => redis_async::write(some_way(), id).await,
            };
            note_write(&mut rows, phase, begun, &result);
            tokio::time::sleep(WRITE_PAUSE).await;
        }
    }
    rows
}

fn write_sync(things: Things, go_on: &AtomicBool) -> Rows {
    let mut rows = Rows::new();
    while go_on.load(Ordering::SeqCst) {
        for kind in [Kind::RedisSync, Kind::TieredSync] {
            let (id, phase, begun) = (things.own(kind), phase(), Instant::now());
            let call = || match kind {
                Kind::TieredSync => tiered_sync::write(some_way(), id),
                _ => redis_sync::write(some_way(), id),
            };
            let result = catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err("panic".into()));
            note_write(&mut rows, phase, begun, &result);
            std::thread::sleep(WRITE_PAUSE);
        }
    }
    rows
}

fn note_idle(rows: &mut Rows, phase: usize, begun: Instant) {
    let late = begun.elapsed().saturating_sub(PAUSE);
    let row = rows.entry((phase, Kind::Idle)).or_default();
    row.calls += 1;
    row.lost.push(u32::try_from(late.as_micros()).unwrap_or(u32::MAX));
}

async fn idle_async(go_on: Arc<AtomicBool>) -> Rows {
    let mut rows = Rows::new();
    while go_on.load(Ordering::SeqCst) {
        let (phase, begun) = (phase(), Instant::now());
        tokio::time::sleep(PAUSE).await;
        note_idle(&mut rows, phase, begun);
    }
    rows
}

fn idle_sync(go_on: &AtomicBool) -> Rows {
    let mut rows = Rows::new();
    while go_on.load(Ordering::SeqCst) {
        let (phase, begun) = (phase(), Instant::now());
        std::thread::sleep(PAUSE);
        note_idle(&mut rows, phase, begun);
    }
    rows
}
