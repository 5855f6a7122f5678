//! One process of the fleet: reads and writes through its cache, and checks every answer against the writes that it was told of.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use cached_core::{RedisConfig, Stats};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::check::Checks;
use crate::message::{Command, Health, Message, Written};
use crate::options::Backend;
use crate::source::{Source, SourceError};
use crate::stock::{ITEMS, Item, ItemId, SHELF, item_in_redis, item_tiered, restock, restock_shelf};

/// How many tasks read, each with a pause after every read.
const READERS: usize = 16;
const PAUSE: Duration = Duration::from_millis(1);
/// The mean time between two writes.
const WRITE_EVERY: Duration = Duration::from_millis(100);
const REPORT_EVERY: Duration = Duration::from_millis(250);
/// How long a fresh answer is waited for after a write. Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(3);

struct Worker {
    source: Source,
    backend: Backend,
    checks: Checks,
    stopping: AtomicBool,
    to_parent: mpsc::UnboundedSender<Message>,
}

/// Works until the parent says stop, or is gone.
pub async fn run(source: SocketAddr, redis: &str, backend: Backend) -> Result<(), Box<dyn std::error::Error>> {
    cached_core::configure().namespace("fleet").redis(RedisConfig::new(redis)?).install()?;
    let (to_parent, messages) = mpsc::unbounded_channel();
    let worker = Arc::new(Worker {
        source: Source::new(source),
        backend,
        checks: Checks::new(backend),
        stopping: AtomicBool::new(false),
        to_parent,
    });
    let printer = tokio::spawn(print(messages));
    let mut busy = JoinSet::new();
    for _ in 0..READERS {
        busy.spawn(Arc::clone(&worker).read_on());
    }
    busy.spawn(Arc::clone(&worker).write_on());
    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    let (mut reports, mut stats) = (interval(REPORT_EVERY), Stats::default());
    loop {
        tokio::select! {
            _ = reports.tick() => worker.report(&mut stats),
            line = commands.next_line() => match line?.as_deref().map(serde_json::from_str).transpose()? {
                Some(Command::Written(written)) => drop(busy.spawn(Arc::clone(&worker).probe(written))),
                Some(Command::Stop) | None => break,
            },
            // Those that probe what others have written end by themselves.
            Some(_) = busy.join_next() => {}
        }
    }
    worker.stopping.store(true, Ordering::Relaxed);
    busy.join_all().await;
    worker.report(&mut stats);
    // With the worker goes the channel, and with that the printer.
    drop(worker);
    printer.await?;
    Ok(())
}

async fn print(mut messages: mpsc::UnboundedReceiver<Message>) {
    while let Some(message) = messages.recv().await {
        if let Ok(line) = serde_json::to_string(&message) {
            // Without a parent there is nobody to tell.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    }
}

impl Worker {
    fn stops(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The n-th most popular item is read with a frequency of 1/n.
    async fn read_on(self: Arc<Self>) {
        while !self.stops() {
            let rank = (ITEMS as f64).powf(fastrand::f64()) as u64;
            self.read(ItemId(rank - 1)).await;
            sleep(PAUSE).await;
        }
    }

    /// Reads an item through the cache; true if the answer is as new as it has to be.
    async fn read(&self, id: ItemId) -> bool {
        let began_at = SystemTime::now();
        let answer = match self.backend {
            Backend::Redis => item_in_redis(&self.source, id).await,
            Backend::Tiered => item_tiered(&self.source, id).await,
        };
        self.checks.read(began_at, answer)
    }

    async fn write_on(self: Arc<Self>) {
        while !self.stops() {
            // One write in ten changes a whole shelf.
            let id = ItemId(fastrand::u64(..ITEMS));
            let whole_shelf = fastrand::u8(..10) == 0;
            let written =
                if whole_shelf { restock_shelf(&self.source, id.shelf()).await } else { self.restock_popular().await };
            self.acknowledge(written);
            sleep(WRITE_EVERY.mul_f64(2.0 * fastrand::f64())).await;
        }
    }

    /// What is written is what is read most: there stale values would be seen.
    async fn restock_popular(&self) -> Result<Vec<Item>, SourceError> {
        restock(&self.source, ItemId(fastrand::u64(..5 * SHELF))).await
    }

    /// The write has returned: from now on nobody may see anything older.
    fn acknowledge(&self, written: Result<Vec<Item>, SourceError>) {
        let at = SystemTime::now();
        match written {
            Ok(items) => {
                let written = Written { items, at };
                self.checks.wrote(&written);
                let _ = self.to_parent.send(Message::Written(written));
            }
            Err(error) => self.checks.failed(&error),
        }
    }

    /// Somebody else has written: how long until it is seen here?
    async fn probe(self: Arc<Self>, written: Written) {
        self.checks.written(&written);
        let Some(item) = written.items.first() else { return };
        let begun = Instant::now();
        while !self.read(item.id).await {
            if self.stops() || begun.elapsed() > PATIENCE {
                return;
            }
            sleep(PAUSE).await;
        }
        self.checks.fresh_after(written.at);
    }

    /// Tells the parent what happened since the last time.
    fn report(&self, before: &mut Stats) {
        let stats = match self.backend {
            Backend::Redis => item_in_redis::cache().stats(),
            Backend::Tiered => item_tiered::cache().stats(),
        };
        let mut report = self.checks.take();
        report.hits = stats.hits - before.hits;
        report.misses = stats.misses.saturating_sub(before.misses);
        report.loads = stats.loads - before.loads;
        *before = stats;
        if let [redis] = &cached_core::backends()[..] {
            report.backend = Health { closed: redis.closed, usable: redis.usable, waiting: redis.lost };
        }
        let _ = self.to_parent.send(Message::Report(report));
    }
}
