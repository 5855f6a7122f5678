//! The invalidations that did not reach the store, kept until they have.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};

/// How much text an item may hold on average before the log is as good as full: keys can be 64 KiB long, and the bound is there for memory.
const TEXT_PER_ITEM: usize = 1024;

/// Something whose invalidation the store has not seen. In the order in which a replay sends it: what covers most comes first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Lost {
    /// More than was worth keeping: the whole namespace.
    Everything,
    /// A tag.
    Tag(String),
    /// A pattern of keys.
    Pattern(String),
    /// A key.
    Key(String),
}

impl Lost {
    fn len(&self) -> usize {
        match self {
            Self::Everything => 0,
            Self::Tag(text) | Self::Pattern(text) | Self::Key(text) => text.len(),
        }
    }
}

/// A bounded set of lost invalidations (G10). When there are more than the bound, or their texts are longer than a kibibyte on average,
/// they become [`Lost::Everything`].
///
/// A replay takes a [`Batch`] and reports it done; the items stay until then, so a replay that is cut off loses nothing. Each
/// item carries the number of the `add` that put it there: what was added again while a replay ran may have been invalidated after the
/// replay sent it, so it stays for the next one.
pub(crate) struct OutageLog {
    shared: Arc<Shared>,
}

struct Shared {
    bound: usize,
    state: Mutex<State>,
    /// How many items there are, for `is_empty`.
    len: AtomicUsize,
}

#[derive(Default)]
struct State {
    items: HashMap<Lost, u64>,
    /// The length of all texts.
    text: usize,
    /// The number of the last `add`.
    added: u64,
    /// The number of the last `add` that a batch contains.
    taken: u64,
}

impl OutageLog {
    /// An empty log of at most `bound` items.
    pub(crate) fn new(bound: usize) -> Self {
        Self { shared: Arc::new(Shared { bound, state: Mutex::new(State::default()), len: AtomicUsize::new(0) }) }
    }

    /// Keeps these until a replay is done with them.
    pub(crate) fn add(&self, lost: impl IntoIterator<Item = Lost>) {
        // Taken in one by one before the lock: the iterator is the caller's code.
        let lost: Vec<Lost> = lost.into_iter().collect();
        let mut state = self.shared.state.lock();
        for item in lost {
            state.add(item, self.shared.bound);
        }
        self.shared.len.store(state.items.len(), Ordering::Release);
    }

    /// Whether there is nothing to replay. Costs one atomic load.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.shared.len.load(Ordering::Acquire)
    }

    /// All there is, to be replayed in the order of [`Batch::items`]. It stays in the log, too.
    pub(crate) fn take(&self) -> Batch {
        let mut state = self.shared.state.lock();
        state.taken = state.added;
        let mut items: Vec<(Lost, u64)> = state.items.iter().map(|(item, number)| (item.clone(), *number)).collect();
        drop(state);
        items.sort_unstable();
        Batch { shared: Arc::clone(&self.shared), items }
    }
}

impl State {
    fn add(&mut self, item: Lost, bound: usize) {
        // What no replay has taken yet will cover this as well.
        if self.items.get(&Lost::Everything).is_some_and(|number| *number > self.taken) {
            return;
        }
        self.added += 1;
        if let Some(number) = self.items.get_mut(&item) {
            *number = self.added;
            return;
        }
        let text = self.text + item.len();
        if item == Lost::Everything || self.items.len() >= bound || text > bound.saturating_mul(TEXT_PER_ITEM) {
            self.items = HashMap::from([(Lost::Everything, self.added)]);
            self.text = 0;
        } else {
            self.text = text;
            self.items.insert(item, self.added);
        }
    }

    fn done(&mut self, item: &Lost, number: u64) {
        if self.items.get(item) == Some(&number) {
            self.items.remove(item);
            self.text -= item.len();
        }
    }
}

/// Numbers only: keys can tell things about people.
impl fmt::Debug for OutageLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.shared.len.load(Ordering::Relaxed);
        f.debug_struct("OutageLog").field("bound", &self.shared.bound).field("len", &len).finish()
    }
}

/// What a replay sends. Dropping it changes nothing.
#[must_use = "the items stay in the log until `done`"]
pub(crate) struct Batch {
    shared: Arc<Shared>,
    items: Vec<(Lost, u64)>,
}

impl Batch {
    /// The items: everything, then tags, patterns and keys.
    pub(crate) fn items(&self) -> impl ExactSizeIterator<Item = &Lost> {
        self.items.iter().map(|(item, _)| item)
    }

