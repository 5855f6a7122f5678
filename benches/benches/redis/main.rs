//! Hits in Redis: `cargo bench -p benches --bench redis`.
//!
//! The annotated function against the `redis` client with the same codec, and against `cached`'s Redis stores; then memory in front of
//! Redis against memory alone; then what becomes of a load that a write overtakes. Starts a server of its own.

mod functions;
mod race;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::calls::{Way, compare, from_tasks, from_threads, in_a_row};
use benches::server::Server;
use benches::zipf;
use cached_core::RedisConfig;
use functions::{by_cached, by_cached_sync, by_hand, by_hand_sync, memory, ours, ours_sync, ours_tagged, tiered};
use tokio::runtime::{Builder, Runtime};

const KEYS: usize = 1_000;
/// Many short ones: what else the machine does then meets all ways alike.
const ROUNDS: usize = 21;
/// How many loads are overtaken.
const RACES: u64 = 100;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Box<dyn Error>> {
    let server = Server::start()?;
    functions::find_server_at(&server.url())?;
    cached_core::configure().namespace("bench").redis(RedisConfig::new(server.url())?).install()?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;

    let ids: Arc<[u64]> = zipf::draws(KEYS, 0.9, 1 << 14).into_iter().map(u64::from).collect();
    fill(&runtime)?;
    let loads = functions::loads();
    for (tasks, calls) in [(1, 2_000), (8, 8_000), (64, 32_000)] {
        let (runtime, ids) = (&runtime, &ids);
        let ways = vec![
            Way::new("`redis` multiplexed `GET`, by hand", move || from_tasks(runtime, tasks, calls, ids, by_hand)),
            Way::new("`cached-core` `#[cache]`", move || from_tasks(runtime, tasks, calls, ids, ours)),
            Way::new("the same with a tag", move || from_tasks(runtime, tasks, calls, ids, ours_tagged)),
            Way::new("`cached` `#[concurrent_cached]`", move || from_tasks(runtime, tasks, calls, ids, by_cached)),
        ];
        compare(&format!("Hits in Redis, async, {tasks} task(s)"), ROUNDS, ways);
    }
    for (threads, calls) in [(1, 2_000), (8, 8_000)] {
        let ids = &ids;
        let ways = vec![
            Way::new("`redis` `GET`, a connection per thread", move || from_threads(threads, calls, ids, by_hand_sync)),
            Way::new("`cached-core` `#[cache]`", move || from_threads(threads, calls, ids, ours_sync)),
            Way::new("`cached` `#[concurrent_cached]`", move || from_threads(threads, calls, ids, by_cached_sync)),
        ];
        compare(&format!("Hits in Redis, sync, {threads} thread(s)"), ROUNDS, ways);
    }
    let ways = vec![
        Way::new("memory", || in_a_row(16, &ids, memory)),
        Way::new("memory before Redis: `tiered`", || in_a_row(16, &ids, tiered)),
    ];
    compare("Hits in memory", ROUNDS, ways);
    if functions::loads() != loads {
        return Err("what was measured were not hits alone: an entry was lost".into());
    }
    race::report(&runtime, RACES)?;
    Ok(())
}

/// Puts every value where each way finds it.
fn fill(runtime: &Runtime) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    for id in 0..KEYS as u64 {
        runtime.block_on(async {
            functions::store_by_hand(id).await?;
            ours(id).await;
            ours_tagged(id).await;
            by_cached(id).await?;
            Ok::<_, Box<dyn Error>>(())
        })?;
        ours_sync(id);
        by_cached_sync(id)?;
        memory(id);
        // Memory in front is open once the server reports changes, and forgets what it reports meanwhile.
        let in_memory = || tiered::cache().stats().hits - tiered::cache().stats().shared_hits;
        loop {
            let before = in_memory();
            tiered(id);
            if in_memory() > before {
                break;
            }
            if begun.elapsed() > Duration::from_secs(60) {
                return Err("memory in front of Redis stays closed".into());
            }
        }
    }
    Ok(())
}
