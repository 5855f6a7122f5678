//! Annotated functions over a shared store behave as over memory: what is remembered, for how long, and what makes it go.
//!
//! One process, one configuration: `redis` and `tiered` are a store inside the process with a clock that is moved by hand.

use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use cached_core::shared::{LocalStore, SharedSettings};
use cached_core::{Cache, Invalidation, ManualClock, MemoryStore, SharedCache, Store, cache, invalidates};
use serde::{Deserialize, Serialize};
use tests::Calls;

#[derive(Clone)]
struct World {
    store: LocalStore,
    time: ManualClock,
}

/// Installed by whichever test comes first. Tests move its clock and count its operations, so they take turns.
fn world() -> (World, MutexGuard<'static, ()>) {
    static WORLD: OnceLock<World> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let world = WORLD.get_or_init(|| {
        let time = ManualClock::new();
        let store = LocalStore::with_clock(time.clock());
        cached_core::configure()
            .namespace("shop")
            .clock(time.clock())
            .shared_store(store.clone(), SharedSettings::new().response_timeout(Duration::from_secs(5)))
            .store("sessions", Store::shared(store.clone(), SharedSettings::new()))
            .store("plain", MemoryStore::new())
            .install()
            .expect("nothing was called before");
        World { store, time }
    });
    (world.clone(), turn)
}

fn now<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    team: u32,
}

static FOUND: Calls = Calls::new();

#[cache(ttl = 60, null_ttl = 5, backend = "redis", key = "user:{id}", tags = ["users", "team:{result.team}"])]
async fn find_user(id: u64) -> Result<Option<User>, Rc<str>> {
    FOUND.add();
    match id {
        0 => Ok(None),
        13 => Err("no luck".into()),
        id => Ok(Some(User { id, team: 7 })),
    }
}

#[invalidates(find_user(id))]
async fn save_user(id: u64) {}

#[invalidates("user:{id}", "users:*")]
fn delete_user(id: u64) {}

#[invalidates(tags = ["team:{team}"])]
fn rename_team(team: u32) {}

#[invalidates(find_user(*))]
async fn import() {}

fn loads_of_find(id: u64) -> u64 {
    let before = FOUND.get();
    let found = now(find_user(id));
    assert_eq!(found.clone().ok().flatten().map(|user| user.id), (id != 0 && id != 13).then_some(id));
    FOUND.get() - before
}

/// The calls are counted by function, so what uses `find_user` is one test.
#[test]
fn a_function_over_redis_from_its_first_value_to_its_last() {
    let (World { store, time }, _turn) = world();
    // Before the function was ever called here, its write reaches what other processes stored.
    store.put_raw("shop:user:77", b"another process's".to_vec());
    now(save_user(77));
    assert_eq!(store.raw("shop:user:77"), None, "G7");

    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0));
    assert!(store.raw("shop:user:1").is_some(), "the key is what the annotation says");
    now(save_user(1));
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "by function");
    delete_user(1);
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "by text");
    rename_team(8);
    assert_eq!(loads_of_find(1), 0, "another team");
    rename_team(7);
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "by a tag from the result");
    cached_core::invalidate_tag("users").wait();
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "by a tag");
    cached_core::invalidate_matching("us*:1").wait();
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "by pattern");
    now(import());
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "all of the function");
    Invalidation::new().everything().run().wait();
    assert_eq!((loads_of_find(1), loads_of_find(1)), (1, 0), "everything");
    now(async { find_user::refresh(1).await.unwrap() });
    let before = FOUND.get();
    now(async { find_user::uncached(1).await.unwrap() });
    assert_eq!(FOUND.get(), before + 1);

    assert_eq!((loads_of_find(0), loads_of_find(0)), (1, 0), "G4");
    time.advance(Duration::from_secs(5));
    assert_eq!((loads_of_find(0), loads_of_find(1)), (1, 0), "G2: `null_ttl` and `ttl`");
    time.advance(Duration::from_secs(56));
    assert_eq!(loads_of_find(1), 1, "G2");
    assert_eq!((loads_of_find(13), loads_of_find(13)), (1, 1), "G1: errors are never kept");
    let stats = find_user::cache().stats();
    assert!(stats.null_hits >= 1 && stats.undecodable == 0 && stats.hits == stats.shared_hits, "{stats:?}");
}

