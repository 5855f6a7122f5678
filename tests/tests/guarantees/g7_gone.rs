//! G7: once an invalidation has returned, no later call returns a value whose load began before it. Here over entries at rest; `g8_overtaken`
//! holds loads open, and the binary `stress` does both at once.

use std::thread;

use cached_core::{Cache, Invalidation, cache};
use tests::Calls;

mod far {
    pub mod away {
        use cached_core::cache;

        #[cache(ttl = 60, key = "g7-far:{id}", tags = ["g7-far"])]
        pub async fn find(id: u64) -> u64 {
            super::super::FAR.add() + id
        }
    }
}

static FAR: Calls = Calls::new();

#[tokio::test]
async fn every_kind_of_invalidation_reaches_every_module_from_sync_and_async_code() {
    use far::away::find;
    let mut last = find(0).await;
    let invalidations: [(&str, &(dyn Fn() + Sync)); 10] = [
        ("a call, awaited nowhere", &|| _ = find::invalidate(0)),
        ("a key", &|| cached_core::invalidate("g7-far:0").wait()),
        ("a pattern", &|| cached_core::invalidate_matching("g7-*:0").wait()),
        ("a pattern that is everything of a kind", &|| cached_core::invalidate_matching("g7-far:*").wait()),
        ("a tag", &|| cached_core::invalidate_tag("g7-far").wait()),
        ("a handle's key", &|| find::cache().invalidate("g7-far:0").wait()),
        ("a handle's pattern", &|| find::cache().invalidate_matching("*far*").wait()),
        ("a handle's tag", &|| find::cache().invalidate_tag("g7-far").wait()),
        ("clear", &|| find::cache().clear().wait()),
        ("many at once", &|| Invalidation::new().key("g7-far:9").tag("g7-none").key("g7-far:0").run().wait()),
    ];
    for (name, invalidate) in invalidations {
        assert_eq!(find(0).await, last, "before {name}");
        invalidate();
        assert_eq!(find(0).await, last + 1, "after {name}");
        thread::scope(|scope| scope.spawn(invalidate).join()).unwrap();
        assert_eq!(find(0).await, last + 2, "after {name}, in another thread");
        last += 2;
    }
    find::invalidate(0).await;
    cached_core::invalidate("g7-far:0").await;
    cached_core::invalidate_tag("g7-far").await;
    assert_eq!(find(0).await, last + 1);
}

#[test]
fn what_is_not_named_stays() {
    #[cache(ttl = 60, key = "g7-stays:{id}", tags = ["g7-stays-tag:{id}"])]
    fn find(id: u64) -> u64 {
        id
    }
    for id in 0..20 {
        find(id);
    }
    assert_eq!(cached_core::invalidate("g7-stays:1").removed(), 1, "and not 10 to 19");
    assert_eq!(cached_core::invalidate("g7-stays").removed(), 0);
    assert_eq!(cached_core::invalidate_matching("g7-stays:1*9").removed(), 1);
    assert_eq!(cached_core::invalidate_matching("g7-stays:1*1*1").removed(), 0, "pieces do not overlap");
    cached_core::invalidate_tag("g7-stays-tag:2");
    find::cache().run_pending();
    assert_eq!(find::cache().len(), 17);
    assert_eq!(cached_core::invalidate_matching("g7-stays:*").removed(), 17);
}

#[test]
fn a_tag_reaches_every_entry_that_carries_it_and_only_those_that_are_there_by_now() {
    static CALLS: Calls = Calls::new();
    #[cache(ttl = 60, tags = ["g7-team:{team}", "g7-even:{result.1}", "g7-people"])]
    fn find(id: u64, team: &str) -> Result<(u64, bool), String> {
        CALLS.add();
        let _ = team;
        Ok((id, id.is_multiple_of(2)))
    }
    #[cache(ttl = 60, tags = ["g7-people"])]
    fn count() -> u64 {
        CALLS.add()
    }
    let ask = || {
        let before = CALLS.get();
        for id in 0..4 {
            find(id, if id < 2 { "a:b" } else { "c" }).unwrap();
        }
        count();
        CALLS.get() - before
    };
    assert_eq!((ask(), ask()), (5, 0));
    for (tag, reloaded) in
        [("g7-team:a%3Ab", 2), ("g7-team:c", 2), ("g7-even:true", 2), ("g7-people", 5), ("g7-team:a:b", 0)]
    {
        cached_core::invalidate_tag(tag);
        assert_eq!((ask(), ask()), (reloaded, 0), "{tag}");
    }
}

#[test]
fn an_entry_stays_gone_when_tags_come_and_go_by_the_thousand() {
    let cache: Cache<u64, u64> = Cache::builder().tags(|key, _| [format!("t{key}")]).build();
    cache.insert(1, 1);
    cache.invalidate_tag("t1");
    for key in 1_000..6_000 {
        cache.insert(key, 0);
        cache.invalidate_tag(&format!("t{key}"));
        assert!(!cache.contains(&1) && !cache.contains(&key));
    }
    cache.insert(1, 2);
    assert_eq!(cache.get(&1), Some(2));
}

#[test]
fn instances_of_a_generic_function_are_reached_together_by_text_and_function() {
    #[cache(ttl = 60, key = "g7-generic:{id}")]
    fn find<T: From<u8> + Clone + Send + Sync + 'static>(id: u64) -> T {
        T::from(id as u8)
    }
    let fill = || (find::<u8>(7), find::<u64>(7), find::<String2>(7));
    fill();
    assert_eq!(find::cache().len(), 3);
    assert_eq!(cached_core::invalidate("g7-generic:7").removed(), 3);
    fill();
    find::invalidate(7);
    assert!(find::cache().is_empty());
    fill();
    assert_eq!(find::cache().clear().removed(), 3);
}

#[derive(Clone)]
struct String2;

impl From<u8> for String2 {
    fn from(_: u8) -> Self {
        Self
    }
}

#[test]
fn a_cache_without_a_name_is_reached_through_itself_alone() {
    let cache: Cache<String, u64> = Cache::builder().build();
    cache.insert("g7-unnamed".to_owned(), 1);
    assert_eq!(cached_core::invalidate("g7-unnamed").removed(), 0);
    assert_eq!(cached_core::invalidate_matching("g7-unnamed*").removed(), 0);
    assert_eq!(cache.invalidate_matching("g7-unn*").removed(), 1);
    cache.insert("g7-unnamed".to_owned(), 1);
    assert_eq!((cache.invalidate("g7-unnamed").removed(), cache.invalidate("g7-unnamed").removed()), (1, 0));
}

#[test]
fn entries_with_an_expired_or_evicted_predecessor_are_still_reached_by_text() {
    let time = cached_core::ManualClock::new();
    let cache: Cache<u64, u64> = Cache::builder()
        .name("g7-again")
        .capacity(4)
        .ttl(std::time::Duration::from_secs(1))
        .clock(time.clock())
        .build();
    for round in 0..100 {
        cache.insert(round % 7, round);
        if round % 3 == 0 {
            time.advance(std::time::Duration::from_millis(700));
        }
        if round % 5 == 0 {
            cached_core::invalidate(&format!("g7-again:{}", round % 7));
            assert!(!cache.contains(&(round % 7)), "round {round}");
        }
    }
}
