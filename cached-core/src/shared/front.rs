//! Memory in front of a shared store, kept in step by what the store reports.

use std::sync::{Arc, Weak};

use super::backend::Backend;
use super::outage::Lost;
use super::store::Watcher;
use crate::key::Pattern;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering};

/// What a store's reports need of a memory cache in front of it.
pub(crate) trait Kept: Send + Sync {
    /// The entry with this text may be outdated.
    fn drop_text(&self, text: &str);
    /// So may all that carry this tag.
    fn drop_tag(&self, tag: &str);
    /// So may all that match.
    fn drop_matching(&self, pattern: &Pattern);
    /// So may all.
    fn drop_all(&self);
}

/// The memory caches of this process before one store: open while the store reports its changes, passed by while it does not.
pub(crate) struct Front {
    open: AtomicBool,
    prefixes: [String; 2],
    kept: Mutex<Vec<Weak<dyn Kept>>>,
}

impl Front {
    /// Has the store report; `None` if it cannot.
    pub(super) fn before(backend: &Backend) -> Option<Arc<Self>> {
        let front =
            Arc::new(Self { open: AtomicBool::new(false), prefixes: backend.prefixes(), kept: Mutex::new(Vec::new()) });
        let watched = backend.store.watch(backend.prefixes().into(), Arc::clone(&front) as Arc<dyn Watcher>);
        watched.then_some(front)
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    /// Adds a cache, before it holds anything.
    pub(crate) fn keep(&self, cache: Weak<dyn Kept>) {
        let mut kept = self.kept.lock();
        kept.retain(|cache| cache.strong_count() > 0);
        kept.push(cache);
    }

    /// Lets go of what is named.
    pub(super) fn outdate(&self, what: &[Lost]) {
        for item in what {
            match item {
                Lost::Key(text) => self.each(|cache| cache.drop_text(text)),
                Lost::Tag(tag) => self.each(|cache| cache.drop_tag(tag)),
                Lost::Pattern(pattern) => {
                    let pattern = Pattern::new(pattern.as_str());
                    self.each(|cache| cache.drop_matching(&pattern));
                }
                Lost::Everything => self.each(|cache| cache.drop_all()),
            }
        }
    }

    fn each(&self, apply: impl Fn(&dyn Kept)) {
        // Listeners run while entries are dropped, and may make caches: not under the lock.
        let kept: Vec<_> = self.kept.lock().iter().filter_map(Weak::upgrade).collect();
        kept.iter().for_each(|cache| apply(&**cache));
    }
}

impl Watcher for Front {
    fn up(&self) {
        // What was missed is unknown, so all goes, and every load under way loses its right to be kept; only then memory answers again.
        self.each(|cache| cache.drop_all());
        self.open.store(true, Ordering::Release);
    }

    fn changed(&self, key: &str) {
        let [entries, tags] = &self.prefixes;
        if let Some(text) = key.strip_prefix(entries.as_str()) {
            self.each(|cache| cache.drop_text(text));
        } else if let Some(tag) = key.strip_prefix(tags.as_str()) {
            self.each(|cache| cache.drop_tag(tag));
        }
    }

    fn all_changed(&self) {
        self.each(|cache| cache.drop_all());
    }

    fn down(&self) {
        self.open.store(false, Ordering::Release);
        self.each(|cache| cache.drop_all());
    }
}
