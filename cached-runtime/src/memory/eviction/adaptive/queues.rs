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
    /// The key was hit so often; returns what is to be noted of it.
    fn seen(&mut self, entry: Entry, times: u8) -> Marks;
    /// How often what leaves the window was seen.
    fn of_candidate(&mut self, entry: Entry) -> u8;
    /// How often what main would do without was seen.
    fn of_victim(&mut self, entry: Entry) -> u8;
}

impl Frequency for Sketch {
    #[inline]
    fn seen(&mut self, entry: Entry, times: u8) -> Marks {
        entry.marks.with_seen(self.add(entry.hash, times))
    }

    /// An entry without hits was last counted when it came to the window, and has it on it.
    #[inline]
    fn of_candidate(&mut self, entry: Entry) -> u8 {
        entry.marks.seen()
    }

    /// The same is asked again as long as the candidates lose.
    #[inline]
    fn of_victim(&mut self, entry: Entry) -> u8 {
        self.get_again(entry.hash)
    }
}

/// A miniature reads what the real cache sees, and adds nothing.
impl Frequency for &Sketch {
    fn seen(&mut self, entry: Entry, _times: u8) -> Marks {
        entry.marks
    }

    fn of_candidate(&mut self, entry: Entry) -> u8 {
        self.get(entry.hash)
    }

    fn of_victim(&mut self, entry: Entry) -> u8 {
        self.get(entry.hash)
    }
}

/// How many entries that were hit in the window one eviction passes over, and how many in main: bounds the longest eviction, not
/// the mean.
const PASS_IN_WINDOW: usize = 64;
const PASS_IN_MAIN: usize = 256;
/// How many entries a window that is too large hands to main in one eviction.
const HAND_OVER: usize = 4;

/// Which of the two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Window,
    Main,
}

impl Which {
    fn of(marks: Marks) -> Self {
        if marks.is_main() { Self::Main } else { Self::Window }
    }
}

/// In which order the slots stand in the two queues.
pub(super) trait Order {
    fn len(&self, which: Which) -> usize;
    /// In as the last to come out, or as the next.
    fn push(&mut self, which: Which, slot: u32, end: End);
    /// The last that came in, or the next to come out.
    fn peek(&self, which: Which, end: End) -> Option<u32>;
    /// `slot` must be in this queue. Cheap at both ends.
    fn remove(&mut self, which: Which, slot: u32);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Young,
    Old,
}

/// Doubly linked: out of the middle in O(1), for 4 bytes per entry, or 8 in a large shard.
#[derive(Debug, Default)]
pub(super) struct Linked {
    links: Links,
    window: Queue,
    main: Queue,
}

impl Linked {
    #[inline]
    fn queue(&self, which: Which) -> &Queue {
        match which {
            Which::Window => &self.window,
            Which::Main => &self.main,
        }
    }

    #[inline]
    fn parts(&mut self, which: Which) -> (&mut Queue, &mut Links) {
        let queue = match which {
            Which::Window => &mut self.window,
            Which::Main => &mut self.main,
        };
        (queue, &mut self.links)
    }
}

impl Order for Linked {
    fn len(&self, which: Which) -> usize {
        self.queue(which).len()
    }

    #[inline]
    fn push(&mut self, which: Which, slot: u32, end: End) {
        let (queue, links) = self.parts(which);
        links.make_room(slot);
        match end {
            End::Young => queue.push(links, slot),
            End::Old => queue.push_back(links, slot),
        }
    }

    fn peek(&self, which: Which, end: End) -> Option<u32> {
        match end {
            End::Young => self.queue(which).front(),
            End::Old => self.queue(which).back(),
        }
    }

    fn remove(&mut self, which: Which, slot: u32) {
        let (queue, links) = self.parts(which);
        queue.unlink(links, slot);
    }
}

/// The window and main: two CLOCKs. Entries are hit without their knowing, and looked at when their turn comes.
#[derive(Debug, Default)]
pub(super) struct Queues<O> {
    order: O,
    window_weight: u64,
    main_weight: u64,
}

