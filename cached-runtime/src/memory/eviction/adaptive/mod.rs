//! The adaptive policy: a small family of policies, of which the one runs that does best on a sample of the traffic.
//!
//! Each member of the family is the same machine with other [`Settings`]. A new entry enters the *window*; what leaves the
//! window may replace the next victim of the *main* queue if it was seen more often of late, by a frequency [`sketch`]
//! (W-TinyLFU: Einziger, Friedman, Manes, *TinyLFU: a highly efficient cache admission policy*, ACM ToS 2017). Both [`queues`] are
//! CLOCKs over a 2-bit hit count in the entry, and a key that comes back soon after its eviction, as the [`ghosts`] tell, may
//! enter main at once (ARC: Megiddo, Modha, FAST '03; LIRS: Jiang, Zhang, SIGMETRICS '02; with these queues S3-FIFO: Yang et al.,
//! SOSP '23).
//!
//! Which settings suit the traffic is found out by a [`duel`]: a sample of the keys is played into one [`miniature`] cache per
//! setting (Waldspurger et al., *Cache modeling and optimization using miniature simulations*, ATC '17), and the cache takes on the
//! settings whose miniature has the most hits (set dueling: Qureshi et al., ISCA '07).
//!
//! A hit writes one byte's worth of marks to its entry, and nothing once they are full. All else is done by misses, under
//! the exclusive lock.

mod duel;
mod ghosts;
mod marks;
mod miniature;
mod queues;
mod records;
mod settings;
mod sketch;
#[cfg(all(test, not(shuttle)))]
mod tests;

use std::fmt;
use std::sync::Arc;

use self::duel::{Duel, Sample};
use self::ghosts::Ghosts;
use self::marks::Marks;
use self::queues::{Entries, Entry, Linked, Queues};
use self::settings::Running;
use self::sketch::Sketch;
use super::{Evict, Newcomer, Resident, Residents, Touch, Traces};

/// The adaptive policy of one shard.
pub(crate) struct Adaptive {
    queues: Queues<Linked>,
    /// Made when the shard is half full: a cache that never fills pays for its queues only.
    history: Option<Box<History>>,
    /// What the shard may expect to hold of the cache's capacity, by weight. It may come to more or less.
    share: u64,
    shards: usize,
    role: Role,
    running: Arc<Running>,
}

/// A shard's keys are a sample of the cache's, chosen by hash, so one shard can hold the duel for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Leader,
    Follower,
}

/// What the policy knows beyond the entries.
struct History {
    sketch: Sketch,
    ghosts: Ghosts,
    /// The leader's.
    duel: Option<Duel>,
    /// What is told to the duel.
    sample: Sample,
    /// The number of entries that this is sized for.
    entries: usize,
}

impl History {
    /// For a shard of about `entries` entries, one of `shards`.
    #[cold]
    #[inline(never)]
    fn new(entries: usize, shards: usize, role: Role) -> Box<Self> {
        let duel = (role == Role::Leader).then(|| Duel::new(entries, shards));
        Box::new(Self {
            sketch: Sketch::new(entries),
            ghosts: Ghosts::new(entries),
            sample: duel.as_ref().map_or(Sample::NOTHING, Duel::sample),
            duel,
            entries,
        })
    }
}

impl Adaptive {
    /// The policies of all shards of a cache.
    pub(crate) fn for_shards(capacity: u64, shards: usize) -> impl Iterator<Item = Self> {
        let running = Arc::new(Running::default());
        let share = capacity / shards.max(1) as u64;
        (0..shards).map(move |shard| {
            let role = if shard == 0 { Role::Leader } else { Role::Follower };
            Self::empty(share.max(1), shards, role, Arc::clone(&running))
        })
    }

    /// For a key that is about to be admitted.
    #[inline]
    pub(crate) fn prefetch(&self, hash: u32) {
        if let Some(history) = &self.history {
            history.sketch.prefetch(hash);
            history.ghosts.prefetch(hash);
        }
    }

    /// The same without entries; the settings that were found remain.
    pub(crate) fn emptied(&self) -> Self {
        Self::empty(self.share, self.shards, self.role, Arc::clone(&self.running))
    }

    fn empty(share: u64, shards: usize, role: Role, running: Arc<Running>) -> Self {
        Self { queues: Queues::default(), history: None, share, shards, role, running }
    }

