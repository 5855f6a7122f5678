use crate::memory::table::prefetch;

/// Which keys left lately, and how often they had been seen: what *Multi-Queue* keeps in its `Qout` (Zhou, Philbin, Li, *The Multi-Queue
/// Replacement Algorithm for Second Level Buffer Caches*, USENIX ATC 2001), as a table of fingerprints, each bucket of which forgets
/// its oldest for a new one. 8 bytes per entry, and one cache line for whoever asks, but in small shards.
#[derive(Debug)]
pub(super) struct Ghosts {
    lines: Vec<Line>,
    buckets: usize,
    /// Lines in each.
    per_bucket: usize,
    /// How many of the youngest in a bucket left lately enough to [return](Ghost::returns).
    young: usize,
    /// The last eviction, whose bucket is on its way.
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    hash: u32,
    seen: u8,
}

/// What is known of a key that left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ghost {
    /// How often it had been seen, at most [`MOST_SEEN`].
    pub(super) seen: u8,
    /// It was evicted only just.
    pub(super) returns: bool,
}

/// So far anybody counts how often a key was seen.
pub(super) const MOST_SEEN: u8 = 15;

/// A bucket, or a part of one: notes of keys that left, the youngest first.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
struct Line {
    /// 0 where there is no note. With 12 bits, which leaves room for more notes, keys pass for each other so often that the mean of the traces
    /// is 0.05 points lower.
    fingerprints: [u16; LINE],
    /// How often each was seen, [`BITS`] bits for each, the youngest's the lowest.
    seen: u128,
}

/// What is noted of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Note {
    fingerprint: u16,
    seen: u8,
}

/// Notes in a line.
const LINE: usize = 24;
/// As many as [`MOST_SEEN`] takes.
const BITS: usize = 4;
/// How many notes there is room for, per entry. With 2, the mean of the traces is 0.07 points lower; with 4, no better.
const PER_ENTRY: usize = 3;
/// A small shard needs the history of a larger one to tell what is frequent: it has room for so many notes, ...
const LEAST: usize = 2048;
/// ... as far as so many lines in a bucket, all of which have to be looked through, are enough for them.
const MOST_LINES: usize = 8;

impl Line {
    fn note(&self, at: usize) -> Note {
        Note { fingerprint: self.fingerprints[at], seen: (self.seen >> (BITS * at)) as u8 & MOST_SEEN }
    }

    /// Puts a note in behind so many younger ones, and returns the oldest, for which there is no room any more.
    #[inline]
    fn put(&mut self, at: usize, note: Note) -> Note {
        let oldest = self.note(LINE - 1);
        self.fingerprints.copy_within(at..LINE - 1, at + 1);
        self.fingerprints[at] = note.fingerprint;
        let younger = (1 << (BITS * at)) - 1;
        self.seen = self.seen & younger | u128::from(note.seen) << (BITS * at) | (self.seen & !younger) << BITS;
        oldest
    }

    /// Takes one out. Those that are older move up, and `next` after them.
    fn take(&mut self, at: usize, next: Note) -> Note {
        let (taken, last) = (self.note(at), BITS * (LINE - 1));
        self.fingerprints.copy_within(at + 1.., at);
        self.fingerprints[LINE - 1] = next.fingerprint;
        let (younger, all) = ((1 << (BITS * at)) - 1, (1 << last) - 1);
        self.seen = (self.seen & younger | self.seen >> BITS & !younger) & all | u128::from(next.seen) << last;
        taken
    }
}

/// Puts a note into a bucket, behind so many younger ones. The oldest is forgotten.
#[inline]
fn put(bucket: &mut [Line], behind: usize, note: Note) {
    let (mut at, mut note) = (behind, note);
    for line in bucket {
        (note, at) = (line.put(at, note), 0);
    }
}

/// Whether a bucket has something for [`take`].
#[inline]
fn has(bucket: &[Line], fingerprint: u16) -> bool {
    let is_in = |line: &Line| line.fingerprints.iter().fold(false, |has, other| has | (*other == fingerprint));
    bucket.iter().any(is_in)
}