    /// The store has seen them all: they leave the log, but for those that were added again since they were taken.
    pub(crate) fn done(self) {
        let mut state = self.shared.state.lock();
        for (item, number) in &self.items {
            state.done(item, *number);
        }
        if state.items.is_empty() {
            // A long outage must not leave its table behind.
            state.items.shrink_to_fit();
        }
        self.shared.len.store(state.items.len(), Ordering::Release);
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    fn key(text: &str) -> Lost {
        Lost::Key(text.to_owned())
    }

    fn items(log: &OutageLog) -> Vec<Lost> {
        log.take().items().cloned().collect()
    }

    #[test]
    fn keeps_each_item_once_and_gives_the_widest_first() {
        let log = OutageLog::new(10);
        assert!(log.is_empty());
        log.add([key("b"), Lost::Pattern("p*".into()), key("a"), key("b"), Lost::Tag("t".into())]);
        assert!(!log.is_empty());
        assert_eq!(items(&log), [Lost::Tag("t".into()), Lost::Pattern("p*".into()), key("a"), key("b")]);
    }

    #[test]
    fn items_stay_until_a_replay_is_done() {
        let log = OutageLog::new(10);
        log.add([key("a")]);
        drop(log.take());
        assert_eq!(items(&log), [key("a")]);
        log.take().done();
        assert!(log.is_empty());
        log.take().done();
    }

    #[test]
    fn what_is_added_during_a_replay_survives_it() {
        let log = OutageLog::new(10);
        log.add([key("a"), key("b")]);
        let replay = log.take();
        log.add([key("b"), key("c")]);
        replay.done();
        assert_eq!(items(&log), [key("b"), key("c")]);
    }

    #[test]
    fn an_older_replay_takes_nothing_from_a_newer_add() {
        let log = OutageLog::new(10);
        log.add([key("a")]);
        let (first, second) = (log.take(), log.take());
        second.done();
        log.add([key("a")]);
        first.done();
        assert_eq!(items(&log), [key("a")]);
    }

    #[test]
    fn more_than_the_bound_is_everything() {
        let log = OutageLog::new(3);
        log.add(["a", "b", "c", "a"].map(key));
        assert_eq!(log.take().items().len(), 3);
        log.add([key("d")]);
        assert_eq!(items(&log), [Lost::Everything]);
        log.take().done();
        log.add([key("e")]);
        assert_eq!(items(&log), [key("e")]);

        let log = OutageLog::new(0);
        log.add([key("a"), key("b")]);
        assert_eq!(items(&log), [Lost::Everything]);
    }

    #[test]
    fn more_text_than_the_bound_is_worth_is_everything() {
        let log = OutageLog::new(2);
        log.add([key(&"k".repeat(2 * TEXT_PER_ITEM))]);
        assert_eq!(log.take().items().len(), 1);
        log.take().done();
        log.add([key(&"k".repeat(2 * TEXT_PER_ITEM)), key("x")]);
        assert_eq!(items(&log), [Lost::Everything]);
    }

    #[test]
    fn everything_covers_what_came_before_it_but_not_what_comes_during_its_replay() {
        let log = OutageLog::new(10);
        log.add([key("a"), Lost::Everything, key("b")]);
        assert_eq!(items(&log), [Lost::Everything]);
        let replay = log.take();
        log.add([key("a")]);
        replay.done();
        assert_eq!(items(&log), [key("a")]);

        log.add([Lost::Everything]);
        let replay = log.take();
        log.add([Lost::Everything]);
        replay.done();
        assert_eq!(items(&log), [Lost::Everything]);
    }

    /// Against a model that keeps it all: after any history, what is in the log covers each item added since its last finished replay.
    #[test]
    fn nothing_is_forgotten() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..2_000 {
            let log = OutageLog::new(random.usize(0..6));
            let mut owed: HashMap<Lost, usize> = HashMap::new();
            let mut replay: Option<(Batch, usize)> = None;
            for step in 0..30 {
                match random.u8(0..4) {
                    0 | 1 => {
                        let item =
                            if random.u8(0..20) == 0 { Lost::Everything } else { key(&random.u8(0..8).to_string()) };
                        log.add([item.clone()]);
                        owed.insert(item, step);
                    }
                    2 => replay = Some((log.take(), step)),
                    _ => {
                        if let Some((batch, taken)) = replay.take() {
                            batch.done();
                            owed.retain(|_, added| *added > taken);
                        }
                    }
                }
                let kept = items_untouched(&log);
                let covered = |item: &Lost| kept.contains(item) || kept.contains(&Lost::Everything);
                assert!(owed.keys().all(covered), "{owed:?} in {kept:?}");
                assert_eq!(log.is_empty(), kept.is_empty());
            }
        }
    }

    /// What there is, without counting as taken.
    fn items_untouched(log: &OutageLog) -> Vec<Lost> {
        log.shared.state.lock().items.keys().cloned().collect()
    }
}
