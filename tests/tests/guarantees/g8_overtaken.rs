//! G8, and G7 with it: a load held open while an invalidation runs is returned to its own callers, but not stored, and callers that come
//! after the invalidation do not get what it brought.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use cached_core::{Cache, Invalidation, cache};
use tests::{Held, is_pending, soon};
use tokio::sync::Mutex;

/// A source with a version, which can hold the loads of each version open.
struct Source {
    version: AtomicU64,
    held: [Held; 4],
}

impl Source {
    const fn new() -> Self {
        Self { version: AtomicU64::new(0), held: [const { Held::new() }; 4] }
    }

    async fn read(&self) -> u64 {
        let version = self.version.load(Ordering::SeqCst);
        self.held[version as usize].here_async().await;
        version
    }

    fn read_sync(&self) -> u64 {
        let version = self.version.load(Ordering::SeqCst);
        self.held[version as usize].here();
        version
    }

    /// The write that an invalidation follows.
    fn change(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    fn let_go(&self, version: usize) {
        self.held[version].go.raise();
    }

    fn loads(&self, version: usize) -> u64 {
        self.held[version].began.get()
    }
}

/// For each way to invalidate, the same tests, over functions `load` (async) and `load_sync` whose keys and tags begin alike.
///
/// `joins`: a caller that comes after the invalidation may wait for the old load at first, because only its result tells that it was meant.
macro_rules! overtaken {
    ($($module:ident: $key:literal, $all:literal, $argument:literal, $result:literal, joins = $joins:literal, |$load:ident| $invalidate:expr;)+) => {$(
        mod $module {
            use super::*;

            /// One test at a time: their functions have the same keys and tags, and what invalidates one of them invalidates all.
            static TURN: Mutex<()> = Mutex::const_new(());

            #[tokio::test]
            async fn overtakes_a_load_that_ends_before_the_next() {
                let _turn = TURN.lock().await;
                static SOURCE: Source = Source::new();
                #[cache(ttl = 60, key = $key, tags = [$all, $argument, $result])]
                async fn load(id: u64) -> Result<Option<u64>, String> {
                    Ok(Some(SOURCE.read().await * id))
                }
                let (mut leader, mut waiter) = (Box::pin(load(1)), Box::pin(load(1)));
                assert!(is_pending(leader.as_mut()) && is_pending(waiter.as_mut()));
                SOURCE.change();
                {
                    #[allow(unused_imports, reason = "not every way goes by the function")]
                    use load as $load;
                    $invalidate;
                }
                let mut later = Box::pin(load(1));
                assert!(is_pending(later.as_mut()));
                assert_eq!(SOURCE.loads(1), u64::from(!$joins), "whether it joined");
                SOURCE.let_go(0);
                assert_eq!((soon(leader).await, soon(waiter).await), (Ok(Some(0)), Ok(Some(0))), "its own callers get it");
                assert_eq!(load::cache().stats().overtaken, 1);
                SOURCE.let_go(1);
                assert_eq!(soon(later).await, Ok(Some(1)));
                assert_eq!(soon(load(1)).await, Ok(Some(1)), "what was overtaken is not stored over it");
                assert_eq!((SOURCE.loads(0), SOURCE.loads(1)), (1, 1));
            }

            #[tokio::test]
            async fn overtakes_a_load_that_ends_after_the_next() {
                let _turn = TURN.lock().await;
                static SOURCE: Source = Source::new();
                #[cache(ttl = 60, key = $key, tags = [$all, $argument, $result])]
                async fn load(id: u64) -> u64 {
                    SOURCE.read().await * id
                }
                let mut old = Box::pin(load(1));
                assert!(is_pending(old.as_mut()));
                SOURCE.change();
                {
                    #[allow(unused_imports, reason = "not every way goes by the function")]
                    use load as $load;
                    $invalidate;
                }
                SOURCE.let_go(1);
                if !$joins {
                    assert_eq!(soon(load(1)).await, 1);
                }
                SOURCE.let_go(0);
                assert_eq!(soon(old).await, 0);
                assert_eq!((soon(load(1)).await, soon(load(1)).await), (1, 1), "the old load did not displace the new value");
                assert_eq!(SOURCE.loads(1), 1);
            }

            #[test]
            fn overtakes_a_load_of_a_thread() {
                let _turn = TURN.blocking_lock();
                static SOURCE: Source = Source::new();
                #[cache(ttl = 60, key = $key, tags = [$all, $argument, $result])]
                fn load(id: u64) -> Option<u64> {
                    Some(SOURCE.read_sync() * id)
                }
                let old = thread::spawn(|| load(1));
                SOURCE.held[0].began.wait(1);
                SOURCE.change();
                {
                    #[allow(unused_imports, reason = "not every way goes by the function")]
                    use load as $load;
                    $invalidate;
                }
                SOURCE.let_go(1);
                if $joins {
                    SOURCE.let_go(0);
                }
                assert_eq!(load(1), Some(1), "it neither waits for the old load nor takes what that brought");
                SOURCE.let_go(0);
                assert_eq!(old.join().unwrap(), Some(0));
                assert_eq!((load(1), SOURCE.loads(1)), (Some(1), 1));
            }

            #[tokio::test]
            async fn overtakes_every_load_if_it_comes_again() {
                let _turn = TURN.lock().await;
                static SOURCE: Source = Source::new();
                #[cache(ttl = 60, key = $key, tags = [$all, $argument, $result])]
                async fn load(id: u64) -> u64 {
                    SOURCE.read().await;
                    id - 1 // 0, for the tag that goes by the result
                }
                let mut calls = Vec::new();
                for _ in 0..3 {
                    let mut call = Box::pin(load(1));
                    assert!(is_pending(call.as_mut()));
                    calls.push(call);
                    SOURCE.change();
                    {
                        #[allow(unused_imports, reason = "not every way goes by the function")]
                        use load as $load;
                        $invalidate;
                    }
                }
                for version in 0..4 {
                    SOURCE.let_go(version);
                }
                for call in calls {
                    soon(call).await;
                }
                if !$joins {
                    load::cache().run_pending();
                    assert!(load::cache().is_empty(), "nothing that was overtaken is kept");
                }
                soon(load(1)).await;
                assert_eq!(SOURCE.loads(3), 1);
            }
        }
    )+};
}

overtaken! {
    invalidation_of_a_key: "g8-key:{id}", "g8-key", "g8-key-a:{id}", "g8-key-r:{result}", joins = false,
        |load| cached_core::invalidate("g8-key:1").wait();
    invalidation_of_a_call: "g8-call:{id}", "g8-call", "g8-call-a:{id}", "g8-call-r:{result}", joins = false,
        |load| load::invalidate(1);
    invalidation_of_a_pattern: "g8-pattern:{id}", "g8-pattern", "g8-pattern-a:{id}", "g8-pattern-r:{result}", joins = false,
        |load| cached_core::invalidate_matching("g8-pat*:*1").wait();
    invalidation_of_a_tag: "g8-tag:{id}", "g8-tag", "g8-tag-a:{id}", "g8-tag-r:{result}", joins = false,
        |load| cached_core::invalidate_tag("g8-tag").wait();
    invalidation_of_a_tag_of_an_argument: "g8-argument:{id}", "g8-argument", "g8-argument-a:{id}", "g8-argument-r:{result}", joins = false,
        |load| cached_core::invalidate_tag("g8-argument-a:1").wait();
    invalidation_of_a_tag_of_the_result: "g8-result:{id}", "g8-result", "g8-result-a:{id}", "g8-result-r:{result}", joins = true,
        |load| cached_core::invalidate_tag("g8-result-r:0").wait();
    invalidation_of_a_function: "g8-function:{id}", "g8-function", "g8-function-a:{id}", "g8-function-r:{result}", joins = false,
        |load| load::cache().clear().wait();
    invalidation_of_several_things: "g8-several:{id}", "g8-several", "g8-several-a:{id}", "g8-several-r:{result}", joins = false,
        |load| Invalidation::new().key("g8-other").tag("g8-none").matching("g8-sev*").tag("g8-several-r:0").run().wait();
}

#[tokio::test]
async fn what_does_not_name_a_load_does_not_overtake_it() {
    static SOURCE: Source = Source::new();
    #[cache(ttl = 60, key = "g8-else:{id}", tags = ["g8-else-tag:{id}"])]
    async fn load(id: u64) -> u64 {
        SOURCE.read().await + id
    }
    let mut call = Box::pin(load(1));
    assert!(is_pending(call.as_mut()));
    cached_core::invalidate("g8-else:2");
    cached_core::invalidate_tag("g8-else-tag:2");
    cached_core::invalidate_matching("g8-else:*2");
    load::invalidate(2);
    SOURCE.let_go(0);
    assert_eq!((soon(call).await, soon(load(1)).await, SOURCE.loads(0)), (1, 1, 1));
    assert_eq!(load::cache().stats().overtaken, 0);
}

#[tokio::test]
async fn a_caller_that_comes_between_two_invalidations_does_not_get_what_the_first_overtook() {
    let cache: Cache<u64, u64> = Cache::builder().tags(|_, _| ["one", "two"]).build();
    for again in ["one", "two"] {
        let source = Source::new();
        let mut before = Box::pin(cache.get_or_load_async(&1, || source.read()));
        assert!(is_pending(before.as_mut()));
        source.change();
        cache.invalidate_tag("one");
        let mut between = Box::pin(cache.get_or_load_async(&1, || source.read()));
        assert!(is_pending(between.as_mut()));
        cache.invalidate_tag(again);
        source.let_go(0);
        source.let_go(1);
        assert_eq!((soon(before).await, soon(between).await), (0, 1), "{again}");
        cache.clear();
    }
}

#[tokio::test]
async fn an_invalidation_of_a_load_whose_leader_then_fails_or_leaves_makes_waiters_load_anew() {
    for leaves in [true, false] {
        let cache: Cache<u64, u64> = Cache::builder().build();
        let source = Source::new();
        let failing = || async {
            source.read().await;
            Err::<u64, _>("failed".to_owned())
        };
        let mut leader = Box::pin(cache.get_or_try_load_async(&1, failing));
        let load = || async { Ok::<u64, String>(source.read().await) };
        let mut waiter = Box::pin(cache.get_or_try_load_async(&1, load));
        assert!(is_pending(leader.as_mut()) && is_pending(waiter.as_mut()));
        source.change();
        cache.invalidate(&1);
        source.let_go(0);
        source.let_go(1);
        if leaves {
            drop(leader);
        } else {
            assert!(soon(leader).await.is_err());
        }
        assert_eq!(soon(waiter).await, Ok(1), "leaves: {leaves}");
        assert_eq!(cache.get(&1), Some(1), "and that is stored");
    }
}

#[tokio::test]
async fn an_insert_is_not_overwritten_by_a_load_that_began_before_it() {
    let cache: Cache<u64, u64> = Cache::builder().build();
    let source = Source::new();
    let mut load = Box::pin(cache.get_or_load_async(&1, || source.read()));
    assert!(is_pending(load.as_mut()));
    cache.insert(1, 100);
    assert_eq!(cache.get(&1), Some(100));
    source.let_go(0);
    assert_eq!((soon(load).await, cache.get(&1)), (0, Some(100)));
}

#[tokio::test]
async fn tags_that_the_tagger_of_a_cache_gives_overtake_loads() {
    let cache: Cache<u64, u64> = Cache::builder().tags(|key, value| [format!("k{key}"), format!("v{value}")]).build();
    for tag in ["k1", "v0"] {
        let source = Source::new();
        let mut old = Box::pin(cache.get_or_load_async(&1, || source.read()));
        assert!(is_pending(old.as_mut()));
        source.change();
        cache.invalidate_tag(tag);
        let mut later = Box::pin(cache.get_or_load_async(&1, || source.read()));
        assert!(is_pending(later.as_mut()));
        source.let_go(0);
        source.let_go(1);
        assert_eq!((soon(old).await, soon(later).await, cache.get(&1)), (0, 1, Some(1)), "{tag}");
        cache.clear();
    }
}

#[test]
fn an_invalidation_from_inside_a_load_overtakes_that_load() {
    #[cache(ttl = 60, key = "g8-inside:{id}")]
    fn load(id: u64) -> u64 {
        cached_core::invalidate("g8-inside:1");
        id
    }
    assert_eq!(load(1), 1);
    assert_eq!((load::cache().len(), load::cache().stats().overtaken), (0, 1));
}

#[test]
fn invalidations_run_while_values_are_dropped_and_listeners_called_without_a_deadlock() {
    struct Chatty(Arc<Cache<u64, u64>>);
    impl Drop for Chatty {
        fn drop(&mut self) {
            self.0.insert(1, 1);
            cached_core::invalidate_tag("g8-anything");
        }
    }
    let other: Arc<Cache<u64, u64>> = Arc::new(Cache::builder().name("g8-chatty").build());
    let heard = Arc::clone(&other);
    let cache: Cache<u64, Arc<Chatty>> = Cache::builder()
        .capacity(2)
        .on_evict(move |key, _, _| {
            heard.insert(*key, 0);
            cached_core::invalidate_matching("g8-chatty:*9");
        })
        .build();
    for key in 0..10 {
        cache.insert(key, Arc::new(Chatty(Arc::clone(&other))));
    }
    cache.clear();
    assert!(other.contains(&1));
}
