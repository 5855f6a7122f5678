//! G12: a memory hit allocates nothing beyond the value's own `Clone`, renders no text and takes no exclusive lock. G11: what comes and goes
//! leaves no bytes behind.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::future::Future;
use std::hash::Hasher;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use cached_core::{Cache, KeyPart, KeyWriter, ManualClock, Policy, cache};
use tests::{Calls, Held, is_pending, poll_once};

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<i64> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn count(bytes: i64) {
    if bytes > 0 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    }
    LIVE_BYTES.set(LIVE_BYTES.get() + bytes);
}

#[allow(unsafe_code, reason = "an allocator is implemented with it")]
// SAFETY: every call goes to the system's allocator as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: the caller's obligations are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: the caller's obligations are passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

/// How many allocations this thread makes while `f` runs.
fn allocations(f: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    f();
    ALLOCATIONS.get() - before
}

const ROUNDS: u64 = 50;

/// Asserts that `hit` allocates `each` times for each call, once it has been called.
fn allocates<R>(each: u64, what: &str, hit: impl Fn() -> R) {
    for _ in 0..2 {
        drop(hit());
    }
    let counted = allocations(|| (0..ROUNDS).for_each(|_| drop(hit())));
    assert_eq!(counted, each * ROUNDS, "{what}: allocations of {ROUNDS} hits");
}

fn lean<R>(what: &str, hit: impl Fn() -> R) {
    allocates(0, what, hit);
}

/// What a hit's future comes to at its first poll.
fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a hit does not wait"),
    }
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(Box::new(1))), 1);
    allocates(1, "a string", || "text".to_owned());
}

#[test]
fn a_sync_hit_allocates_nothing() {
    #[cache(ttl = 60)]
    fn integer(id: u64) -> u64 {
        id
    }
    #[cache(ttl = 60)]
    fn text(name: &str) -> Arc<str> {
        name.into()
    }
    #[cache(ttl = 60, key = "lean-several:{id}/{name}:{flag}:{page}", tags = ["lean", "lean:{id}", "lean-r:{result}"], jitter = 0.1)]
    fn several(db: &str, id: i64, name: &str, flag: bool, page: Option<u32>) -> Result<Option<u64>, String> {
        let _ = (db, name, flag, page);
        Ok((id > 0).then_some(7))
    }
    #[cache(capacity = 100, policy = "lru", weight = |_, value| *value as u32, unless = |value| *value == 0, when = id > 0)]
    fn weighed(id: u64) -> u64 {
        id
    }
    let name = String::from("a name with : and %");
    lean("an integer", || integer(1));
    lean("a text", || text(&name));
    lean("several parts, a TTL and tags", || several("db", 1, &name, true, Some(1)));
    lean("a stored null", || several("db", 0, &name, true, None));
    lean("a weight, LRU, `when` and `unless`", || weighed(1));
}

struct Request {
    user: User,
    path: Vec<String>,
}

struct User {
    id: u64,
}

impl Request {
    fn lang(&self) -> &str {
        "en"
    }
}

/// Neither `KeyPart` nor `Clone`: known by its text alone.
struct Shown(u64);

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shown:{:>5}", self.0)
    }
}

#[derive(KeyPart, Debug)]
enum Filter<'a> {
    Named { name: &'a str, of: Option<u8> },
}

#[test]
fn a_hit_by_field_paths_collections_and_texts_allocates_nothing() {
    #[cache(ttl = 60, key = "lean-path:{req.user.id}:{req.lang()}:{req.path[0]}:{req.path}")]
    fn path(req: &Request) -> u64 {
        req.user.id
    }
    #[cache(ttl = 60)]
    fn displayed(shown: &Shown, also: impl Display) -> u64 {
        shown.0 + also.to_string().len() as u64
    }
    #[cache(ttl = 60, key = "lean-derived:{filter}:{filter:?}:{map}")]
    fn derived(filter: &Filter<'_>, map: &BTreeMap<String, Vec<u8>>) -> usize {
        let Filter::Named { name, .. } = filter;
        name.len() + map.len()
    }
    #[cache(ttl = 60)]
    fn generic<T: KeyPart + ?Sized + 'static>(value: &T) -> u64 {
        let _ = value;
        1
    }
    struct Shop {
        id: u64,
    }
    impl Shop {
        #[cache(ttl = 60, key = "lean-shop:{self.id}:{sku}")]
        fn price(&self, sku: &str) -> u64 {
            self.id + sku.len() as u64
        }
        #[cache(ttl = 60, companion)]
        fn constant(name: &str) -> u64 {
            name.len() as u64
        }
    }
    let request = Request { user: User { id: 7 }, path: vec!["a".to_owned(), "b".to_owned()] };
    lean("field, method and index paths", || path(&request));
    lean("what is known by its text", || displayed(&Shown(1), 1.5));
    let map = BTreeMap::from([("a".to_owned(), vec![1])]);
    lean("a derived enum, `Debug` and a map", || derived(&Filter::Named { name: "x", of: None }, &map));
    lean("an unsized generic part", || generic::<str>("x"));
    lean("a method", || Shop { id: 1 }.price("x"));
    lean("an associated function with companions", || Shop::constant("x"));
}

