//! The list of caches, and what a handle tells without knowing types.

use std::time::{Duration, Instant};

use cached_core::{Cache, ManualClock, cache, caches};

fn listed(name: &str) -> usize {
    caches().iter().filter(|cache| cache.name() == name).count()
}

#[test]
fn caches_are_listed_as_long_as_they_are_held() {
    assert_eq!(listed("registry-held"), 0);
    let cache: Cache<u64, u64> = Cache::builder().name("registry-held").build();
    let (clone, handle) = (cache.clone(), cache.handle());
    assert_eq!(listed("registry-held"), 1);
    drop(cache);
    drop(clone);
    assert_eq!(listed("registry-held"), 1, "a handle holds it");
    drop(handle);
    // Another test that lists caches right now holds this one, too, for as long as it looks.
    let begun = Instant::now();
    while listed("registry-held") > 0 && begun.elapsed() < Duration::from_secs(20) {
        std::thread::yield_now();
    }
    assert_eq!(listed("registry-held"), 0);
}

#[test]
fn functions_are_listed_by_their_paths_from_their_first_call_on() {
    #[cache(ttl = 60)]
    fn listed_function<T: Clone + Send + Sync + 'static>(value: u64) -> Option<T> {
        let _ = value;
        None
    }
    struct Owner;
    impl Owner {
        #[cache(ttl = 60)]
        fn listed_method(value: u64) -> u64 {
            value
        }
    }
    let names = || -> Vec<String> {
        caches().iter().map(|cache| cache.name()).filter(|name| name.contains("listed_")).collect()
    };
    assert!(names().is_empty());
    listed_function::<u8>(1);
    listed_function::<u8>(2);
    listed_function::<String>(1);
    Owner::listed_method(1);
    let names = names();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names[0].starts_with("guarantees::registry::") && names[0].ends_with("listed_function<u8>"), "{names:?}");
    assert!(names[1].ends_with("listed_function<alloc::string::String>"), "{names:?}");
    assert!(names[2].contains("Owner") && names[2].ends_with("::listed_method"), "{names:?}");
    assert_eq!(listed_function::cache().len(), 3, "the companion's handle speaks for all instances");
}

#[test]
fn a_handle_tells_keys_sizes_and_lifetimes_and_carries_out_invalidations() {
    let time = ManualClock::new();
    let cache: Cache<(u64, &str), u64> = Cache::builder()
        .name("registry-handle")
        .capacity(100)
        .ttl(Duration::from_secs(60))
        .clock(time.clock())
        .weigher(|_, value| *value as u32)
        .tags(|(id, _), _| [format!("registry-handle-{id}")])
        .build();
    cache.insert((1, "a:b"), 10);
    time.advance(Duration::from_secs(20));
    cache.insert((2, ""), 20);
    let handle = cache.handle();
    let mut keys = handle.keys();
    keys.sort_by(|a, b| a.key.cmp(&b.key));
    let told: Vec<_> =
        keys.iter().map(|info| (info.key.as_str(), info.weight, info.expires_in.unwrap().as_secs())).collect();
    assert_eq!(told, [("registry-handle:(1,a%3Ab)", 10, 40), ("registry-handle:(2,)", 20, 60)]);
    assert_eq!((handle.len(), handle.weight(), handle.capacity(), handle.is_empty()), (2, 30, 100, false));
    assert_eq!((handle.name().as_str(), handle.problem()), ("registry-handle", None));
    assert_eq!(handle.invalidate("registry-handle:(1,a%3Ab)").removed(), 1);
    handle.invalidate_tag("registry-handle-2");
    handle.run_pending();
    assert!(handle.is_empty());
    cache.insert((3, "x"), 1);
    assert_eq!(handle.invalidate_matching("*(3,*").removed(), 1);
    cache.insert((3, "x"), 1);
    assert_eq!((handle.clear().removed(), handle.stats().invalidations.all), (1, 1));
}

/// A setting of the program's: what it comes to is known only when it runs.
fn setting(number: u64) -> u64 {
    number
}

#[test]
fn a_cache_that_stores_nothing_says_which_setting_is_zero() {
    #[cache(ttl = Duration::from_secs(setting(0)), key = "registry-no-time:{id}")]
    fn no_time(id: u64) -> Option<u64> {
        Some(id)
    }
    #[cache(ttl = Duration::from_secs(setting(0)), null_ttl = 5, key = "registry-only-none:{id}")]
    fn only_none(id: u64) -> Option<u64> {
        (id != 0).then_some(id)
    }
    #[cache(capacity = setting(0), key = "registry-no-room:{id}")]
    fn no_room(id: u64) -> u64 {
        id
    }
    #[cache(ttl = Duration::from_secs(setting(1)), capacity = setting(1), key = "registry-some:{id}")]
    fn some(id: u64) -> u64 {
        id
    }
    assert_eq!((no_time(1), only_none(0), no_room(1), some(1)), (Some(1), None, 1, 1));
    let problem = no_time::cache().problem().expect("nothing is stored");
    assert!(problem.contains("registry::no_time: ") && problem.contains("`ttl` of zero"), "{problem}");
    let problem = no_room::cache().problem().expect("nothing is stored");
    assert!(problem.contains("registry::no_room: ") && problem.contains("`capacity` of zero"), "{problem}");
    assert_eq!((no_time::cache().len(), no_room::cache().len()), (0, 0));
    for stores in [only_none::cache(), some::cache()] {
        assert_eq!((stores.len(), stores.problem()), (1, None));
    }
}
