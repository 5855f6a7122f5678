//! G5: at most one load per key runs; everyone else waits for its result, threads and tasks alike.

use std::sync::Arc;
use std::thread;

use cached_core::{Cache, cache};
use tests::{Calls, Held, Signal, is_pending, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_tasks_that_miss_one_key_cause_one_load() {
    const TASKS: u64 = 10_000;
    static ENTERED: Signal = Signal::new();
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> Result<Arc<str>, String> {
        HELD.here_async().await;
        Ok(format!("user {id}").into())
    }
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            tokio::spawn(async {
                ENTERED.raise();
                find(7).await
            })
        })
        .collect();
    ENTERED.reached(TASKS).await;
    HELD.go.raise();
    for task in tasks {
        assert_eq!(&*task.await.unwrap().unwrap(), "user 7");
    }
    let stats = find::cache().stats();
    assert_eq!((HELD.began.get(), stats.loads, stats.hits + stats.misses), (1, 1, TASKS));
    assert!(stats.coalesced > TASKS / 2, "most of them waited: {stats:?}");
}

#[test]
fn sixty_four_threads_that_miss_one_key_cause_one_load() {
    const THREADS: u64 = 64;
    static ENTERED: Signal = Signal::new();
    static LOADS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn find(id: u64) -> Option<u64> {
        LOADS.add();
        // Nobody finds a stored value before all have asked, or are about to.
        ENTERED.wait(THREADS);
        Some(id)
    }
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            thread::spawn(|| {
                ENTERED.raise();
                find(7)
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Some(7));
    }
    let stats = find::cache().stats();
    assert_eq!((LOADS.get(), stats.loads, stats.hits + stats.misses), (1, 1, THREADS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_and_tasks_wait_for_one_load_of_one_key() {
    for sync_leads in [true, false] {
        const EACH: u64 = 32;
        let cache: Cache<String, u64> = Cache::builder().build();
        let (held, entered) = (Arc::new(Held::new()), Arc::new(Signal::new()));
        let spawn_thread = || {
            let (cache, held, entered) = (cache.clone(), Arc::clone(&held), Arc::clone(&entered));
            thread::spawn(move || {
                entered.raise();
                cache.get_or_load("key", || {
                    held.here();
                    held.began.get()
                })
            })
        };
        let spawn_task = || {
            let (cache, held, entered) = (cache.clone(), Arc::clone(&held), Arc::clone(&entered));
            tokio::spawn(async move {
                entered.raise();
                let load = || async {
                    held.here_async().await;
                    held.began.get()
                };
                cache.get_or_load_async("key", load).await
            })
        };
        let (mut threads, mut tasks) = (Vec::new(), Vec::new());
        if sync_leads {
            threads.push(spawn_thread());
        } else {
            tasks.push(spawn_task());
        }
        held.began.reached(1).await;
        for _ in 0..EACH {
            threads.push(spawn_thread());
            tasks.push(spawn_task());
        }
        entered.reached(2 * EACH + 1).await;
        held.go.raise();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 1);
        }
        for thread in threads {
            assert_eq!(tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap(), 1);
        }
        assert_eq!((held.began.get(), cache.stats().loads), (1, 1), "sync leads: {sync_leads}");
    }
}

#[test]
fn loads_of_different_keys_run_side_by_side() {
    static BEGAN: Signal = Signal::new();
    #[cache(ttl = 60)]
    fn find(id: u64) -> u64 {
        BEGAN.raise();
        BEGAN.wait(8);
        id
    }
    let threads: Vec<_> = (0..8).map(|id| thread::spawn(move || find(id))).collect();
    for (id, thread) in threads.into_iter().enumerate() {
        assert_eq!(thread.join().unwrap(), id as u64);
    }
}

#[tokio::test]
async fn a_waiter_that_gives_up_disturbs_nobody() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> u64 {
        HELD.here_async().await;
        id
    }
    let mut leader = Box::pin(find(1));
    assert!(is_pending(leader.as_mut()));
    let mut waiters: Vec<_> = (0..5).map(|_| Box::pin(find(1))).collect();
    assert!(waiters.iter_mut().all(|waiter| is_pending(waiter.as_mut())));
    drop(waiters.remove(4));
    drop(waiters.remove(2));
    drop(waiters.remove(0));
    HELD.go.raise();
    assert_eq!(soon(leader).await, 1);
    for waiter in waiters {
        assert_eq!(soon(waiter).await, 1);
    }
    let stats = find::cache().stats();
    assert_eq!((HELD.began.get(), stats.loads, stats.coalesced), (1, 1, 2), "who gave up is not counted");
}

#[tokio::test]
async fn a_refresh_loads_beside_a_load_under_way_and_the_later_one_stays() {
    static HELD: [Held; 2] = [Held::new(), Held::new()];
    static LOADS: Calls = Calls::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> u64 {
        let number = LOADS.add();
        HELD[number as usize - 1].here_async().await;
        number * 10 + id
    }
    let mut first = Box::pin(find(1));
    let mut second = Box::pin(find::refresh(1));
    assert!(is_pending(first.as_mut()) && is_pending(second.as_mut()));
    HELD[1].go.raise();
    assert_eq!(soon(second).await, 21);
    HELD[0].go.raise();
    assert_eq!(soon(first).await, 11, "its own caller gets it");
    assert_eq!(find(1).await, 21, "what began later is newer");
    assert_eq!(LOADS.get(), 2);
}
