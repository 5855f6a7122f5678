//! The lease protocol between processes: each is a backend of its own over one store.

mod late;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::SharedCache;
use crate::flight::block_on;
use crate::remote::{Backend, Lost};
use crate::shared::{
    Added, Isolated, KeyPattern, LocalStore, Msgpack, Seen, SharedSettings, SharedStore, StoreFuture, Watcher, Wire,
};
use crate::sync::Mutex;
use crate::{Cache, ManualClock};
use tokio::sync::Notify;

struct Process {
    backend: Arc<Backend>,
    cache: SharedCache<u64, String>,
}

fn settings() -> SharedSettings {
    SharedSettings::new().response_timeout(Duration::from_millis(80)).probe_interval(Duration::from_millis(10))
}

fn process_with(store: &LocalStore, tiered: bool, settings: SharedSettings) -> Process {
    let backend = Backend::new("redis", "ns", Arc::new(Isolated(Arc::new(store.clone()))), settings);
    let builder = Cache::builder().name("names").ttl(Duration::from_secs(60));
    let cache =
        builder.tags(|_, name: &String| [name.clone()]).over(Arc::clone(&backend), Wire::plain::<Msgpack>(), tiered);
    Process { backend, cache }
}

fn process(store: &LocalStore) -> Process {
    process_with(store, false, settings())
}

/// A load that began and waits to be let go.
#[derive(Clone, Default)]
struct Held {
    began: Arc<Notify>,
    go: Arc<Notify>,
    loads: Arc<AtomicU32>,
}

impl Held {
    async fn load(self, value: &'static str) -> String {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.began.notify_one();
        self.go.notified().await;
        value.to_owned()
    }
}

impl Process {
    async fn load(&self, value: &str) -> String {
        let value = value.to_owned();
        self.cache.get_or_load_async(&7, || async { value }).await
    }

