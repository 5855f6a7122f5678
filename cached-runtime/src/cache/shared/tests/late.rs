//! Over a store in which something waits to be let go: what happens meanwhile, and comes too late.

use super::*;

/// What of a store waits to be let go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    Removals,
    Sets,
}

/// A store in which something waits to be let go, and that reports no changes.
#[derive(Clone)]
struct Late {
    store: LocalStore,
    waits: Waits,
    go: Arc<Notify>,
    reports: Arc<Mutex<Vec<Arc<dyn Watcher>>>>,
}

impl Late {
    fn new(waits: Waits) -> Self {
        Self { store: LocalStore::new(), waits, go: Arc::default(), reports: Arc::default() }
    }
}

impl SharedStore for Late {
    fn get(&self, keys: Vec<String>, within: Duration) -> StoreFuture<Vec<Option<Vec<u8>>>> {
        self.store.get(keys, within)
    }

    fn add(
        &self,
        key: String,
        value: Vec<u8>,
        ttl: Duration,
        over: Option<Seen>,
        within: Duration,
    ) -> StoreFuture<Added> {
        self.store.add(key, value, ttl, over, within)
    }

    fn swap(&self, key: String, prefix: Vec<u8>, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<bool> {
        self.store.swap(key, prefix, value, ttl, within)
    }

    fn remove_if(&self, key: String, prefix: Vec<u8>, within: Duration) -> StoreFuture<bool> {
        self.store.remove_if(key, prefix, within)
    }

    fn set(&self, key: String, value: Vec<u8>, ttl: Duration, within: Duration) -> StoreFuture<()> {
        let (store, go) = (self.store.clone(), Arc::clone(&self.go));
        let waits = self.waits == Waits::Sets;
        Box::pin(async move {
            if waits {
                go.notified().await;
            }
            store.set(key, value, ttl, within).await
        })
    }

    fn get_or_add(
        &self,
        keys: Vec<String>,
        fresh: Vec<u8>,
        ttl: Duration,
        within: Duration,
    ) -> StoreFuture<Vec<Vec<u8>>> {
        self.store.get_or_add(keys, fresh, ttl, within)
    }

    fn remove(&self, keys: Vec<String>, within: Duration) -> StoreFuture<()> {
        let (store, go) = (self.store.clone(), Arc::clone(&self.go));
        let waits = self.waits == Waits::Removals;
        Box::pin(async move {
            if waits {
                go.notified().await;
            }
            store.remove(keys, within).await
        })
    }

    fn remove_matching(&self, pattern: KeyPattern, within: Duration) -> StoreFuture<u64> {
        self.store.remove_matching(pattern, within)
    }

    fn ping(&self, within: Duration) -> StoreFuture<()> {
        self.store.ping(within)
    }

    fn watch(&self, _: Vec<String>, watcher: Arc<dyn Watcher>) -> bool {
        watcher.up();
        self.reports.lock().push(watcher);
        true
    }

    fn describe(&self) -> String {
        "late".to_owned()
    }
}

#[tokio::test]
async fn g7_what_is_read_back_into_memory_while_the_store_lets_go_of_it_goes_with_it() {
    let late = Late::new(Waits::Removals);
    let settings = settings().response_timeout(Duration::from_secs(5));
    let backend = Backend::new("redis", "ns", Arc::new(Isolated(Arc::new(late.clone()))), settings);
    let builder = Cache::builder().name("names").ttl(Duration::from_secs(60));
    let cache: SharedCache<u64, String> = builder.over(backend, Wire::plain::<Msgpack>(), true);
    let load = async |value: &str| cache.get_or_load_async(&7, async || value.to_owned()).await;
    assert_eq!(load("old").await, "old");
    let gone = cache.invalidate(&7);
    assert_eq!(load("unused").await, "old", "the store has not let go of it, and nobody was told that it has");
    while cache.cache.is_empty() {
        assert_eq!(load("unused").await, "old", "memory opens, and has it again");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    late.go.notify_one();
    gone.await;
    // The report of the removal may still be on its way.
    assert_eq!(load("new").await, "new");
}

#[tokio::test]
async fn g7_memory_hears_of_tags_that_only_an_entry_knows() {
    let store = LocalStore::new();
    // An earlier release, whose function has no tags yet.
    let backend = Backend::new("redis", "ns", Arc::new(Isolated(Arc::new(store.clone()))), settings());
    let builder = Cache::builder().name("names").ttl(Duration::from_secs(60));
    let cache: SharedCache<u64, String> = builder.over(Arc::clone(&backend), Wire::plain::<Msgpack>(), true);
    let old = Process { backend, cache };
    let new = process(&store);
    assert_eq!(new.load("Ann").await, "Ann");
    while old.cache.cache.is_empty() {
        assert_eq!(old.load("unused").await, "Ann");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    new.cache.invalidate_tag("Ann").await;
    assert_eq!(old.load_after("Ann", "Bob").await, "Bob");
}

#[tokio::test]
async fn g5_where_nobody_gets_a_lease_calls_share_loads_that_begin_after_them() {
    for tiered in [false, true] {
        let store = LocalStore::new();
        let p = process_with(&store, tiered, settings());
        assert_eq!(p.cache.get(&7), None);
        tokio::time::sleep(Duration::from_millis(20)).await;
        store.set_full(true);
        let held = Held::default();
        let first = p.begin(&held, "first").await;
        let others = p.crowd(20, &held, "second");
        tokio::time::sleep(Duration::from_millis(50)).await;
        held.go.notify_one();
        assert_eq!(first.await.unwrap(), "first");
        for other in others {
            assert_eq!(other.await.unwrap(), "second", "the first may have been overtaken before they came");
        }
        assert!(held.loads.load(Ordering::SeqCst) <= 3, "tiered {tiered}: {:?} loads", held.loads);
    }
}

#[tokio::test]
async fn g7_an_insert_that_nobody_waits_for_does_not_undo_a_later_invalidation() {
    for round in 0..100 {
        let store = LocalStore::new();
        let p = process(&store);
        drop(p.cache.insert_async(&7, &"old".into()));
        if round % 2 == 0 {
            p.cache.invalidate(&7).await
        } else {
            p.cache.invalidate_tag("old").await
        }
        assert_eq!(p.load("new").await, "new");
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert_eq!(p.load("newer").await, "new");
    }
}

#[tokio::test]
async fn a_listener_may_call_cached_functions_and_panic_whoever_emptied_the_memory() {
    let store = LocalStore::new();
    let (other, q) = (process(&store), process(&store));
    let backend = Backend::new("redis", "ns", Arc::new(Isolated(Arc::new(store.clone()))), settings());
    let (heard, said) = std::sync::mpsc::channel();
    let asked = other.cache.clone();
    let builder = Cache::builder().name("names").ttl(Duration::from_secs(60)).on_evict(move |_, _: &String, _| {
        let _ = heard.send(asked.get_or_load(&8, || "answered".into()));
        asked.invalidate(&8).wait();
        panic!("on purpose");
    });
    let cache = builder.over(Arc::clone(&backend), Wire::plain::<Msgpack>(), true);
    let p = Process { backend, cache };
    for round in 0..2 {
        let (old, new) = (format!("old {round}"), format!("new {round}"));
        p.cache.invalidate(&7).await;
        assert_eq!(q.load(&old).await, old);
        while p.cache.cache.is_empty() {
            assert_eq!(p.load("unused").await, old);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        q.cache.invalidate(&7).await;
        assert_eq!(said.recv_timeout(Duration::from_secs(5)).as_deref(), Ok("answered"));
        assert_eq!(p.load_after(&old, &new).await, new);
        while said.try_recv().is_ok() {}
    }
}

#[tokio::test]
async fn g7_a_tag_invalidated_after_an_insert_reaches_it_however_late_it_gets_through() {
    let late = Late::new(Waits::Sets);
    let settings = settings().response_timeout(Duration::from_secs(5));
    let backend = Backend::new("redis", "ns", Arc::new(Isolated(Arc::new(late.clone()))), settings);
    let builder = Cache::builder().name("names").ttl(Duration::from_secs(60)).tags(|_, name: &String| [name.clone()]);
    let cache: SharedCache<u64, String> = builder.over(backend, Wire::plain::<Msgpack>(), false);
    let inserted = cache.insert_async(&7, &"old".into());
    cache.invalidate_tag("old").await;
    late.go.notify_one();
    inserted.await;
    assert_eq!(cache.get_async(&7).await, None);
}
