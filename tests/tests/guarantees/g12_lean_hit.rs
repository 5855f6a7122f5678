//! G12: a hit renders no key text and takes no exclusive lock. That it allocates nothing is shown in `allocations.rs`.

use std::fmt;
use std::hash::Hasher;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cached_core::{KeyPart, KeyWriter, cache};

static RENDERED: AtomicUsize = AtomicUsize::new(0);

/// A part that counts how often its text is made.
struct Id(u64);

impl KeyPart for Id {
    type Owned = u64;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.0.hash_part(state);
    }

    fn eq_part(&self, owned: &u64) -> bool {
        self.0 == *owned
    }

    fn to_owned_part(&self) -> u64 {
        self.0
    }

    fn write_part(&self, out: &mut KeyWriter<'_>) -> fmt::Result {
        RENDERED.fetch_add(1, Ordering::Relaxed);
        self.0.write_part(out)
    }

    fn write_owned(owned: &u64, out: &mut KeyWriter<'_>) -> fmt::Result {
        RENDERED.fetch_add(1, Ordering::Relaxed);
        owned.write_part(out)
    }
}

#[cache(ttl = 60, key = "g12:{id}", tags = ["g12"])]
fn rendered(id: &Id) -> u64 {
    id.0
}

#[test]
fn a_hit_renders_no_key_text_and_a_miss_none_before_somebody_names_one() {
    rendered(&Id(7));
    assert_eq!(RENDERED.load(Ordering::Relaxed), 0, "nobody asked for a key by its text");
    assert_eq!(cached_core::invalidate("g12:7").removed(), 1);
    let after_naming = RENDERED.load(Ordering::Relaxed);
    rendered(&Id(7));
    let after_miss = RENDERED.load(Ordering::Relaxed);
    assert!(0 < after_naming && after_naming < after_miss, "from now on a miss renders the text for the index");
    for _ in 0..100 {
        rendered(&Id(7));
    }
    assert_eq!(RENDERED.load(Ordering::Relaxed), after_miss);
    assert_eq!(rendered::cache().stats().hits, 100);
}

static INSIDE: AtomicUsize = AtomicUsize::new(0);
static MET: AtomicUsize = AtomicUsize::new(0);

/// A value whose clone, made under the lock of a hit, waits until another clone is being made at the same time.
#[derive(Debug)]
struct Meeting;

impl Clone for Meeting {
    fn clone(&self) -> Self {
        if INSIDE.fetch_add(1, Ordering::SeqCst) > 0 {
            MET.fetch_add(1, Ordering::SeqCst);
        }
        let begun = Instant::now();
        // Bounded, so that a hit under an exclusive lock fails the test instead of hanging it.
        while MET.load(Ordering::SeqCst) == 0 && begun.elapsed() < Duration::from_secs(10) {
            std::thread::yield_now();
        }
        INSIDE.fetch_sub(1, Ordering::SeqCst);
        Self
    }
}

#[test]
fn two_hits_on_one_key_are_under_the_lock_at_once() {
    let cache = cached_core::Cache::<u64, Meeting>::builder().capacity(1).build();
    cache.insert(7, Meeting);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert!(cache.get(&7).is_some()));
        }
    });
    assert!(MET.load(Ordering::SeqCst) > 0, "an exclusive lock lets in one at a time");
}