    /// The same, once memory has heard of what another process invalidated.
    async fn load_after(&self, old: &str, value: &str) -> String {
        let fresh = async {
            loop {
                let found = self.load(value).await;
                if found != old {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), fresh).await.expect("memory hears of it")
    }

    /// Starts a load and waits until it runs.
    async fn begin(&self, held: &Held, value: &'static str) -> tokio::task::JoinHandle<String> {
        let (cache, load) = (self.cache.clone(), held.clone());
        let call = tokio::spawn(async move { cache.get_or_load_async(&7, || load.load(value)).await });
        held.began.notified().await;
        call
    }

    /// Begins so many calls that load, each for itself, without waiting.
    fn crowd(&self, calls: usize, held: &Held, value: &'static str) -> Vec<tokio::task::JoinHandle<String>> {
        let call = |_| {
            let (cache, loads) = (self.cache.clone(), Arc::clone(&held.loads));
            let load = move || async move {
                loads.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                value.to_owned()
            };
            tokio::spawn(async move { cache.get_or_load_async(&7, load).await })
        };
        (0..calls).map(call).collect()
    }
}

#[tokio::test]
async fn what_one_process_loaded_another_reads() {
    let store = LocalStore::new();
    let (p, q) = (process(&store), process(&store));
    assert_eq!(p.load("Ann").await, "Ann");
    assert_eq!(q.load("Bob").await, "Ann");
    assert_eq!(q.cache.get(&7).as_deref(), Some("Ann"));
    assert_eq!((q.cache.stats().shared_hits, q.cache.stats().loads), (2, 0));
}

#[tokio::test]
async fn g6_one_load_among_processes() {
    let store = LocalStore::new();
    let (p, q) = (process(&store), process(&store));
    let held = Held::default();
    let first = p.begin(&held, "Ann").await;
    let others: Vec<_> = (0..20)
        .map(|i| {
            let cache = if i % 2 == 0 { p.cache.clone() } else { q.cache.clone() };
            tokio::spawn(async move { cache.get_or_load_async(&7, || async { "Bob".to_owned() }).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    held.go.notify_one();
    assert_eq!(first.await.unwrap(), "Ann");
    for other in others {
        assert_eq!(other.await.unwrap(), "Ann");
    }
    assert_eq!(p.cache.stats().loads + q.cache.stats().loads, 1);
}

#[tokio::test]
async fn g8_a_load_that_another_process_overtook_is_not_stored() {
    for tiered in [false, true] {
        for how in ["key", "tag", "pattern", "all"] {
            let store = LocalStore::new();
            let (p, q) = (process_with(&store, tiered, settings()), process_with(&store, tiered, settings()));
            let held = Held::default();
            let old = p.begin(&held, "old").await;
            match how {
                "key" => q.cache.invalidate(&7).await,
                "tag" => q.cache.invalidate_tag("old").await,
                "pattern" => q.cache.invalidate_matching("names:*").await,
                _ => q.cache.clear().await,
            }
            held.go.notify_one();
            assert_eq!(old.await.unwrap(), "old", "its own caller has it");
            let fresh = if tiered { p.load_after("old", "new").await } else { p.load("new").await };
            assert_eq!(fresh, "new", "{how}, tiered {tiered}: not served");
            assert_eq!(q.load("newer").await, "new", "{how}, tiered {tiered}: not stored over what is newer");
        }
    }
}

#[tokio::test]
async fn g7_who_comes_after_an_invalidation_elsewhere_does_not_join_the_load_before_it() {
    let store = LocalStore::new();
    let (p, q) = (process(&store), process(&store));
    let held = Held::default();
    let old = p.begin(&held, "old").await;
    q.cache.invalidate(&7).await;
    assert_eq!(p.load("new").await, "new");
    held.go.notify_one();
    assert_eq!(old.await.unwrap(), "old");
    assert_eq!(p.cache.get(&7).as_deref(), Some("new"), "the older load did not overwrite it");
}

#[tokio::test]
async fn g7_the_same_after_a_tag_whose_load_is_under_way() {
    let store = LocalStore::new();
    let (p, q) = (process(&store), process(&store));
    let held = Held::default();
    let old = p.begin(&held, "old").await;
    q.cache.invalidate_tag("unrelated").await;
    // The lease still stands, but nobody knows which tags the value will carry; so it is waited for, and not joined.
    let cache = p.cache.clone();
    let late = tokio::spawn(async move { cache.get_or_load_async(&7, || async { "new".to_owned() }).await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    held.go.notify_one();
    assert_eq!(old.await.unwrap(), "old");
    assert_eq!(late.await.unwrap(), "new");
}

#[tokio::test]
async fn a_failed_or_dropped_load_gives_its_lease_back() {
    let store = LocalStore::new();
    let p = process(&store);
    let failed = p.cache.get_or_try_load_async(&7, || async { Err::<String, _>("down") }).await;
    assert_eq!(failed, Err("down"));
    let held = Held::default();
    p.begin(&held, "never").await.abort();
    let q = process(&store);
    let loaded = tokio::time::timeout(Duration::from_secs(2), q.load("Ann")).await;
    assert_eq!(loaded.as_deref(), Ok("Ann"), "well before the lease of 5 s ends");
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_asks_for_the_lease_leaves_none_behind() {
    let store = LocalStore::new();
    let p = process_with(&store, false, settings().response_timeout(Duration::from_secs(5)));
    for polls in 1..6 {
        let mut call = Box::pin(p.cache.get_or_load_async(&7, std::future::pending::<String>));
        for _ in 0..polls {
            let _ = futures_poll(call.as_mut());
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        drop(call);
        let loaded = tokio::time::timeout(Duration::from_secs(2), process(&store).load("Ann")).await;
        assert_eq!(loaded.as_deref(), Ok("Ann"), "after {polls} polls");
        p.cache.invalidate(&7).await;
    }
}

fn futures_poll<F: Future>(future: std::pin::Pin<&mut F>) -> std::task::Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

#[tokio::test]
async fn g9_a_lease_that_an_outage_left_behind_is_taken_back() {
    let store = LocalStore::new();
    let p = process_with(&store, false, settings().response_timeout(Duration::from_millis(20)));
    assert_eq!(p.cache.get(&7), None);
    let held = Held::default();
    let call = p.begin(&held, "Ann").await;
    store.hang(true);
    held.go.notify_one();
    assert_eq!(call.await.unwrap(), "Ann", "its fill had no answer");
    store.hang(false);
    let q = process(&store);
    let loaded = tokio::time::timeout(Duration::from_secs(2), q.load("Bob")).await;
    assert!(loaded.is_ok(), "well before the lease of 5 s ends");
}

#[tokio::test]
async fn g6_a_leader_that_died_holds_others_up_for_no_longer_than_its_lease() {
    let store = LocalStore::new();
    let lease = crate::shared::envelope::lease(crate::shared::envelope::Token(1));
    let (minute, short) = (Duration::from_secs(60), Duration::from_millis(60));
    store.add("ns:names:7".into(), lease, short, None, minute).await.unwrap();
    let p = process(&store);
    assert_eq!(p.load("Ann").await, "Ann");
    assert_eq!(p.cache.get(&7).as_deref(), Some("Ann"), "and the value is stored");
}

#[tokio::test]
async fn a_load_that_takes_longer_than_the_lease_is_stored_all_the_same() {
    let time = ManualClock::new();
    let store = LocalStore::with_clock(time.clock());
    let p = process_with(&store, false, settings().lease(Duration::from_millis(60)));
    let held = Held::default();
    let call = p.begin(&held, "Ann").await;
    for _ in 0..5 {
        let renewals = store.operations();
        while store.operations() == renewals {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        time.advance(Duration::from_millis(40));
    }
    held.go.notify_one();
    assert_eq!(call.await.unwrap(), "Ann");
    assert_eq!(p.cache.get(&7).as_deref(), Some("Ann"));
}

#[tokio::test]
async fn g9_without_the_store_loads_run_one_at_a_time_and_nothing_is_served_that_began_before_the_call() {
    let store = LocalStore::new();
    let p = process(&store);
    store.set_available(false);
    assert_eq!(p.load("Ann").await, "Ann");
    let held = Held::default();
    let first = p.begin(&held, "first").await;
    let others = p.crowd(10, &held, "second");
    tokio::time::sleep(Duration::from_millis(20)).await;
    held.go.notify_one();
    assert_eq!(first.await.unwrap(), "first");
    for other in others {
        assert_eq!(other.await.unwrap(), "second", "the first began before they came");
    }
    assert_eq!(held.loads.load(Ordering::SeqCst), 2, "all of them together");
}

#[tokio::test]
async fn g9_a_store_that_hangs_costs_one_timeout_a_few_times_and_then_nothing() {
    let store = LocalStore::new();
    let p = process_with(&store, false, settings().response_timeout(Duration::from_millis(20)));
    store.hang(true);
    for _ in 0..5 {
        assert_eq!(p.load("Ann").await, "Ann");
    }
    assert!(!p.backend.status().closed);
    // A probe every ten milliseconds, and nothing else.
    let (asked, begun) = (store.operations(), std::time::Instant::now());
    for _ in 0..1000 {
        assert_eq!(p.load("Ann").await, "Ann");
    }
    let probes = begun.elapsed().as_millis() / 10 + 2;
    assert!(u128::from(store.operations() - asked) <= probes.min(500), "only the background asks");
    store.hang(false);
    let again = async {
        while !p.backend.usable() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), again).await.expect("G9: it is found again");
}

#[tokio::test]
async fn g10_what_an_outage_kept_from_the_store_is_carried_out_before_it_is_read_again() {
    for tiered in [false, true] {
        let store = LocalStore::new();
        let p = process_with(&store, tiered, settings());
        assert_eq!(p.load("old").await, "old");
        store.set_available(false);
        p.cache.invalidate(&7).await;
        assert_eq!(p.load("during").await, "during", "tiered {tiered}");
        store.set_available(true);
        for _ in 0..200 {
            assert_ne!(p.load("new").await, "old", "tiered {tiered}");
        }
        assert!(p.backend.status().lost == 0 || !p.backend.usable());
    }
}

#[tokio::test]
async fn g10_beyond_its_bound_the_log_turns_the_namespace_over() {
    let store = LocalStore::new();
    let p = process_with(&store, false, settings().outage_log(3));
    assert_eq!(p.load("old").await, "old");
    store.set_available(false);
    for text in 0..10 {
        p.backend.invalidate(vec![Lost::Key(format!("other:{text}"))]).await;
    }
    store.set_available(true);
    let well = async {
        while !p.backend.usable() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), well).await.unwrap();
    assert_eq!(p.cache.get(&7), None);
}

#[tokio::test]
async fn g9_a_full_store_is_read_and_invalidated() {
    let store = LocalStore::new();
    let p = process(&store);
    assert_eq!(p.load("Ann").await, "Ann");
    store.set_full(true);
    assert_eq!(p.cache.get(&7).as_deref(), Some("Ann"));
    p.cache.invalidate_tag("Ann").await;
    assert_eq!(p.load("Bob").await, "Bob");
    assert_eq!(p.load("Cid").await, "Cid", "nothing could be stored");
    assert!(p.backend.usable(), "a store that refuses writes is no reason not to read it");
}

#[tokio::test]
async fn g13_what_is_of_no_use_is_a_counted_miss_and_is_replaced() {
    for bytes in [&b""[..], b"hello", &[0xCA; 100]] {
        let store = LocalStore::new();
        let p = process(&store);
        store.put_raw("ns:names:7", bytes.to_vec());
        assert_eq!(p.load("Ann").await, "Ann");
        assert_eq!(p.cache.stats().undecodable, 1, "{bytes:?}");
        assert_eq!(p.cache.get(&7).as_deref(), Some("Ann"));
    }
}

#[tokio::test]
async fn memory_in_front_is_emptied_by_changes_elsewhere_and_passed_by_while_they_are_not_reported() {
    let store = LocalStore::new();
    let (p, q) = (process_with(&store, true, settings()), process(&store));
    assert_eq!(p.load("old").await, "old");
    let in_memory = async {
        loop {
            let asked = store.operations();
            assert_eq!(p.load("unused").await, "old");
            if store.operations() == asked {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), in_memory).await.expect("a hit in memory asks the store for nothing");
    q.cache.invalidate(&7).await;
    assert_eq!(p.load_after("old", "new").await, "new");
    store.set_available(false);
    assert_eq!(p.load("without").await, "without", "nobody tells what changes meanwhile");
    store.set_available(true);
}

#[test]
fn sync_callers_need_no_runtime() {
    let store = LocalStore::new();
    let p = process(&store);
    assert_eq!(p.cache.get_or_load(&7, || "Ann".into()), "Ann");
    p.cache.insert(&7, &"Bob".into());
    assert_eq!(p.cache.get(&7).as_deref(), Some("Bob"));
    block_on(async { p.cache.invalidate(&7).await });
    assert_eq!(p.cache.get(&7), None);
}
