use super::ghosts::Ghosts;
use super::marks::Marks;
use super::queues::{Entries, Entry, Queues};
use super::sampled::Sampled;
use super::settings::Settings;
use super::sketch::Sketch;

/// A miniature of the cache: what it would be under some settings, for a sample of the keys and with as small a share of the capacity.
/// Entries weigh 1 in it.
#[derive(Debug)]
pub(super) struct Miniature {
    settings: Settings,
    capacity: usize,
    entries: Sampled<Marks>,
    queues: Queues,
    ghosts: Option<Ghosts>,
}

impl Entries for Sampled<Marks> {
    #[inline]
    fn get(&self, slot: u32) -> Option<Entry> {
        let &(hash, marks) = Sampled::get(self, u16::try_from(slot).ok()?)?;
        Some(Entry { hash, weight: 1, marks })
    }

    #[inline]
    fn mark(&mut self, slot: u32, marks: Marks) {
        if let Some(kept) = u16::try_from(slot).ok().and_then(|slot| self.get_mut(slot)) {
            *kept = marks;
        }
    }
}

impl Miniature {
    pub(super) fn new(settings: Settings, capacity: usize) -> Self {
        Self {
            settings,
            capacity,
            entries: Sampled::with_capacity(capacity),
            queues: Queues::default(),
            ghosts: settings.ghosts.then(|| Ghosts::new(capacity)),
        }
    }

    /// How many entries it holds from here on; what is too many leaves with the next miss.
    pub(super) fn resize(&mut self, capacity: usize) {
        self.capacity = capacity;
    }

    /// One access: a hit, or a miss that is filled. Returns whether it was a hit.
    pub(super) fn access(&mut self, hash: u32, mut sketch: &Sketch) -> bool {
        if let Some(number) = self.entries.find(hash) {
            if let Some(marks) = self.entries.get_mut(number) {
                *marks = marks.hit();
            }
            return true;
        }
        while self.queues.len() >= self.capacity
            && let Some((_, victim)) = self.queues.evict(&mut self.entries, self.settings, &mut sketch)
        {
            self.entries.remove(victim.hash);
            if let Some(ghosts) = &mut self.ghosts {
                ghosts.put(victim.hash);
            }
        }
        let returns = self.ghosts.as_mut().is_some_and(|ghosts| ghosts.take(hash));
        if let Some(number) = self.entries.insert(hash, Marks::new(returns)) {
            self.queues.admit(number.into(), 1, returns);
        }
        false
    }

    /// Forgets a key that was invalidated.
    pub(super) fn remove(&mut self, hash: u32) {
        let Some(number) = self.entries.find(hash).map(u32::from) else { return };
        if let Some(entry) = Entries::get(&self.entries, number) {
            self.queues.remove(number, entry);
        }
        self.entries.remove(hash);
    }
}
