//! Tags by epoch: invalidating a tag is one number, however many entries carry it.
//!
//! A table has one epoch counter. A load *captures* the counter before it begins; invalidating a tag advances the
//! counter and stamps the tag's cell with the new value. What a load brought is valid as long as no cell of its
//! tags is stamped later than what the load captured. Nothing is visited, and a load that is still under way is reached
//! as surely as an entry at rest.
//!
//! A cell lives as long as an entry or a load refers to it. When cells that nobody refers to are collected, the *floor*
//! rises to the latest stamp among them, and a cell that is made anew starts there: forgetting a tag may cost a load
//! under way its right to be stored, never revive what was invalidated.

use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::key::KeyText;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};

/// A moment in a tag table's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Epoch(pub(crate) u64);

/// One tag's last invalidation.
#[derive(Debug)]
pub(crate) struct TagCell(AtomicU64);

/// The tags of one entry or load.
#[derive(Clone, Default)]
pub(crate) struct Tags(Vec<Arc<TagCell>>);

impl Tags {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn join(&mut self, other: Tags) {
        self.0.extend(other.0);
    }

    /// Whether none of the tags was invalidated after `captured`.
    #[inline]
    pub(crate) fn stand_since(&self, captured: Epoch) -> bool {
        self.0.iter().all(|cell| cell.0.load(Ordering::Acquire) <= captured.0)
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tags({})", self.0.len())
    }
}

/// The tags of one cache.
#[derive(Debug)]
pub(crate) struct TagTable {
    epoch: AtomicU64,
    cells: Mutex<Cells>,
}

#[derive(Debug)]
struct Cells {
    by_text: HashTable<(KeyText, Arc<TagCell>)>,
    hasher: foldhash::fast::RandomState,
    floor: u64,
    collect_at: usize,
}

/// Below this many cells collecting is not worth a look. Each collection costs the loads under way their right to be stored with
/// tags that come from the result, so it should not happen many times during one. (The model checker is to see it done.)
const COLLECT_AT_LEAST: usize = if cfg!(shuttle) { 2 } else { 1024 };

impl TagTable {
    pub(crate) fn new() -> Self {
        Self {
            epoch: AtomicU64::new(0),
            cells: Mutex::new(Cells {
                by_text: HashTable::new(),
                hasher: foldhash::fast::RandomState::default(),
                floor: 0,
                collect_at: COLLECT_AT_LEAST,
            }),
        }
    }

    /// The moment to remember before a load begins.
    pub(crate) fn capture(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    /// The cells of these tags, made where they are missing.
    #[inline]
    pub(crate) fn intern<S: AsRef<str>>(&self, tags: &[S]) -> Tags {
        if tags.is_empty() { Tags::default() } else { self.intern_some(tags) }
    }

    fn intern_some<S: AsRef<str>>(&self, tags: &[S]) -> Tags {
        let mut cells = self.cells.lock();
        Tags(tags.iter().map(|tag| cells.cell(tag.as_ref())).collect())
    }

    /// Makes everything that carries `tag` invalid, loads under way included. O(1).
    pub(crate) fn invalidate(&self, tag: &str) {
        let mut cells = self.cells.lock();
        let cell = cells.cell(tag);
        let epoch = self.epoch.fetch_add(1, Ordering::AcqRel) + 1;
        cell.0.store(epoch, Ordering::Release);
    }

    /// How many tags are known.
    #[cfg(all(test, not(shuttle)))]
    pub(crate) fn len(&self) -> usize {
        self.cells.lock().by_text.len()
    }
}

impl Cells {
    /// In one place for all who want one: a call that comes seldom finds in the CPU's caches what others need all the time.
    #[inline(never)]
    fn cell(&mut self, tag: &str) -> Arc<TagCell> {
        let hash = self.hasher.hash_one(tag);
        if let Some((_, cell)) = self.by_text.find(hash, |(text, _)| text.is(tag)) {
            return Arc::clone(cell);
        }
        self.add(hash, tag)
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, hash: u64, tag: &str) -> Arc<TagCell> {
        if self.by_text.len() >= self.collect_at {
            self.collect();
        }
        let cell = Arc::new(TagCell(AtomicU64::new(self.floor)));
        let hasher = &self.hasher;
        self.by_text.insert_unique(hash, (tag.into(), Arc::clone(&cell)), |(text, _)| hasher.hash_one(text.as_str()));
        cell
    }

    /// Forgets the cells that nothing refers to. Its cost is spread over the insertions since the last time.
    fn collect(&mut self) {
        let mut floor = self.floor;
        self.by_text.retain(|(_, cell)| {
            let in_use = Arc::strong_count(cell) > 1;
            if !in_use {
                floor = floor.max(cell.0.load(Ordering::Acquire));
            }
            in_use
        });
        self.floor = floor;
        self.collect_at = (2 * self.by_text.len()).max(COLLECT_AT_LEAST);
        let hasher = &self.hasher;
        self.by_text.shrink_to(self.collect_at, |(text, _)| hasher.hash_one(text.as_str()));
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn an_invalidated_tag_outdates_what_was_captured_before_and_nothing_captured_after() {
        let table = TagTable::new();
        let (before, tags) = (table.capture(), table.intern(&["users"]));
        let other = table.intern(&["orders"]);
        table.invalidate("users");
        assert!(!tags.stand_since(before));
        assert!(tags.stand_since(table.capture()));
        assert!(other.stand_since(before));
    }

    #[test]
    fn a_tag_first_seen_after_its_invalidation_is_still_outdated() {
        let table = TagTable::new();
        let before = table.capture();
        table.invalidate("team:7");
        assert!(!table.intern(&["team:7"]).stand_since(before), "G8: tags known only from the result");
    }

    #[test]
    fn a_cell_in_use_is_not_forgotten() {
        let table = TagTable::new();
        let held = table.intern(&["held"]);
        for i in 0..10_000 {
            drop(table.intern(&[format!("t{i}")]));
        }
        let captured = table.capture();
        assert!(held.stand_since(captured));
        table.invalidate("held");
        assert!(!held.stand_since(captured), "G7");
    }

    #[test]
    fn forgotten_cells_neither_pile_up_nor_revive_anything() {
        let table = TagTable::new();
        let before = table.capture();
        table.invalidate("early");
        for i in 0..10_000 {
            drop(table.intern(&[format!("t{i}")]));
        }
        assert!(table.len() <= 2 * COLLECT_AT_LEAST, "G11: {} cells", table.len());
        assert!(!table.intern(&["early"]).stand_since(before), "G7");
    }
}