#[test]
fn an_async_hit_allocates_nothing_and_does_not_wait() {
    #[cache(ttl = 60)]
    async fn integer(id: u64) -> u64 {
        id
    }
    #[cache(ttl = 60, key = "lean-async:{id}:{name}:{req.user.id}", tags = ["lean-async", "lean-async:{result}"])]
    async fn several(id: u64, name: &str, req: &Request) -> Result<Option<Arc<str>>, String> {
        let _ = (id, req);
        Ok(Some(name.into()))
    }
    struct Shop;
    impl Shop {
        #[cache(ttl = 60, skip(self))]
        async fn price(&self, sku: &str) -> Result<u64, String> {
            Ok(sku.len() as u64)
        }
    }
    let request = Request { user: User { id: 7 }, path: Vec::new() };
    lean("an integer", || now(integer(1)));
    lean("several parts, a TTL and tags", || now(several(1, "x", &request)));
    lean("a method", || now(Shop.price("x")));
}

/// A body that holds eight kilobytes while it waits.
async fn large(id: u64) -> u64 {
    let held = [id; 1024];
    std::future::ready(()).await;
    held[1023]
}

#[cache(ttl = 60)]
async fn cached_large(id: u64) -> u64 {
    let held = [id; 1024];
    std::future::ready(()).await;
    held[1023]
}

#[cache(ttl = 60)]
async fn cached_twice(id: u64) -> u64 {
    cached_large(id).await
}

#[test]
fn a_body_has_one_place_in_the_future_of_its_function() {
    let (plain, once, twice) = (size_of_val(&large(1)), size_of_val(&cached_large(1)), size_of_val(&cached_twice(1)));
    // What a load carries along depends on the features.
    assert!(once < plain + 1_024, "{once} bytes around {plain}");
    assert!(twice < plain + 2_048, "{twice} bytes around {plain}");
}

#[test]
fn a_hit_costs_what_the_values_clone_costs() {
    #[cache(ttl = 60)]
    fn name(id: u64) -> String {
        format!("user {id}")
    }
    #[cache(ttl = 60)]
    async fn names(id: u64) -> Result<Vec<String>, String> {
        Ok(vec![id.to_string(), "b".to_owned()])
    }
    #[cache(ttl = 60)]
    fn boxed(id: u64) -> std::pin::Pin<Box<dyn Future<Output = u64>>> {
        Box::pin(async move { id })
    }
    allocates(1, "a string", || name(1));
    allocates(3, "a vector of two strings", || now(names(1)));
    allocates(1, "the box that the function's own type asks for", || now(boxed(1)));
}

#[test]
fn a_hit_on_a_cache_used_directly_allocates_nothing() {
    for policy in [Policy::Adaptive, Policy::Lru] {
        let cache: Cache<String, Arc<str>> = Cache::builder()
            .name("lean-direct")
            .policy(policy)
            .ttl(Duration::from_secs(60))
            .weigher(|_, value: &Arc<str>| value.len() as u32)
            .tags(|key, _| [format!("lean-direct-{key}")])
            .on_evict(|_, _, _| {})
            .build();
        cache.insert("key".to_owned(), "value".into());
        lean("get", || cache.get("key"));
        lean("get_or_load", || cache.get_or_load("key", || "other".into()));
        lean("get_or_try_load", || cache.get_or_try_load("key", || Err::<Arc<str>, _>("down")));
        lean("get_or_load_async", || now(cache.get_or_load_async("key", || async { "other".into() })));
        lean("peek", || cache.peek("key"));
    }
}