impl<O: Order> Queues<O> {
    pub(super) fn len(&self) -> usize {
        self.order.len(Which::Window) + self.order.len(Which::Main)
    }

    pub(super) fn weight(&self) -> u64 {
        self.window_weight + self.main_weight
    }

    fn weight_of(&mut self, which: Which) -> &mut u64 {
        match which {
            Which::Window => &mut self.window_weight,
            Which::Main => &mut self.main_weight,
        }
    }

    #[inline]
    fn push(&mut self, slot: u32, weight: u32, marks: Marks, end: End) {
        let which = Which::of(marks);
        *self.weight_of(which) += u64::from(weight);
        self.order.push(which, slot, end);
    }

    /// Takes a new entry in.
    #[inline(always)]
    pub(super) fn admit(&mut self, slot: u32, weight: u32, marks: Marks) {
        self.push(slot, weight, marks, End::Young);
    }

    /// Lets go of an entry.
    pub(super) fn remove(&mut self, slot: u32, entry: Entry) {
        let which = Which::of(entry.marks);
        *self.weight_of(which) -= u64::from(entry.weight);
        self.order.remove(which, slot);
    }

    /// Moves an entry to the young end of a queue, or to the old one, and gives it new marks.
    #[inline(never)]
    fn requeue(&mut self, entries: &mut impl Entries, slot: u32, entry: Entry, marks: Marks, end: End) {
        self.remove(slot, entry);
        self.push(slot, entry.weight, marks, end);
        if marks != entry.marks {
            entries.mark(slot, marks);
        }
    }

    /// Chooses an entry to leave and lets go of it. The entry that needs the room is about to be admitted, most likely to the window.
    #[inline]
    pub(super) fn evict(
        &mut self,
        entries: &mut impl Entries,
        settings: Settings,
        frequency: &mut impl Frequency,
    ) -> Option<(u32, Entry)> {
        let size = self.window_size(settings);
        // Entries weigh at least 1.
        if self.window_weight + size.newcomer > size.target + 1 {
            self.shrink_window(entries, size);
        }
        let candidate = self.turn_window(entries, settings, frequency, size);
        let victim = self.turn_main(entries, frequency, size);
        let (slot, entry) = match (candidate, victim) {
            (Some((slot, candidate)), Some((rival, victim))) => {
                if frequency.of_candidate(candidate) > frequency.of_victim(victim) + settings.margin {
                    self.requeue(entries, slot, candidate, candidate.marks.in_main(true), End::Young);
                    (rival, victim)
                } else {
                    (slot, candidate)
                }
            }
            (Some(chosen), None) | (None, Some(chosen)) => chosen,
            (None, None) => self.next(entries, Which::Window)?,
        };
        self.remove(slot, entry);
        Some((slot, entry))
    }

    /// The next to come out.
    #[inline]
    fn next(&self, entries: &impl Entries, which: Which) -> Option<(u32, Entry)> {
        let slot = self.order.peek(which, End::Old)?;
        Some((slot, entries.get(slot)?))
    }

    /// What the window should weigh before an entry is admitted to it. Capacity is the cache's, not the shard's, so what the shard
    /// holds when it needs room is what it may hold. The newcomer, whose weight is taken to be the usual one, has to fit in: were the
    /// window smaller, it would be handed to main's old end unasked.
    #[inline]
    fn window_size(&self, settings: Settings) -> Size {
        let (weight, len) = (self.weight(), self.len() as u64);
        // Where all entries weigh 1, which is usual, there is nothing to divide.
        let newcomer = if weight <= len { 1 } else { weight / len.max(1) };
        Size { target: settings.window.of(weight).max(newcomer), newcomer }
    }

    /// A window that became too large hands its youngest to main's old end, a few at a time. Main decides about them next. Handing
    /// its oldest to main's young end instead cost 0.2 points in the mean of the traces.
    #[cold]
    #[inline(never)]
    fn shrink_window(&mut self, entries: &mut impl Entries, size: Size) {
        for _ in 0..HAND_OVER {
            let Some(slot) = self.order.peek(Which::Window, End::Young) else { break };
            let Some(entry) = entries.get(slot) else { break };
            if self.window_weight + size.newcomer <= size.target + u64::from(entry.weight) {
                break;
            }
            self.requeue(entries, slot, entry, entry.marks.in_main(true), End::Old);
        }
    }