/// Takes the youngest note with this fingerprint out of a bucket; what is older moves up. Returns how many are younger, too.
#[cold]
#[inline(never)]
fn take(bucket: &mut [Line], fingerprint: u16) -> Option<(usize, Note)> {
    let younger = bucket.iter().flat_map(|line| &line.fingerprints).position(|other| *other == fingerprint)?;
    let mut next = Note::default();
    for line in bucket[younger / LINE + 1..].iter_mut().rev() {
        next = line.take(0, next);
    }
    Some((younger, bucket[younger / LINE].take(younger % LINE, next)))
}

impl Ghosts {
    /// For `entries` entries. A key returns if it is among the last evictions, about five eighths as many as entries: with as many, the mean
    /// of the traces is no better, and loops are worse.
    pub(super) fn new(entries: usize) -> Self {
        let notes = (entries * PER_ENTRY).max(1);
        let buckets = notes.div_ceil(LINE);
        let per_bucket = ((LEAST + notes / 2) / notes).clamp(1, MOST_LINES);
        // Not more than a line has: a bucket's share of the entries is an eighth of its notes or of a line's.
        let young = (entries * 5).div_ceil(8 * buckets);
        Self { lines: vec![Line::default(); buckets * per_bucket], buckets, per_bucket, young, last: None }
    }

    /// Where a key's bucket begins, and its fingerprint.
    #[inline]
    fn place(&self, hash: u32) -> (usize, u16) {
        let mixed = u64::from(hash).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let bucket = ((mixed >> 32) * self.buckets as u64) >> 32;
        (bucket as usize * self.per_bucket, (mixed >> 16) as u16 | 1)
    }

    /// For a key that will be looked for soon.
    #[inline]
    pub(super) fn prefetch(&self, hash: u32) {
        prefetch(self.lines.as_ptr().wrapping_add(self.place(hash).0));
    }

    #[inline]
    fn bucket(&mut self, hash: u32) -> (u16, &mut [Line]) {
        let (start, fingerprint) = self.place(hash);
        (fingerprint, self.lines.get_mut(start..start + self.per_bucket).unwrap_or_default())
    }

    /// A key was evicted that had been seen so often, at most [`MOST_SEEN`] times.
    #[inline]
    pub(super) fn put(&mut self, hash: u32, seen: u8) {
        self.prefetch(hash);
        if let Some(last) = self.last.replace(Last { hash, seen }) {
            self.put_behind(0, last);
        }
    }

    /// The same of a key that left for another reason, and does not [return](Ghost::returns) if it comes back.
    pub(super) fn put_removed(&mut self, hash: u32, seen: u8) {
        self.put_behind(self.young, Last { hash, seen });
    }

    #[inline]
    fn put_behind(&mut self, younger: usize, Last { hash, seen }: Last) {
        let (fingerprint, bucket) = self.bucket(hash);
        put(bucket, younger, Note { fingerprint, seen });
    }

    /// What is known of a key. It is forgotten with that.
    #[inline]
    pub(super) fn take(&mut self, hash: u32) -> Option<Ghost> {
        if let Some(last) = self.last.take_if(|last| last.hash == hash) {
            return Some(Ghost { seen: last.seen, returns: true });
        }
        let young = self.young;
        let (fingerprint, bucket) = self.bucket(hash);
        if !has(bucket, fingerprint) {
            return None;
        }
        let (younger, note) = take(bucket, fingerprint)?;
        Some(Ghost { seen: note.seen, returns: younger < young })
    }