#[cache(ttl = 60, backend = "redis", key = "meaning:{of}", version = 1)]
fn meaning_one(of: &str) -> u64 {
    1
}

#[cache(ttl = 60, backend = "redis", key = "meaning:{of}", version = 2)]
fn meaning_two(of: &str) -> u64 {
    2
}

#[test]
fn versions_share_a_key_and_never_a_value() {
    let (_, _turn) = world();
    assert_eq!((meaning_one("life"), meaning_two("life"), meaning_one("life")), (1, 2, 1));
    assert_eq!(meaning_two::cache().stats().undecodable, 1, "G13");
    cached_core::invalidate("meaning:life").wait();
    assert_eq!(meaning_one("life"), 1);
}

#[cache(ttl = 60, backend = "redis", when = id != 0, unless = |value| *value > 100)]
fn choosy(id: u64) -> u64 {
    CHOSEN.add();
    id
}

static CHOSEN: Calls = Calls::new();

#[test]
fn when_and_unless_keep_values_out() {
    let (_, _turn) = world();
    for (id, expected) in [(0, 2), (1, 1), (101, 2)] {
        let before = CHOSEN.get();
        assert_eq!((choosy(id), choosy(id)), (id, id));
        assert_eq!(CHOSEN.get() - before, expected, "{id}");
    }
}

#[cache(ttl = 60, backend = "redis", codec = "json", key = "json:{id}")]
fn in_json(id: u64) -> Option<Option<User>> {
    NESTED.add();
    (id > 0).then(|| (id > 1).then_some(User { id, team: 1 }))
}

#[cache(ttl = 60, backend = "redis", codec = "postcard", key = "postcard:{id}")]
fn in_postcard(id: u64) -> Vec<User> {
    vec![User { id, team: 1 }]
}

static NESTED: Calls = Calls::new();

