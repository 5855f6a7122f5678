//! In a process of its own: what reaches or lists every cache there is.

use cached_core::{Cache, Invalidation, cache, caches, invalidate_all};

#[cache(ttl = 60)]
fn first(x: u64) -> u64 {
    x
}

#[cache(ttl = 60)]
async fn second(x: u64) -> u64 {
    x
}

#[tokio::test]
async fn everything_is_listed_in_order_and_invalidated_at_once() {
    assert!(caches().is_empty(), "nothing is made before it is used");
    second(1).await;
    let direct: Cache<u64, u64> = Cache::builder().name("direct").build();
    direct.insert(1, 1);
    let unnamed: Cache<String, u64> = Cache::builder().build();
    unnamed.insert("a".to_owned(), 1);
    first(1);
    let names: Vec<String> = caches().iter().map(|cache| cache.name()).collect();
    assert_eq!(names[..2], ["process_wide::second", "direct"]);
    assert!(names[2].contains("Cache<") && names[3] == "process_wide::first", "{names:?}");

    assert_eq!(invalidate_all().removed(), 4);
    assert!(caches().iter().all(|cache| cache.is_empty() && cache.stats().invalidations.all == 1));
    first(1);
    Invalidation::new().everything().run().await;
    assert!(first::cache().is_empty());

    drop((direct, unnamed));
    assert_eq!(caches().len(), 2);
}
