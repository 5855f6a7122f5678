//! What each operation costs on the wire, in a process of its own: commands as the server's `MONITOR` tells them, and round trips as a
//! proxy counts them.

use std::time::Duration;

use cached_core::{RedisConfig, cache, configure, invalidates};
use tests::servers::{Monitor, Proxy, Redis, eventually};

#[cache(ttl = 60, backend = "redis", key = "plain:{id}")]
async fn plain(id: u64) -> u64 {
    id
}

#[cache(ttl = 60, backend = "redis", key = "sync:{id}")]
fn in_sync(id: u64) -> u64 {
    id
}

#[cache(ttl = 60, backend = "redis", key = "tagged:{id}", tags = ["all", "one:{id}"])]
async fn tagged(id: u64) -> u64 {
    id
}

#[cache(ttl = 60, backend = "redis", key = "described:{id}", tags = ["all", "of:{result}"])]
async fn described(id: u64) -> u64 {
    id
}

#[cache(ttl = 60, backend = "tiered", key = "near:{id}")]
async fn near(id: u64) -> u64 {
    id
}

#[invalidates("plain:{id}")]
async fn change_key(id: u64) {
    let _ = id;
}

#[invalidates(tags = ["one:{id}"])]
async fn change_tag(id: u64) {
    let _ = id;
}

#[invalidates(tagged(id), plain(id), tags = ["one:{id}", "all"])]
async fn change_much(id: u64) {
    let _ = id;
}

/// A server, what it is asked to do, and how often somebody waited for it.
struct Wire<'a> {
    monitor: Monitor<'a>,
    proxy: &'a Proxy,
}

impl Wire<'_> {
    /// Commands and round trips of a call; each time with a number of its own, and the least of several, since the connection is also
    /// looked after.
    async fn cost<F: Future>(&self, mut call: impl FnMut(u64) -> F) -> (Vec<String>, u64) {
        let mut costs = Vec::new();
        for number in 0..7 {
            let _ = self.monitor.take();
            let before = self.proxy.round_trips();
            call(number).await;
            let round_trips = self.proxy.round_trips() - before;
            let looks_after = |name: &String| !["PING", "ROLE", "TIME", "INFO"].contains(&name.as_str());
            let commands = self.monitor.take().iter().map(tests::servers::Seen::name).filter(looks_after).collect();
            costs.push((round_trips, commands));
        }
        costs.sort();
        let (round_trips, commands): (u64, Vec<String>) = costs.swap_remove(0);
        (commands, round_trips)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_costs_what_the_guide_says() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let config = RedisConfig::new(redis.url_at(proxy.port())).expect("an address");
    configure()
        .redis(config.response_timeout(Duration::from_millis(900)))
        .install()
        .expect("nothing else is installed");
    // Scripts are sent in full once, and called by their digest from then on.
    for warm in 1000..1003 {
        plain(warm).await;
        in_sync(warm);
        described(warm).await;
        near(warm).await;
        plain::invalidate(warm).await;
    }
    let wire = Wire { monitor: redis.monitor(), proxy: &proxy };

    let (miss, trips) = wire.cost(plain).await;
    assert_eq!((&miss[1..], trips), (&["SET".to_owned(), "EVALSHA".into()][..], 3), "a miss: read, lease, fill");
    let (hit, trips) = wire.cost(plain).await;
    assert_eq!((hit.len(), trips), (1, 1), "{hit:?}");

    let (miss, trips) = wire.cost(|number| async move { in_sync(number) }).await;
    assert_eq!((miss.len(), trips), (3, 3), "{miss:?}");
    let (hit, trips) = wire.cost(|number| async move { in_sync(number) }).await;
    assert_eq!((hit.len(), trips), (1, 1), "{hit:?}");

    // Tags are captured in the round trip of the lease.
    let (miss, trips) = wire.cost(tagged).await;
    assert_eq!(trips, 3, "{miss:?}");
    let (hit, trips) = wire.cost(tagged).await;
    assert_eq!((&hit[..], trips), (&["MGET".to_owned()][..], 1));

    // Tags that follow from the result are captured after the load, and known to a reader only from the entry.
    let (miss, trips) = wire.cost(described).await;
    assert_eq!(trips, 4, "{miss:?}");
    let (hit, trips) = wire.cost(described).await;
    assert_eq!((&hit[..], trips), (&["MGET".to_owned(), "GET".into()][..], 2));

    for (commands, trips) in [
        wire.cost(change_key).await,
        wire.cost(change_tag).await,
        wire.cost(change_much).await,
        wire.cost(|number| async move { plain::invalidate(number).await }).await,
        wire.cost(|_| async { cached_core::invalidate_tag("all").await }).await,
    ] {
        assert_eq!((&commands[..], trips), (&["UNLINK".to_owned()][..], 1));
    }

    eventually("the server reports changes", || redis.info("tracking_clients").as_deref() == Some("1"));
    let (miss, trips) = wire.cost(near).await;
    assert_eq!(trips, 3, "{miss:?}");
    // The server reports the loader's own writes as well, so memory keeps what the next read brings.
    let (hit, trips) = wire.cost(near).await;
    assert_eq!((hit.len(), trips), (1, 1), "{hit:?}");
    let (hit, trips) = wire.cost(near).await;
    assert_eq!((hit.len(), trips), (0, 0), "memory answers: {hit:?}");
}
