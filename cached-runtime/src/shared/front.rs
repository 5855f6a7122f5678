//! Memory in front of a shared store, kept in step by what the store reports.
//!
//! What leaves memory calls listeners and destructors, which are the user's code: it may take its time, panic, or call cached functions. So
//! none of it runs on the background thread that everything else waits for, but on a thread of its own, one report after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use self::errands::Errands;
use super::backend::{Ack, Backend};
use super::outage::Lost;
use super::store::Watcher;
use crate::key::Pattern;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
    copies: Arc<Copies>,
    errands: Errands,
}

struct Copies {
    open: AtomicBool,
    /// How often the store went silent. Whoever opens must know of all of them.
    silences: Mutex<u64>,
    prefixes: [String; 2],
    /// The caches, and what all texts of their keys begin with.
    kept: Mutex<Vec<(String, Weak<dyn Kept>)>>,
    /// How many errands wait.
    waiting: AtomicUsize,
}

/// How many reports may wait for a slow listener. Beyond, memory is closed, and emptied as a whole when it is their turn.
const MOST_WAITING: usize = 100_000;

enum Errand {
    Changed(String),
    AllChanged,
    /// Empty everything, then open, unless the store went silent once more.
    Open(u64),
    Outdate(Vec<Lost>, oneshot::Sender<()>),
}

impl Front {
    /// Has the store report; `None` if it cannot.
    pub(super) fn before(backend: &Backend) -> Option<Arc<Self>> {
        let copies = Arc::new(Copies {
            open: AtomicBool::new(false),
            silences: Mutex::new(0),
            prefixes: backend.prefixes(),
            kept: Mutex::new(Vec::new()),
            waiting: AtomicUsize::new(0),
        });
        let errands = Errands::run_by(&copies)?;
        let front = Arc::new(Self { copies, errands });
        let watched = backend.store.watch(backend.prefixes().into(), Arc::clone(&front) as Arc<dyn Watcher>);
        watched.then_some(front)
    }

    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.copies.open.load(Ordering::Acquire)
    }

    /// Adds a cache, before it holds anything. All texts of its keys begin with `prefix`.
    pub(crate) fn keep(&self, prefix: String, cache: Weak<dyn Kept>) {
        let mut kept = self.copies.kept.lock();
        kept.retain(|(_, cache)| cache.strong_count() > 0);
        kept.push((prefix, cache));
    }

    /// Lets go of what is named; the answer tells when that is done.
    pub(super) fn outdate(&self, what: Vec<Lost>) -> Ack {
        let (done, answer) = oneshot::channel();
        self.send(Errand::Outdate(what, done));
        Ack::of(answer)
    }

    fn send(&self, errand: Errand) {
        self.copies.waiting.fetch_add(1, Ordering::AcqRel);
        self.errands.send(errand);
    }

    /// Closes memory until what is sent now has had its turn.
    fn close(&self) -> u64 {
        let mut silences = self.copies.silences.lock();
        *silences += 1;
        self.copies.open.store(false, Ordering::Release);
        *silences
    }
}

impl Copies {
    fn each(&self, apply: impl Fn(&dyn Kept)) {
        self.each_of(|_| true, apply);
    }

    /// The caches whose keys may have this text. The others need not even look: their first look makes an index of all their texts.
    fn each_with(&self, text: &str, apply: impl Fn(&dyn Kept)) {
        self.each_of(|prefix| text.starts_with(prefix), apply);
    }

    fn each_of(&self, may_hold: impl Fn(&str) -> bool, apply: impl Fn(&dyn Kept)) {
        // Listeners may make caches: not under the lock.
        let kept: Vec<_> = self
            .kept
            .lock()
            .iter()
            .filter(|(prefix, _)| may_hold(prefix))
            .filter_map(|(_, cache)| cache.upgrade())
            .collect();
        kept.iter().for_each(|cache| apply(&**cache));
    }

    fn run(&self, errand: Errand) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        // A destructor that panics must not be the end of all reports. What it was part of has left memory before it ran.
        let _ = catch_unwind(AssertUnwindSafe(|| match errand {
            Errand::Changed(key) => self.changed(&key),
            Errand::AllChanged => self.each(|cache| cache.drop_all()),
            Errand::Open(silences) => {
                // What was missed is unknown, so all goes, and every load under way loses its right to be kept; only then memory answers.
                self.each(|cache| cache.drop_all());
                let now = self.silences.lock();
                if *now == silences {
                    self.open.store(true, Ordering::Release);
                }
            }
            Errand::Outdate(what, done) => {
                self.outdate(&what);
                let _ = done.send(());
            }
        }));
    }

    fn changed(&self, key: &str) {
        let [entries, tags] = &self.prefixes;
        if let Some(text) = key.strip_prefix(entries.as_str()) {
            self.each_with(text, |cache| cache.drop_text(text));
        } else if let Some(tag) = key.strip_prefix(tags.as_str()) {
            self.each(|cache| cache.drop_tag(tag));
        }
    }

    fn outdate(&self, what: &[Lost]) {
        for item in what {
            match item {
                Lost::Key(text) => self.each_with(text, |cache| cache.drop_text(text)),
                Lost::Tag(tag) => self.each(|cache| cache.drop_tag(tag)),
                Lost::Pattern(pattern) => {
                    let pattern = Pattern::new(pattern.as_str());
                    self.each(|cache| cache.drop_matching(&pattern));
                }
                Lost::Everything => self.each(|cache| cache.drop_all()),
            }
        }
    }
}