    /// Halves how often keys were seen.
    pub(super) fn fade(&mut self) {
        /// All bits but the highest of each.
        const HALVES: u128 = u128::MAX / MOST_SEEN as u128 * (MOST_SEEN as u128 / 2);
        self.lines.iter_mut().for_each(|line| line.seen = line.seen >> 1 & HALVES);
        if let Some(last) = &mut self.last {
            last.seen /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn what_was_evicted_is_known_once_and_not_for_ever() {
        let mut ghosts = Ghosts::new(800);
        ghosts.put(7, 5);
        assert_eq!(ghosts.take(7), Some(Ghost { seen: 5, returns: true }), "the last one");
        assert_eq!(ghosts.take(7), None, "taken");
        (1000..6000).for_each(|hash| ghosts.put(hash, (hash % 16) as u8));
        let known = (1000..3000).filter(|&hash| ghosts.take(hash).is_some()).count();
        assert!(known < 80, "{known} of 2,000: too long ago");
        let known = (4500..6000).filter(|&hash| ghosts.take(hash).is_some_and(|it| u32::from(it.seen) == hash % 16));
        assert!(known.count() > 1400, "a bucket that is chosen more often forgets earlier");
    }

    #[test]
    fn a_key_returns_for_five_eighths_as_many_evictions_as_there_are_entries() {
        for entries in [16, 50, 300, 5_000] {
            let (mut soon, mut late) = (0, 0);
            for round in 0..200 {
                let mut ghosts = Ghosts::new(entries);
                let mut evict = |evictions: usize| (0..evictions).for_each(|_| ghosts.put(fastrand::u32(..), 1));
                evict(3 * entries);
                evict(round % 7);
                ghosts.put(7, 1);
                let mut evict = |evictions: usize| (0..evictions).for_each(|_| ghosts.put(fastrand::u32(..), 1));
                evict(entries / 4);
                let mut later = Ghosts { lines: ghosts.lines.clone(), ..ghosts };
                soon += u32::from(ghosts.take(7).is_some_and(|ghost| ghost.returns));
                (0..entries).for_each(|_| later.put(fastrand::u32(..), 1));
                late += u32::from(later.take(7).is_some_and(|ghost| ghost.returns));
            }
            assert!(soon > 170 && late < 30, "{soon} and {late} of 200, {entries} entries");
        }
    }

    #[test]
    fn what_was_removed_is_known_and_does_not_return() {
        let mut ghosts = Ghosts::new(1_000);
        for hash in 0..100 {
            ghosts.put_removed(hash, 3);
            assert_eq!(ghosts.take(hash), Some(Ghost { seen: 3, returns: false }));
        }
    }

    #[test]
    fn counts_fade_by_halves() {
        let mut ghosts = Ghosts::new(1_000);
        (0..16).for_each(|hash| ghosts.put(u32::from(hash), hash));
        ghosts.fade();
        assert!((0..16).all(|hash| ghosts.take(u32::from(hash)).is_some_and(|ghost| ghost.seen == hash / 2)));
    }

    #[test]
    fn a_bucket_is_a_short_queue() {
        for lines in 1..4 {
            let mut bucket = vec![Line::default(); lines];
            let mut model = VecDeque::from(vec![Note::default(); lines * LINE]);
            let mut random = fastrand::Rng::with_seed(3);
            for _ in 0..20_000 {
                let note = Note { fingerprint: random.u16(..40) | 1, seen: random.u8(..16) };
                if random.bool() {
                    let behind = random.choice([0, 0, 2, 5]).expect("a place");
                    put(&mut bucket, behind, note);
                    model.insert(behind, note);
                    model.pop_back();
                } else {
                    let found = model.iter().position(|other| other.fingerprint == note.fingerprint);
                    assert_eq!(has(&bucket, note.fingerprint), found.is_some());
                    let expected = found.and_then(|at| Some((at, model.remove(at)?)));
                    assert_eq!(take(&mut bucket, note.fingerprint), expected);
                    model.resize(lines * LINE, Note::default());
                }
                let notes = bucket.iter().flat_map(|line| (0..LINE).map(|at| line.note(at)));
                assert!(notes.eq(model.iter().copied()), "{bucket:x?} {model:x?}");
            }
        }
    }

    #[test]
    fn keys_rarely_pass_for_each_other() {
        for entries in [16, 300, 1_000] {
            let mut ghosts = Ghosts::new(entries);
            (0..10 * entries as u32).for_each(|hash| ghosts.put(hash, 1));
            let mistaken = (100_000..120_000).filter(|&hash| ghosts.take(hash).is_some()).count();
            assert!(mistaken < 160, "{mistaken} of 20,000 that were never evicted, {entries} entries");
        }
    }
}
