use super::super::list::{Links, Queue};
use super::marks::Marks;
use super::settings::Settings;
use super::sketch::Sketch;

/// An entry as the queues see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) hash: u32,
    pub(super) weight: u32,
    pub(super) marks: Marks,
}

/// The entries in the queues' care, by slot number.
pub(super) trait Entries {
    fn get(&self, slot: u32) -> Option<Entry>;
    fn mark(&mut self, slot: u32, marks: Marks);
}

/// Who is told how often entries were seen, and tells it when the queues have to choose.
pub(super) trait Frequency {
    fn seen(&mut self, hash: u32, times: u8);
    fn of(&self, hash: u32) -> u8;
}

impl Frequency for Sketch {
    fn seen(&mut self, hash: u32, times: u8) {
        self.add(hash, times);
    }

    fn of(&self, hash: u32) -> u8 {
        self.get(hash)
    }
}

/// A miniature reads what the real cache sees, and adds nothing.
impl Frequency for &Sketch {
    fn seen(&mut self, _hash: u32, _times: u8) {}

    fn of(&self, hash: u32) -> u8 {
        self.get(hash)
    }
}

/// How many entries that were hit in the window one eviction passes over, and how many in main: bounds the longest eviction, not
/// the mean.
const PASS_IN_WINDOW: usize = 64;
const PASS_IN_MAIN: usize = 256;
/// How many entries a window that is too large hands to main in one eviction.
const HAND_OVER: usize = 4;

/// The window and main: two CLOCKs over the same slots. Entries are hit without their knowing, and looked at when their turn comes.
#[derive(Debug, Default)]
pub(super) struct Queues {
    links: Links,
    window: Clock,
    main: Clock,
}

#[derive(Debug, Default)]
struct Clock {
    queue: Queue,
    weight: u64,
}

impl Queues {
    pub(super) fn len(&self) -> usize {
        self.window.queue.len() + self.main.queue.len()
    }

    pub(super) fn weight(&self) -> u64 {
        self.window.weight + self.main.weight
    }

    /// Takes a new entry in, whose marks are [`Marks::new`] with the same `main`.
    pub(super) fn admit(&mut self, slot: u32, weight: u32, main: bool) {
        self.links.make_room(slot);
        let clock = if main { &mut self.main } else { &mut self.window };
        clock.weight += u64::from(weight);
        clock.queue.push(&mut self.links, slot);
    }

    /// Lets go of an entry.
    pub(super) fn remove(&mut self, slot: u32, entry: Entry) {
        let clock = if entry.marks.is_main() { &mut self.main } else { &mut self.window };
        clock.weight -= u64::from(entry.weight);
        clock.queue.unlink(&mut self.links, slot);
    }

    /// Moves an entry to the young end of a queue, or to the old one, and gives it new marks.
    fn requeue(&mut self, entries: &mut impl Entries, slot: u32, entry: Entry, marks: Marks, end: End) {
        self.remove(slot, entry);
        let clock = if marks.is_main() { &mut self.main } else { &mut self.window };
        clock.weight += u64::from(entry.weight);
        match end {
            End::Young => clock.queue.push(&mut self.links, slot),
            End::Old => clock.queue.push_back(&mut self.links, slot),
        }
        if marks != entry.marks {
            entries.mark(slot, marks);
        }
    }

    /// Chooses an entry to leave and lets go of it. The entry that needs the room is about to be admitted, most likely to the window.
    pub(super) fn evict(
        &mut self,
        entries: &mut impl Entries,
        settings: Settings,
        frequency: &mut impl Frequency,
    ) -> Option<(u32, Entry)> {
        let size = self.window_size(settings);
        self.shrink_window(entries, size);
        let candidate = self.turn_window(entries, settings, frequency, size);
        let victim = self.turn_main(entries, frequency, size);
        let (slot, entry) = match (candidate, victim) {
            (Some((slot, candidate)), Some((rival, victim))) => {
                if frequency.of(candidate.hash) > frequency.of(victim.hash) + settings.margin {
                    self.requeue(entries, slot, candidate, candidate.marks.in_main(true), End::Young);
                    (rival, victim)
                } else {
                    (slot, candidate)
                }
            }
            (Some(chosen), None) | (None, Some(chosen)) => chosen,
            (None, None) => {
                let slot = self.window.queue.back()?;
                (slot, entries.get(slot)?)
            }
        };
        self.remove(slot, entry);
        Some((slot, entry))
    }

    /// What the window should weigh before an entry is admitted to it. Capacity is the cache's, not the shard's, so what the shard
    /// holds when it needs room is what it may hold. The newcomer, whose weight is taken to be the usual one, has to fit in: were the
    /// window smaller, it would be handed to main's old end unasked.
    fn window_size(&self, settings: Settings) -> Size {
        let target = (self.weight() as f64 * f64::from(settings.window) + 0.5) as u64;
        let newcomer = (self.weight() / self.len().max(1) as u64).max(1);
        Size { target: target.max(newcomer), newcomer }
    }

    /// A window that became too large hands its youngest to main's old end, a few at a time. Main decides about them next. Handing
    /// its oldest to main's young end instead cost 0.2 points in the mean of the traces.
    fn shrink_window(&mut self, entries: &mut impl Entries, size: Size) {
        for _ in 0..HAND_OVER {
            let Some(slot) = self.window.queue.front() else { break };
            let Some(entry) = entries.get(slot) else { break };
            if self.window.weight + size.newcomer <= size.target + u64::from(entry.weight) {
                break;
            }
            self.requeue(entries, slot, entry, entry.marks.in_main(true), End::Old);
        }
    }

    /// Finds what has to leave a full window.
    fn turn_window(
        &mut self,
        entries: &mut impl Entries,
        settings: Settings,
        frequency: &mut impl Frequency,
        size: Size,
    ) -> Option<(u32, Entry)> {
        let mut passed = 0;
        while self.window.weight + size.newcomer > size.target {
            let slot = self.window.queue.back()?;
            let entry = entries.get(slot)?;
            let hits = entry.marks.hits();
            if hits == 0 || passed == PASS_IN_WINDOW {
                return Some((slot, entry));
            }
            passed += 1;
            frequency.seen(entry.hash, hits);
            let marks = entry.marks.with_hits(0).in_main(settings.promote);
            self.requeue(entries, slot, entry, marks, End::Young);
        }
        None
    }

    /// Finds what main would do without.
    fn turn_main(
        &mut self,
        entries: &mut impl Entries,
        frequency: &mut impl Frequency,
        size: Size,
    ) -> Option<(u32, Entry)> {
        let mut passed = 0;
        loop {
            let slot = self.main.queue.back()?;
            let entry = entries.get(slot)?;
            let hits = entry.marks.hits();
            if hits == 0 || passed == PASS_IN_MAIN {
                return Some((slot, entry));
            }
            passed += 1;
            frequency.seen(entry.hash, 1);
            // A window that became too small takes what main would keep.
            let main = self.window.weight + size.newcomer >= size.target - size.target / 8;
            self.requeue(entries, slot, entry, entry.marks.with_hits(hits - 1).in_main(main), End::Young);
        }
    }
}

/// Of the window.
#[derive(Clone, Copy)]
struct Size {
    target: u64,
    newcomer: u64,
}

#[derive(Clone, Copy)]
enum End {
    Young,
    Old,
}