    #[inline]
    fn window_is_full(&self, size: Size) -> bool {
        self.window_weight + size.newcomer > size.target
    }

    /// Finds what has to leave a full window: most of the time what is next.
    #[inline]
    fn turn_window(
        &mut self,
        entries: &mut impl Entries,
        settings: Settings,
        frequency: &mut impl Frequency,
        size: Size,
    ) -> Option<(u32, Entry)> {
        if !self.window_is_full(size) {
            return None;
        }
        let (slot, entry) = self.next(entries, Which::Window)?;
        if entry.marks.hits() == 0 {
            return Some((slot, entry));
        }
        self.pass_in_window(entries, settings, frequency, size)
    }

    /// The same, past entries that were hit.
    #[inline(never)]
    fn pass_in_window(
        &mut self,
        entries: &mut impl Entries,
        settings: Settings,
        frequency: &mut impl Frequency,
        size: Size,
    ) -> Option<(u32, Entry)> {
        for passed in 0.. {
            if !self.window_is_full(size) {
                break;
            }
            let (slot, entry) = self.next(entries, Which::Window)?;
            let hits = entry.marks.hits();
            if hits == 0 || passed == PASS_IN_WINDOW {
                return Some((slot, entry));
            }
            let marks = frequency.seen(entry, hits).with_hits(0).in_main(settings.promote);
            self.requeue(entries, slot, entry, marks, End::Young);
        }
        None
    }

    /// Finds what main would do without: most of the time what is next.
    #[inline]
    fn turn_main(
        &mut self,
        entries: &mut impl Entries,
        frequency: &mut impl Frequency,
        size: Size,
    ) -> Option<(u32, Entry)> {
        let (slot, entry) = self.next(entries, Which::Main)?;
        if entry.marks.hits() == 0 {
            return Some((slot, entry));
        }
        self.pass_in_main(entries, frequency, size)
    }

    /// The same, past entries that were hit.
    #[inline(never)]
    fn pass_in_main(
        &mut self,
        entries: &mut impl Entries,
        frequency: &mut impl Frequency,
        size: Size,
    ) -> Option<(u32, Entry)> {
        for passed in 0.. {
            let (slot, entry) = self.next(entries, Which::Main)?;
            let hits = entry.marks.hits();
            if hits == 0 || passed == PASS_IN_MAIN {
                return Some((slot, entry));
            }
            // A window that became too small takes what main would keep.
            let main = self.window_weight + size.newcomer >= size.target - size.target / 8;
            let marks = frequency.seen(entry, 1).with_hits(hits - 1).in_main(main);
            self.requeue(entries, slot, entry, marks, End::Young);
        }
        None
    }
}

/// Of the window.
#[derive(Clone, Copy)]
struct Size {
    target: u64,
    newcomer: u64,
}

#[cfg(all(test, not(shuttle)))]
impl Queues<Linked> {
    /// Whether every entry is in the queue that its marks name, and the weights add up.
    pub(super) fn validate(&self, entries: &impl Entries) {
        for (which, weight) in [(Which::Window, self.window_weight), (Which::Main, self.main_weight)] {
            let slots = self.order.slots(which);
            assert_eq!(slots.len(), self.order.len(which));
            let entries = slots.iter().map(|slot| entries.get(*slot).expect("what is in a queue is there"));
            let entries: Vec<_> = entries.collect();
            assert!(entries.iter().all(|entry| Which::of(entry.marks) == which), "{which:?} {entries:?}");
            assert_eq!(entries.iter().map(|entry| u64::from(entry.weight)).sum::<u64>(), weight, "{which:?}");
        }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Linked {
    fn slots(&self, which: Which) -> Vec<u32> {
        self.queue(which).slots(&self.links)
    }
}
