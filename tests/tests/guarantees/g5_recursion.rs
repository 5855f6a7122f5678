//! G5: a function that calls itself with the key it is loading runs its body; loads that need each other never wait for each other.

use std::future::Future;
use std::pin::Pin;
use std::thread;

use cached_core::{Cache, cache};
use tests::{Calls, Signal};

#[test]
fn recursion_over_other_keys_reuses_what_is_known() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn fibonacci(n: u64) -> u64 {
        CALLS.add();
        if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
    }
    assert_eq!(fibonacci(80), 23_416_728_348_467_685);
    assert_eq!(CALLS.get(), 81);
}

#[test]
fn recursion_over_its_own_key_runs_the_body_and_ends() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn nested(id: u64) -> u64 {
        if CALLS.add() < 4 { nested(id) + 1 } else { id }
    }
    assert_eq!(nested(10), 13);
    assert_eq!((nested(10), CALLS.get()), (13, 4), "the outermost is stored");
}

#[tokio::test]
async fn async_recursion_over_its_own_key_runs_the_body_and_ends() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn nested(id: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if CALLS.add() < 4 { nested(id).await + 1 } else { id }
        })
    }
    assert_eq!(nested(10).await, 13);
    assert_eq!((nested(10).await, CALLS.get()), (13, 4));
}

#[test]
fn mutual_recursion_on_one_thread_ends() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60)]
    fn ping(id: u64) -> u64 {
        if CALLS.add() < 6 { pong(id) + 1 } else { id }
    }
    #[cache(ttl = 60)]
    fn pong(id: u64) -> u64 {
        if CALLS.add() < 6 { ping(id) + 1 } else { id }
    }
    assert_eq!(ping(10), 15);
    assert_eq!((ping(10), CALLS.get()), (15, 6));
}

#[test]
fn two_threads_whose_loads_need_each_other_both_end() {
    static BEGAN: Signal = Signal::new();
    #[cache(ttl = 60)]
    fn left() -> u64 {
        if BEGAN.get() >= 10 {
            return 0;
        }
        BEGAN.raise();
        BEGAN.wait(2);
        right() + 1
    }
    #[cache(ttl = 60)]
    fn right() -> u64 {
        if BEGAN.get() >= 10 {
            return 0;
        }
        BEGAN.raise();
        BEGAN.wait(2);
        left() + 1
    }
    let threads = [thread::spawn(left), thread::spawn(right)];
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!((left::cache().len(), right::cache().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rings_of_tasks_and_threads_whose_loads_need_each_other_all_end() {
    const RING: u64 = 8;
    let cache: Cache<u64, u64> = Cache::builder().build();
    let began: &'static Signal = Box::leak(Box::new(Signal::new()));
    // Load n needs load n + 1, and the last needs the first; all are under way before any asks for its neighbour.
    let tasks: Vec<_> = (0..RING)
        .step_by(2)
        .map(|n| {
            let cache = cache.clone();
            tokio::spawn(async move {
                let inner = cache.clone();
                let load = || async move {
                    began.raise();
                    began.reached(RING).await;
                    inner.get_or_load_async(&((n + 1) % RING), || async { 100 }).await + 1
                };
                cache.get_or_load_async(&n, load).await
            })
        })
        .collect();
    let threads: Vec<_> = (1..RING)
        .step_by(2)
        .map(|n| {
            let cache = cache.clone();
            thread::spawn(move || {
                cache.get_or_load(&n, || {
                    began.raise();
                    began.wait(RING);
                    cache.get_or_load(&((n + 1) % RING), || 100) + 1
                })
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    for thread in threads {
        answers.push(tokio::task::spawn_blocking(|| thread.join().unwrap()).await.unwrap());
    }
    answers.sort_unstable();
    assert_eq!(answers, (101..101 + RING).collect::<Vec<_>>(), "one broke the ring, the others waited for it in turn");
}

#[test]
fn a_cache_used_directly_may_be_asked_for_the_key_it_is_loading() {
    let cache: Cache<u64, u64> = Cache::builder().build();
    let inner = cache.clone();
    assert_eq!(cache.get_or_load(&1, || inner.get_or_load(&1, || 5) + 1), 6);
    assert_eq!(cache.get(&1), Some(6));
}

#[tokio::test]
async fn loads_that_are_joined_inside_a_load_may_wait_for_each_other() {
    static LOADS: Calls = Calls::new();
    #[cache(ttl = 60)]
    async fn leaf(id: u64) -> u64 {
        tokio::task::yield_now().await;
        LOADS.add();
        id
    }
    #[cache(ttl = 60)]
    async fn middle(id: u64) -> u64 {
        leaf(id).await
    }
    #[cache(ttl = 60)]
    async fn root() -> u64 {
        let (a, b, c) = tokio::join!(leaf(1), middle(1), leaf(1));
        a + b + c
    }
    assert_eq!(root().await, 3);
    assert_eq!(LOADS.get(), 1);
}
