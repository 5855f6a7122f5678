//! A process that shares caches with others: what tests tell it to do comes in line by line, answers go out as they are ready.
//!
//! Ends with its input, and so with the test that started it.

mod families;
mod hammer;
mod source;

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use cached_core::{RedisConfig, configure};
use families::{Family, Known};
use hammer::Hammer;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    set_up()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut hammer = None;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let (number, request) = words.split_first().ok_or("a request begins with its number")?;
        match request {
            ["get", family, id] => {
                let (family, id) = (Family::named(family)?, id.parse()?);
                reply_when(
                    &runtime,
                    number,
                    async move { family.get(id).await.map(|known| known.version.to_string()) },
                );
            }
            ["write", family, by, id] => {
                let (family, by, id) = (Family::named(family)?, (*by).to_owned(), id.parse()?);
                reply_when(
                    &runtime,
                    number,
                    async move { family.write(&by, id).await.map(|version| version.to_string()) },
                );
            }
            ["burst", family, id, calls] => {
                let (family, id, calls) = (Family::named(family)?, id.parse()?, calls.parse()?);
                reply_when(&runtime, number, burst(family, id, calls));
            }
            ["watch", family, id, until] => {
                let (family, id, until) = (Family::named(family)?, id.parse()?, until.parse()?);
                reply_when(&runtime, number, watch(family, id, until));
            }
            ["hammer", ids, own, of] => {
                hammer = Some(Hammer::start(&runtime, ids.parse()?, own.parse()?, of.parse()?));
                reply(number, "ok");
            }
            ["phase", phase] => {
                hammer::enter_phase(phase.parse()?);
                reply(number, "ok");
            }
            ["report"] => match hammer.take() {
                Some(hammer) => reply(number, &format!("ok {}", hammer.end(&runtime))),
                None => reply(number, "nothing is hammered"),
            },
            ["usable"] => {
                reply(number, &format!("ok {}", cached_core::backends().iter().all(|backend| backend.usable)))
            }
            ["status"] => reply(number, &format!("ok {:?}", cached_core::backends())),
            ["hello"] => reply(number, "ok"),
            _ => return Err(format!("not understood: {line}").into()),
        }
    }
    Ok(())
}

/// Puts the settings in force that the environment holds.
fn set_up() -> Result<(), Error> {
    let url = std::env::var("WORKER_REDIS")?;
    let variable = |name: &str| std::env::var(name).ok();
    let mut redis = match (variable("WORKER_CLUSTER"), variable("WORKER_SENTINEL")) {
        (Some(_), _) => RedisConfig::cluster(url.split(','))?,
        (None, Some(service)) => RedisConfig::sentinel(&service, [&url])?,
        (None, None) => RedisConfig::new(&url)?,
    };
    if let Some(authority) = variable("WORKER_AUTHORITY") {
        redis = redis.root_certificates(authority);
    }
    let millis = |name: &str| variable(name)?.parse().ok().map(Duration::from_millis);
    if let Some(timeout) = millis("WORKER_TIMEOUT_MS") {
        redis = redis.response_timeout(timeout);
    }
    if let Some(lease) = millis("WORKER_LEASE_MS") {
        redis = redis.lease(lease);
    }
    if let Some(wait) = millis("WORKER_LEASE_WAIT_MS") {
        redis = redis.lease_wait(wait);
    }
    configure().namespace("workers").redis(redis).install()?;
    Ok(())
}

/// Calls the function with one key from many tasks, or threads, at once: the oldest and the newest version they saw.
async fn burst(family: Family, id: u64, calls: usize) -> Result<String, String> {
    let start = Arc::new(tokio::sync::Barrier::new(calls));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..calls {
        let start = Arc::clone(&start);
        tasks.spawn(async move {
            start.wait().await;
            family.get(id).await
        });
    }
    let mut versions = Vec::new();
    while let Some(result) = tasks.join_next().await {
        let known: Known = result.map_err(|error| error.to_string())??;
        versions.push(known.version);
    }
    versions.sort_unstable();
    Ok(format!("{} {}", versions[0], versions[versions.len() - 1]))
}

/// Calls the function again and again until it returns version `until`: when the last call with an older answer began, in microseconds
/// since 1970; zero if there was none.
async fn watch(family: Family, id: u64, until: u64) -> Result<String, String> {
    let mut last_stale = 0;
    loop {
        let begun = tests::workers::micros_now();
        if family.get(id).await?.version >= until {
            return Ok(last_stale.to_string());
        }
        last_stale = begun;
        tokio::task::yield_now().await;
    }
}

fn reply_when(
    runtime: &tokio::runtime::Runtime,
    number: &str,
    work: impl Future<Output = Result<String, String>> + Send + 'static,
) {
    let number = number.to_owned();
    runtime.spawn(async move {
        // A task of its own, so that a panic is an answer, too.
        match tokio::spawn(work).await {
            Ok(Ok(answer)) => reply(&number, &format!("ok {answer}")),
            Ok(Err(error)) => reply(&number, &format!("error: {error}")),
            Err(error) => reply(&number, &format!("panic: {error}")),
        }
    });
}

fn reply(number: &str, answer: &str) {
    let mut output = std::io::stdout().lock();
    // A test that does not listen any more has ended, and this process with it.
    let _ = writeln!(output, "{number} {answer}").and_then(|()| output.flush());
}