#[test]
fn a_hit_renders_no_text() {
    static RENDERED: Calls = Calls::new();
    struct Part(u64);
    impl KeyPart for Part {
        type Owned = u64;
        fn hash_part<H: Hasher>(&self, state: &mut H) {
            state.write_u64(self.0);
        }
        fn eq_part(&self, owned: &u64) -> bool {
            self.0 == *owned
        }
        fn to_owned_part(&self) -> u64 {
            self.0
        }
        fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
            Self::write_owned(&self.0, out)
        }
        fn write_owned(owned: &u64, out: &mut KeyWriter<'_>) -> fmt::Result {
            RENDERED.add();
            fmt::Write::write_fmt(out, format_args!("{owned}"))
        }
    }
    #[cache(ttl = 60, key = "lean-part:{part}", tags = ["lean-part:{part}"])]
    fn by_part(part: Part) -> u64 {
        part.0
    }
    by_part(Part(1));
    let after_the_miss = RENDERED.get();
    assert!(after_the_miss > 0, "the miss does");
    for _ in 0..ROUNDS {
        by_part(Part(1));
    }
    assert_eq!(RENDERED.get(), after_the_miss);
}

/// A value whose clone, if it is told to, waits in the middle of a hit.
#[derive(Debug)]
struct Slow;

static SLOW: AtomicBool = AtomicBool::new(false);
static CLONING: Held = Held::new();

impl Clone for Slow {
    fn clone(&self) -> Self {
        if SLOW.swap(false, Ordering::SeqCst) {
            CLONING.here();
        }
        Self
    }
}

#[test]
fn a_hit_takes_no_exclusive_lock() {
    let cache: Cache<u64, Slow> = Cache::builder().capacity(1).build();
    cache.insert(1, Slow);
    SLOW.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        scope.spawn(|| cache.get(&1));
        CLONING.began.wait(1);
        // The other hit is still under way, under the lock of the only shard.
        assert!(cache.get(&1).is_some());
        CLONING.go.raise();
    });
}

/// What one round of everything that comes and goes leaves allocated on this thread.
fn growth(rounds: std::ops::Range<u64>, cache: &Cache<u64, u64>, time: &ManualClock) -> i64 {
    let before = LIVE_BYTES.get();
    for round in rounds {
        cache.get_or_load(&round, || round);
        cache.insert(round % 50, round);
        let _ = cache.get_or_try_load(&(round + 1), || Err::<u64, _>("down"));
        cache.invalidate_tag(&format!("t{round}"));
        cached_core::invalidate_tag(&format!("elsewhere{round}"));
        cached_core::invalidate(&format!("lean-growth:{round}"));
        if round % 64 == 0 {
            cached_core::invalidate_matching("lean-growth:*7");
            time.advance(Duration::from_secs(1));
            // Flights that everybody leaves, and one that is overtaken and left.
            let mut left: Vec<_> =
                (0..8).map(|_| Box::pin(cache.get_or_load_async(&u64::MAX, std::future::pending::<u64>))).collect();
            assert!(left.iter_mut().all(|call| is_pending(call.as_mut())));
            cache.invalidate(&u64::MAX);
        }
        if round % 1_000 == 0 {
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                cache.get_or_load(&u64::MAX, || std::panic::resume_unwind(Box::new(())))
            }));
        }
    }
    LIVE_BYTES.get() - before
}

#[test]
fn nothing_grows_with_time_alone() {
    for policy in [Policy::Adaptive, Policy::Lru] {
        let time = ManualClock::new();
        let cache: Cache<u64, u64> = Cache::builder()
            .name("lean-growth")
            .capacity(200)
            .policy(policy)
            .ttl(Duration::from_secs(5))
            .clock(time.clock())
            .tags(|key, value| [format!("t{key}"), format!("v{value}"), "all".to_owned()])
            .build();
        growth(0..5_000, &cache, &time);
        let grown = growth(5_000..15_000, &cache, &time);
        assert!(grown < 16_384, "{policy:?}: {grown} bytes more after 10 000 rounds (G11)");
        assert!(cache.len() <= 200);
    }
}

#[test]
fn an_entry_of_two_numbers_takes_about_sixty_bytes() {
    for capacity in [10_000, 100_000] {
        let before = LIVE_BYTES.get();
        let cache: Cache<u64, u64> = Cache::builder().capacity(capacity).ttl(Duration::from_secs(3600)).build();
        (0..3 * capacity).for_each(|id| cache.insert(id, id));
        let each = (LIVE_BYTES.get() - before) as f64 / cache.len() as f64;
        // 64 is the aim. How keys fall on shards, and how many CPUs have counters, makes a byte or two.
        assert!(each < 66.0, "{each:.1} bytes an entry at {capacity}");
    }
}