#[test]
fn g1_codecs_bring_back_what_was_stored() {
    let (World { store, .. }, _turn) = world();
    for id in 0..3 {
        let nested = in_json(id);
        assert_eq!(in_json(id), nested, "{nested:?}");
    }
    assert_eq!(NESTED.get(), 3);
    let stored = store.raw("shop:json:2").expect("stored");
    assert!(stored.ends_with(br#"{"id":2,"team":1}"#));
    assert_eq!(in_postcard(1), in_postcard(1));
}

#[cache(ttl = 60, backend = "tiered", key = "near:{id}", l1_ttl = 10, tags = ["near"])]
fn near(id: u64) -> u64 {
    NEAR.add()
}

static NEAR: Calls = Calls::new();

#[test]
fn memory_in_front_has_a_shorter_time_and_follows_the_store() {
    let (World { store, time }, _turn) = world();
    assert_eq!((near(1), near(1)), (1, 1));
    let mut asked = store.operations();
    assert_eq!(near(1), 1);
    // Memory opens when the store has begun to report.
    for _ in 0..1000 {
        if store.operations() == asked {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
        asked = store.operations();
        assert_eq!(near(1), 1);
    }
    assert_eq!(store.operations(), asked, "memory answered");
    time.advance(Duration::from_secs(10));
    assert_eq!(near(1), 1);
    assert!(store.operations() > asked, "the store answered");
    cached_core::invalidate_tag("near").wait();
    assert_eq!((near(1), near(1), near(1)), (2, 2, 2));
    near::invalidate(1);
    assert_eq!(near(1), 3);
}

#[cache(ttl = 60, backend = "sessions", codec = "msgpack")]
fn session(token: &str) -> usize {
    token.len()
}

#[cache(ttl = 60, backend = "sessions")]
fn unencoded(token: &str) -> usize {
    token.len()
}

#[cache(ttl = 60, backend = "plain", codec = "msgpack")]
fn in_memory_after_all(token: &str) -> usize {
    token.len()
}

#[test]
fn stores_by_name_are_used_or_say_why_not() {
    let (World { store, .. }, _turn) = world();
    assert_eq!((session("a:b"), session("a:b")), (3, 3));
    assert_eq!(session::cache().stats().shared_hits, 1);
    assert!(store.raw("shop:shared_backends::session:a%3Ab").is_some(), "{:?}", store.keys());
    assert_eq!((unencoded("ab"), in_memory_after_all("abc"), in_memory_after_all("abc")), (2, 3, 3));
    let problem = unencoded::cache().problem().expect("it needs a codec");
    assert!(problem.contains("add `codec = \"msgpack\"`"), "{problem}");
    assert_eq!(in_memory_after_all::cache().len(), 1);
}

fn one_inside() -> u64 {
    #[cache(ttl = 60, backend = "redis")]
    fn inside(x: u64) -> u64 {
        x + 1
    }
    inside(1)
}

fn other_inside() -> u64 {
    #[cache(ttl = 60, backend = "redis")]
    fn inside(x: u64) -> u64 {
        x + 2
    }
    inside(1)
}

#[test]
fn g3_functions_of_one_path_do_not_share_entries() {
    let (_, _turn) = world();
    assert_eq!((one_inside(), other_inside(), one_inside(), other_inside()), (2, 3, 2, 3));
    let problems = cached_core::caches().iter().filter_map(cached_core::CacheHandle::problem).collect::<Vec<_>>();
    assert!(problems.iter().any(|problem| problem.contains("give one of them a `key`")), "{problems:?}");
}

#[test]
fn caches_without_attributes_need_a_name_and_an_end() {
    let (_, _turn) = world();
    let unnamed = Cache::<u64, u64>::builder().ttl(Duration::from_secs(1)).build_shared("redis").unwrap_err();
    assert!(unnamed.to_string().contains(".name("), "{unnamed}");
    let endless = Cache::<u64, u64>::builder().name("n").build_shared("redis").unwrap_err();
    assert!(endless.to_string().contains(".ttl("), "{endless}");
    let unknown = Cache::<u64, u64>::builder().name("n").ttl(Duration::from_secs(1)).build_shared("redsi").unwrap_err();
    assert!(unknown.to_string().contains("no store is registered as `redsi`"), "{unknown}");
    let numbers: SharedCache<u64, u64> =
        Cache::builder().name("numbers").ttl(Duration::from_secs(60)).build_shared("tiered").unwrap();
    numbers.insert(&7, &49);
    assert_eq!((numbers.get(&7), numbers.get_or_load(&8, || 64)), (Some(49), 64));
    cached_core::invalidate("numbers:7").wait();
    assert_eq!((numbers.get(&7), numbers.get(&8)), (None, Some(64)));
    numbers.clear().wait();
    assert_eq!(numbers.get(&8), None);
}

#[test]
fn g14_nothing_tells_a_value() {
    let (_, _turn) = world();
    let shown = format!("{:?}", cached_core::backends());
    assert!(shown.contains("usable: true") && !shown.contains("user:"), "{shown}");
}

#[cache(ttl = 60, backend = "redis", key = "many:{id}")]
fn one_of_many(id: u64) -> u64 {
    id
}

#[invalidates(one_of_many(id))]
fn write_one_of_many(id: u64) {}

/// tokio tells a task that has polled a hundred times without a pause to let others run. A call that blocks its thread cannot.
fn a_thousand_calls_without_a_pause() {
    for id in 0..1000 {
        assert_eq!(one_of_many(id % 10), id % 10);
        if id % 3 == 0 {
            write_one_of_many(id % 10);
        }
    }
}

#[test]
fn sync_functions_may_be_called_in_tasks_as_often_as_one_likes() {
    let (_, _turn) = world();
    let done = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        now(async { a_thousand_calls_without_a_pause() });
        let many = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        many.block_on(async { tokio::spawn(async { a_thousand_calls_without_a_pause() }).await.unwrap() });
        done.0.send(()).unwrap();
    });
    done.1.recv_timeout(Duration::from_secs(60)).expect("they came to an end");
}

/// Methods for everything, of which generated code has to steer clear.
mod with_methods_of_others {
    use cached_core::cache;

    pub trait Encoded {
        fn encoded(&self) -> usize {
            1
        }
    }

    impl<T: ?Sized> Encoded for T {}

    #[cache(ttl = 60, backend = "redis", key = "beside:{id}")]
    pub fn beside(id: u64) -> u64 {
        id + id.encoded() as u64
    }
}

#[test]
fn a_blanket_trait_of_the_users_does_not_get_in_the_way() {
    let (_, _turn) = world();
    assert_eq!(with_methods_of_others::beside(6), 7);
}
