//! G14: keys and values never show up in `Debug` or in errors.

use std::fmt::Debug;

use cached_core::{Cache, Invalidation, ManualClock, MemoryStore, bypass, cache, configure};

const SECRET: &str = "hunter2";

fn shows_nothing(what: &str, value: &impl Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        assert!(!text.contains(SECRET), "{what}: {text}");
    }
}

#[test]
fn nothing_public_shows_a_key_or_a_value() {
    #[cache(ttl = 60, key = "g14:{password}", tags = ["g14:{password}", "{result}"])]
    fn login(password: &str) -> String {
        password.to_owned()
    }
    let cache: Cache<String, String> = Cache::builder().name("g14").tags(|key: &String, _| [key.clone()]).build();
    cache.insert(SECRET.to_owned(), SECRET.to_owned());
    login(SECRET);
    shows_nothing("Cache", &cache);
    shows_nothing("CacheBuilder", &Cache::<String, String>::builder().name("g14"));
    shows_nothing("CacheHandle", &cache.handle());
    shows_nothing("CacheHandle of a function", &login::cache());
    shows_nothing("Stats", &cache.stats());
    let invalidation = Invalidation::new().key(format!("g14:{SECRET}")).matching(format!("*{SECRET}")).tag(SECRET);
    shows_nothing("Invalidation", &invalidation);
    shows_nothing("Invalidated", &invalidation.run());
    shows_nothing("caches()", &cached_core::caches());
    shows_nothing("Configuration", &configure().store("sessions", MemoryStore::new()));
    shows_nothing("ManualClock", &ManualClock::new());
    shows_nothing("Target", &login::__target(SECRET));
    shows_nothing("Site", login::__site());
    shows_nothing("bypass", &bypass(login::cache));
}