impl Watcher for Front {
    fn up(&self) {
        let silences = *self.copies.silences.lock();
        self.send(Errand::Open(silences));
    }

    fn changed(&self, key: &str) {
        if self.copies.waiting.load(Ordering::Acquire) < MOST_WAITING {
            self.send(Errand::Changed(key.to_owned()));
        } else if self.is_open() {
            let silences = self.close();
            self.send(Errand::Open(silences));
        }
        // Else all goes anyway, later than this report came.
    }

    fn all_changed(&self) {
        self.send(Errand::AllChanged);
    }

    fn down(&self) {
        self.close();
        self.send(Errand::AllChanged);
    }
}

/// Whether this is the thread that runs errands. Whoever waits here for an errand waits for ever.
pub(super) fn is_errand_thread() -> bool {
    errands::is_theirs()
}

#[cfg(not(shuttle))]
mod errands {
    use std::cell::Cell;
    use std::sync::{Arc, mpsc};

    use super::{Copies, Errand};

    thread_local! {
        static THEIRS: Cell<bool> = const { Cell::new(false) };
    }

    pub(super) fn is_theirs() -> bool {
        THEIRS.get()
    }

    pub(super) struct Errands(mpsc::Sender<Errand>);

    impl Errands {
        pub(super) fn run_by(copies: &Arc<Copies>) -> Option<Self> {
            let (sender, errands) = mpsc::channel();
            let copies = Arc::downgrade(copies);
            let run = move || {
                THEIRS.set(true);
                for errand in errands {
                    let Some(copies) = copies.upgrade() else { return };
                    copies.run(errand);
                }
            };
            std::thread::Builder::new().name("cached-core-memory".into()).spawn(run).ok()?;
            Some(Self(sender))
        }

        pub(super) fn send(&self, errand: Errand) {
            let _ = self.0.send(errand);
        }
    }
}

/// Under the model checker errands are run where they are sent.
#[cfg(shuttle)]
mod errands {
    use std::sync::Arc;

    use super::{Copies, Errand};

    pub(super) fn is_theirs() -> bool {
        false
    }

    pub(super) struct Errands(Arc<Copies>);

    impl Errands {
        pub(super) fn run_by(copies: &Arc<Copies>) -> Option<Self> {
            Some(Self(Arc::clone(copies)))
        }

        pub(super) fn send(&self, errand: Errand) {
            self.0.run(errand);
        }
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    /// A cache that writes down what it is told.
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Told {
        fn note(&self, what: &str) {
            self.0.lock().push(what.to_owned());
        }
    }

    impl Kept for Told {
        fn drop_text(&self, text: &str) {
            self.note(text);
        }

        fn drop_tag(&self, tag: &str) {
            self.note(tag);
        }

        fn drop_matching(&self, _: &Pattern) {
            self.note("pattern");
        }

        fn drop_all(&self) {
            self.note("all");
        }
    }

    #[test]
    fn a_cache_is_told_of_keys_that_begin_like_its_own_and_of_all_else() {
        let copies = Copies {
            open: AtomicBool::new(false),
            silences: Mutex::new(0),
            prefixes: ["shop:".to_owned(), "shop#".to_owned()],
            kept: Mutex::new(Vec::new()),
            waiting: AtomicUsize::new(9),
        };
        let [users, orders, any] = [(); 3].map(|()| Arc::new(Told::default()));
        for (prefix, cache) in [("user:", &users), ("order:", &orders), ("", &any)] {
            let cache: Weak<Told> = Arc::downgrade(cache);
            copies.kept.lock().push((prefix.to_owned(), cache));
        }
        for key in ["shop:user:1", "shop:users", "shop#team", "elsewhere:user:1"] {
            copies.run(Errand::Changed(key.to_owned()));
        }
        copies.outdate(&[Lost::Key("order:2".to_owned()), Lost::Everything]);
        assert_eq!(*users.0.lock(), ["user:1", "team", "all"]);
        assert_eq!(*orders.0.lock(), ["team", "order:2", "all"]);
        assert_eq!(*any.0.lock(), ["user:1", "users", "team", "order:2", "all"]);
    }
}
