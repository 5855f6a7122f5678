//! Making a million entries disappear by their tag, and when what they occupied is free again.

use benches::stores::key;
use benches::table::{Contender, Selection};
use benches::threads::afterwards;
use benches::zipf;
use cached_core::Cache;

const ENTRIES: usize = 1_000_000;

/// Values below a million carry the tag.
fn tagged() -> Cache<u64, u64> {
    let tags = |_: &u64, value: &u64| (*value < ENTRIES as u64).then_some("all");
    Cache::builder().capacity(ENTRIES as u64).ttl(std::time::Duration::from_secs(3600)).tags(tags).build()
}

pub(crate) fn report(selection: &Selection) {
    selection.compare("Invalidate a tag; no peer has tags", || {
        vec![
            invalidating("of 1 entry", 1, After::Inserts),
            invalidating("of 1,000,000 entries", ENTRIES as u64, After::Inserts),
            invalidating("of 1,000,000 entries, right after another tag", ENTRIES as u64, After::AnotherTag),
            invalidating("of 1,000,000 entries, as the first that a thread does", ENTRIES as u64, After::Nothing),
        ]
    });
    let title = "Dead entries";
    if !selection.has(title) {
        return;
    }
    println!("\n### {title}\n");
    println!(
        "1,000,000 entries in a cache of that capacity; a tag of theirs is invalidated, then comes one operation per unit of capacity.\n"
    );
    println!("| tag of | traffic | entries held before it | after it | of which dead |\n|---|---|---:|---:|---:|");
    for (share, name) in [(1, "all entries"), (2, "every second")] {
        let draws = zipf::draws(4 * ENTRIES, 0.9, ENTRIES);
        let loads = |cache: &Cache<u64, u64>| {
            for &draw in &draws {
                let id = 2 * ENTRIES as u64 + u64::from(draw);
                cache.get_or_load(&key(id), || id);
            }
        };
        let inserts = |cache: &Cache<u64, u64>| {
            (2 * ENTRIES as u64..3 * ENTRIES as u64).for_each(|id| cache.insert(key(id), id));
        };
        left(name, "loads, Zipf 0.9 over four times the capacity", share, loads);
        left(name, "inserts of new keys", share, inserts);
    }
}

/// What the thread did before it invalidated the tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It inserted the entries, which drove code and data out of the CPU's caches.
    Inserts,
    AnotherTag,
    /// Another thread inserted them.
    Nothing,
}

/// One call.
fn invalidating(name: &'static str, entries: u64, after: After) -> Contender<'static> {
    let cache = tagged();
    Contender::new(name, move || {
        let insert = || (0..entries).for_each(|id| cache.insert(key(id), id));
        if after == After::Nothing {
            insert();
        }
        let before = || {
            if after != After::Nothing {
                insert();
            }
            if after == After::AnotherTag {
                cache.invalidate_tag("another");
            }
        };
        afterwards(before, || drop(cache.invalidate_tag("all")))
    })
}

fn left(tag: &str, traffic: &str, share: u64, pass: impl Fn(&Cache<u64, u64>)) {
    let cache = tagged();
    let untagged = |id: u64| !id.is_multiple_of(share);
    for id in 0..ENTRIES as u64 {
        cache.insert(key(id), if untagged(id) { id + ENTRIES as u64 } else { id });
    }
    cache.invalidate_tag("all");
    let before = cache.len();
    pass(&cache);
    let after = cache.len();
    let live = cache.snapshot().len();
    println!("| {tag} | {traffic} | {before} | {after} | {} |", after - live);
}
