//! G5: a failed load hands its error to those who wait when the error is `Clone`; else each of them loads, all at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};

use cached_core::{Cache, cache};
use tests::{Calls, Held, is_pending, soon};

#[derive(Debug, PartialEq)]
struct NotClone(u64);

#[tokio::test]
async fn an_error_that_is_clone_is_shared() {
    static HELD: Held = Held::new();
    #[cache(ttl = 60)]
    async fn fetch(id: u64) -> Result<Option<u64>, String> {
        HELD.here_async().await;
        Err(format!("{id} failed {}", HELD.began.get()))
    }
    let mut calls: Vec<_> = (0..3).map(|_| Box::pin(fetch(1))).collect();
    assert!(calls.iter_mut().all(|call| is_pending(call.as_mut())));
    HELD.go.raise();
    for call in calls {
        assert_eq!(soon(call).await, Err("1 failed 1".to_owned()));
    }
    assert_eq!((HELD.began.get(), fetch::cache().stats().load_errors), (1, 1));
    assert_eq!(fetch(1).await, Err("1 failed 2".to_owned()), "shared, and not cached");
    assert!(fetch::cache().is_empty());
}

#[tokio::test]
async fn after_an_error_that_is_no_clone_those_who_waited_load_side_by_side() {
    static FIRST: Held = Held::new();
    static OTHERS: Held = Held::new();
    static LOADS: Calls = Calls::new();
    #[cache(ttl = 60)]
    async fn fetch(id: u64) -> Result<u64, NotClone> {
        let number = LOADS.add();
        if number == 1 {
            FIRST.here_async().await
        } else {
            OTHERS.here_async().await
        }
        Err(NotClone(id + number))
    }
    let mut leader = Box::pin(fetch(10));
    let mut waiters: Vec<_> = (0..4).map(|_| Box::pin(fetch(10))).collect();
    assert!(is_pending(leader.as_mut()) && waiters.iter_mut().all(|waiter| is_pending(waiter.as_mut())));
    FIRST.go.raise();
    assert_eq!(soon(leader).await, Err(NotClone(11)));
    assert!(waiters.iter_mut().all(|waiter| is_pending(waiter.as_mut())));
    assert_eq!(OTHERS.began.get(), 4, "all of them load now, none waits for another");
    OTHERS.go.raise();
    let mut errors = Vec::new();
    for waiter in waiters {
        errors.push(soon(waiter).await.unwrap_err().0);
    }
    assert_eq!(errors, [12, 13, 14, 15], "each its own");
    assert_eq!(fetch::cache().stats().load_errors, 5);
}

#[tokio::test]
async fn a_success_after_an_error_that_is_no_clone_is_stored() {
    static HELD: Held = Held::new();
    static FAILING: AtomicBool = AtomicBool::new(true);
    #[cache(ttl = 60)]
    async fn fetch(id: u64) -> Result<u64, NotClone> {
        HELD.here_async().await;
        if FAILING.swap(false, Ordering::SeqCst) { Err(NotClone(id)) } else { Ok(id) }
    }
    let mut calls: Vec<_> = (0..3).map(|_| Box::pin(fetch(1))).collect();
    assert!(calls.iter_mut().all(|call| is_pending(call.as_mut())));
    HELD.go.raise();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(soon(call).await);
    }
    assert_eq!(answers, [Err(NotClone(1)), Ok(1), Ok(1)]);
    assert_eq!((fetch(1).await, fetch::cache().len()), (Ok(1), 1));
}

type Call<'a> = Pin<Box<dyn Future<Output = Result<u64, String>> + 'a>>;

#[tokio::test]
async fn a_cache_used_directly_shares_errors_only_where_it_is_asked_to() {
    for shared in [true, false] {
        let cache: Cache<u64, u64> = Cache::builder().build();
        let (held, loads) = (Held::new(), Calls::new());
        let load = || async {
            let number = loads.add();
            held.here_async().await;
            Err(number.to_string())
        };
        let mut calls: Vec<Call<'_>> = (0..3)
            .map(|_| -> Call<'_> {
                if shared {
                    Box::pin(cache.get_or_try_load_shared_async(&1, load))
                } else {
                    Box::pin(cache.get_or_try_load_async(&1, load))
                }
            })
            .collect();
        assert!(calls.iter_mut().all(|call| is_pending(call.as_mut())));
        held.go.raise();
        let mut errors = Vec::new();
        for call in calls {
            errors.push(soon(call).await.unwrap_err());
        }
        assert_eq!(errors, if shared { ["1", "1", "1"] } else { ["1", "2", "3"] });
        assert!(cache.is_empty());
    }
}

#[tokio::test]
async fn a_caller_that_expects_another_type_of_error_loads_for_itself() {
    let cache: Cache<u64, u64> = Cache::builder().build();
    let held = Held::new();
    let mut leader = Box::pin(cache.get_or_try_load_shared_async(&1, || async {
        held.here_async().await;
        Err::<u64, _>("text".to_owned())
    }));
    let mut waiter = Box::pin(cache.get_or_try_load_shared_async(&1, || async { Err::<u64, _>(7_u8) }));
    assert!(is_pending(leader.as_mut()) && is_pending(waiter.as_mut()));
    held.go.raise();
    assert_eq!(soon(leader).await, Err("text".to_owned()));
    assert_eq!(soon(waiter).await, Err(7));
}

#[test]
fn sync_loads_return_their_own_errors() {
    let cache: Cache<String, u64> = Cache::builder().build();
    assert_eq!(cache.get_or_try_load("a", || Err::<u64, _>(NotClone(1))), Err(NotClone(1)));
    assert_eq!(cache.get_or_try_load_shared("a", || Err::<u64, _>(2)), Err(2));
    assert_eq!(cache.get_or_try_load("a", || Ok::<_, NotClone>(3)), Ok(3));
    assert_eq!(cache.get_or_try_load("a", || Err::<u64, _>(NotClone(4))), Ok(3));
    assert_eq!((cache.stats().loads, cache.stats().load_errors), (3, 2));
}
