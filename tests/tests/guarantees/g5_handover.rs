//! G5: if the leader is dropped, panics or is cancelled, one of those who wait takes over.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use cached_core::{Cache, cache};
use tests::{Calls, Held, Signal, is_pending, soon};

#[tokio::test]
async fn a_leader_that_panics_hands_over_to_one_waiter() {
    static HELD: Held = Held::new();
    fn load() -> u64 {
        let number = HELD.began.get();
        HELD.here();
        assert!(number > 0, "on purpose");
        1
    }
    let cache: Cache<u64, u64> = Cache::builder().build();
    let leader = {
        let cache = cache.clone();
        thread::spawn(move || catch_unwind(AssertUnwindSafe(|| cache.get_or_load(&1, load))))
    };
    HELD.began.reached(1).await;
    let mut waiters: Vec<_> = (0..3).map(|_| Box::pin(cache.get_or_load_async(&1, || async { load() }))).collect();
    assert!(waiters.iter_mut().all(|waiter| is_pending(waiter.as_mut())));
    HELD.go.raise();
    assert!(leader.join().unwrap().is_err(), "the panic is the leader's own");
    for waiter in waiters {
        assert_eq!(soon(waiter).await, 1);
    }
    assert_eq!((HELD.began.get(), cache.stats().loads), (2, 1));
}

#[tokio::test]
async fn a_leader_that_is_dropped_hands_over_to_whoever_came_first() {
    static LOADS: Calls = Calls::new();
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> u64 {
        let number = LOADS.add();
        HELD.here_async().await;
        id + number
    }
    let mut calls: Vec<_> = (0..4).map(|_| Box::pin(find(10))).collect();
    assert!(calls.iter_mut().all(|call| is_pending(call.as_mut())));
    assert_eq!(LOADS.get(), 1);
    drop(calls.remove(0));
    assert!(calls.iter_mut().rev().all(|call| is_pending(call.as_mut())));
    assert_eq!(LOADS.get(), 2, "exactly one of them took over, at its next poll");
    drop(calls.remove(0));
    assert!(calls.iter_mut().rev().all(|call| is_pending(call.as_mut())));
    assert_eq!(LOADS.get(), 3, "it was the one that came first");
    HELD.go.raise();
    for call in calls {
        assert_eq!(soon(call).await, 13);
    }
    assert_eq!(find::cache().stats().loads, 1, "loads that ended");
}

#[tokio::test]
async fn a_waiter_that_was_handed_the_load_and_leaves_hands_it_on() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> u64 {
        HELD.here_async().await;
        id
    }
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(find(1))).collect();
    assert!(calls.iter_mut().all(|call| is_pending(call.as_mut())));
    // From leader to first waiter to second to third, none of which is ever polled again.
    calls.drain(..4);
    assert_eq!(HELD.began.get(), 1);
    HELD.go.raise();
    assert_eq!(soon(calls.remove(0)).await, 1);
    assert_eq!(HELD.began.get(), 2);
}

#[tokio::test]
async fn a_load_that_everybody_left_begins_anew_with_the_next_caller() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> u64 {
        HELD.here_async().await;
        id
    }
    for leaves_first in [true, false] {
        let (mut leader, mut waiter) = (Box::pin(find(1)), Box::pin(find(1)));
        assert!(is_pending(leader.as_mut()) && is_pending(waiter.as_mut()));
        if leaves_first {
            drop(leader);
            drop(waiter);
        } else {
            drop(waiter);
            drop(leader);
        }
    }
    assert!(find::cache().is_empty());
    HELD.go.raise();
    assert_eq!((find(1).await, HELD.began.get()), (1, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_task_hands_over_to_a_waiting_thread() {
    static LOADS: Calls = Calls::new();
    static HELD: Held = Held::new();
    let cache: Cache<u64, u64> = Cache::builder().build();
    let leader = tokio::spawn({
        let cache = cache.clone();
        async move {
            let load = || async {
                LOADS.add();
                HELD.here_async().await;
                1
            };
            cache.get_or_load_async(&1, load).await
        }
    });
    HELD.began.reached(1).await;
    static ENTERED: Signal = Signal::new();
    let waiters: Vec<_> = (0..4)
        .map(|_| {
            let cache = cache.clone();
            thread::spawn(move || {
                ENTERED.raise();
                cache.get_or_load(&1, || LOADS.add())
            })
        })
        .collect();
    ENTERED.reached(4).await;
    leader.abort();
    assert!(soon(leader).await.unwrap_err().is_cancelled());
    for waiter in waiters {
        assert_eq!(tokio::task::spawn_blocking(|| waiter.join().unwrap()).await.unwrap(), 2);
    }
    assert_eq!(LOADS.get(), 2);
}

#[tokio::test]
async fn a_call_that_is_timed_out_hands_over() {
    static LOADS: Calls = Calls::new();
    #[cache(ttl = 60)]
    async fn find(id: u64) -> u64 {
        if LOADS.add() == 1 {
            std::future::pending::<()>().await;
        }
        id
    }
    let timed = tokio::time::timeout(std::time::Duration::from_millis(1), find(1));
    let (timed, waited) = tokio::join!(timed, find(1));
    assert!(timed.is_err());
    assert_eq!((waited, LOADS.get()), (1, 2));
}

#[test]
fn panics_of_several_leaders_in_a_row_are_survived_by_all_other_threads() {
    const THREADS: u64 = 16;
    const PANICS: u64 = 3;
    static LOADS: Calls = Calls::new();
    static ENTERED: Signal = Signal::new();
    #[cache(ttl = 60)]
    fn fragile(id: u64) -> u64 {
        ENTERED.wait(THREADS);
        assert!(LOADS.add() > PANICS, "on purpose");
        id
    }
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            thread::spawn(|| {
                ENTERED.raise();
                fragile(1)
            })
        })
        .collect();
    let answers: Vec<_> = threads.into_iter().map(thread::JoinHandle::join).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count() as u64, PANICS);
    assert!(answers.into_iter().flatten().all(|answer| answer == 1));
    assert_eq!(LOADS.get(), PANICS + 1);
}

#[tokio::test]
async fn a_body_that_panics_in_a_task_hands_over_too() {
    static LOADS: Calls = Calls::new();
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn fragile(id: u64) -> u64 {
        let number = LOADS.add();
        HELD.here_async().await;
        assert!(number > 1, "on purpose");
        id
    }
    let leader = tokio::spawn(fragile(1));
    HELD.began.reached(1).await;
    let mut waiter = Box::pin(fragile(1));
    assert!(is_pending(waiter.as_mut()));
    HELD.go.raise();
    assert!(soon(leader).await.unwrap_err().is_panic());
    assert_eq!((soon(waiter).await, LOADS.get()), (1, 2));
}