    /// What is known, made anew if it was made for less than half of what the shard holds, beside the rest of the policy.
    #[inline]
    fn parts(&mut self) -> (&mut History, &mut Queues<Linked>, &Running) {
        let queues = &mut self.queues;
        if self.history.as_ref().is_some_and(|history| queues.len() > 2 * history.entries) {
            self.history = None;
        }
        let history = self.history.get_or_insert_with(|| {
            let entries = entries_when_full(queues.len(), queues.weight(), self.share);
            History::new(entries, self.shards, self.role)
        });
        (history, queues, &self.running)
    }
}

/// How many entries there will be when `share` is filled, if the rest is like the `len` that weigh `weight`. Less than half of it tells nothing of
/// the rest: the cache may be full of what is heavy elsewhere.
fn entries_when_full(len: usize, weight: u64, share: u64) -> usize {
    if weight < share / 2 {
        return len.max(1);
    }
    let full = len as u128 * u128::from(share.max(weight)) / u128::from(weight.max(1));
    usize::try_from(full).unwrap_or(usize::MAX).max(1)
}

/// What a hit does.
#[inline]
pub(super) fn hit(touch: &Touch) {
    let marks = Marks::of(touch);
    if !marks.full() {
        marks.hit().leave_for(touch, marks);
    }
}

impl Evict for Adaptive {
    fn admit(&mut self, newcomer: Newcomer, residents: &impl Residents) -> Traces {
        let Newcomer { slot, hash, weight } = newcomer;
        let (mut returns, mut seen) = (false, 0);
        if self.queues.weight() >= self.share / 2 {
            let (history, _, running) = self.parts();
            seen = history.sketch.add(hash, 1);
            if history.sample.contains(hash)
                && let Some(duel) = &mut history.duel
            {
                duel.admitted(slot, hash, &mut Marked(residents), &history.sketch, running);
            }
            returns = history.ghosts.take(hash) && running.settings().ghosts;
        }
        let marks = Marks::new(returns).with_seen(seen);
        self.queues.admit(slot, weight, marks);
        Traces { touch: marks.bits(), ..Traces::default() }
    }

    fn remove(&mut self, slot: u32, resident: Resident<'_>) {
        let entry = Entry::from(resident);
        self.queues.remove(slot, entry);
        if let Some(history) = &mut self.history
            && history.sample.contains(entry.hash)
            && let Some(duel) = &mut history.duel
        {
            duel.removed(entry.hash);
        }
    }

    #[inline]
    fn victim(&mut self, residents: &impl Residents) -> Option<(u32, u32)> {
        if self.queues.len() == 0 {
            return None;
        }
        let (history, queues, running) = self.parts();
        let (slot, entry) = queues.evict(&mut Marked(residents), running.settings(), &mut history.sketch)?;
        history.ghosts.put(entry.hash);
        if history.sample.contains(entry.hash)
            && let Some(duel) = &mut history.duel
        {
            duel.evicted(entry.hash);
        }
        Some((slot, entry.weight))
    }
}

impl fmt::Debug for Adaptive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adaptive")
            .field("len", &self.queues.len())
            .field("role", &self.role)
            .field("settings", &self.running.settings())
            .finish_non_exhaustive()
    }
}

/// The engine's entries, as the queues see them.
struct Marked<'r, R>(&'r R);

impl<R: Residents> Entries for Marked<'_, R> {
    #[inline]
    fn get(&self, slot: u32) -> Option<Entry> {
        self.0.get(slot).map(Entry::from)
    }

    #[inline]
    fn mark(&mut self, slot: u32, marks: Marks) {
        if let Some(resident) = self.0.get(slot) {
            marks.leave_on(resident.touch);
        }
    }
}

impl From<Resident<'_>> for Entry {
    #[inline]
    fn from(resident: Resident<'_>) -> Self {
        Self { hash: resident.hash, weight: resident.weight, marks: Marks::of(resident.touch) }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Adaptive {
    pub(super) fn run_with(&self, number: usize) {
        self.running.change(number);
    }

    pub(super) fn validate(&self, residents: &impl Residents) -> (usize, u64) {
        self.queues.validate(&Marked(residents));
        if let Some(duel) = self.history.as_ref().and_then(|history| history.duel.as_ref()) {
            duel.validate();
            duel.validate_watched(&Marked(residents));
        }
        (self.queues.len(), self.queues.weight())
    }
}
