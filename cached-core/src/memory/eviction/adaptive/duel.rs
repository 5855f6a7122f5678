use super::miniature::Miniature;
use super::queues::Entries;
use super::records::{Records, Watched};
use super::settings::{FAMILY, Running};
use super::sketch::Sketch;

/// Finds out which settings do best: one miniature cache for each, all playing the same sample of the keys.
///
/// A miss on a sampled key is played when it happens. A hit is not reported, so that it costs no more than on other keys: each
/// sampled miss looks at some of the sampled entries in turn and plays those that were hit since the last look. So a miniature
/// sees an entry's hits thinned out and a little late, which was measured to choose no worse than all of them in order.
#[derive(Debug)]
pub(super) struct Duel {
    contestants: [Contestant; FAMILY.len()],
    /// One key in `rate` is sampled; a power of two.
    rate: u32,
    /// The sample's share of the shard.
    share: usize,
    /// How many entries a miniature may have.
    capacity: usize,
    /// Accesses played since the last judgement.
    played: u32,
    records: Records,
    /// Where the next look begins.
    hand: usize,
    /// Whether the real cache was full of late.
    full: bool,
}

#[derive(Debug)]
struct Contestant {
    miniature: Miniature,
    /// Since the last judgement.
    misses: u32,
    /// Hits of the past, fading.
    score: f32,
}

/// Entries of a miniature: a sixteenth of the cache's, within these limits. Smaller ones are too noisy to tell the settings apart.
const LEAST_CAPACITY: usize = 128;
const MOST_CAPACITY: usize = 512;
/// How many sampled entries a sampled miss looks at.
const LOOK: usize = 16;
/// ... unless so many in a row were not hit: where hits are rare, looking for them should not be what a miss costs most.
const LOOK_IN_VAIN: usize = 8;
/// A judgement comes after so many accesses per entry of a miniature.
const JUDGE_EVERY: f32 = 0.25;
/// A hit counts half after so many accesses per entry of a miniature.
const HALF_LIFE: f32 = 20.0;
/// To take over, a contestant must lead by so many standard deviations of a count as large as its score, and by two hits.
const LEAD: f32 = 0.7;

impl Duel {
    /// A duel beside a shard of about `entries` entries, one of `shards`.
    pub(super) fn new(entries: usize, shards: usize) -> Self {
        let most = (entries.saturating_mul(shards) / 16).clamp(LEAST_CAPACITY, MOST_CAPACITY);
        let rate = entries.div_ceil(most + 1).next_power_of_two();
        let capacity = (entries / rate).max(2);
        let contestant = |number: usize| {
            let miniature = Miniature::new(number, FAMILY[number]);
            Contestant { miniature, misses: 0, score: 0.0 }
        };
        Self {
            contestants: std::array::from_fn(contestant),
            rate: u32::try_from(rate).unwrap_or(1 << 31),
            share: capacity,
            capacity,
            played: 0,
            records: Records::new(),
            hand: 0,
            full: false,
        }
    }

    /// Whether a key is in the sample. Mixes the hash anew, because sketch and ghosts use its bits too.
    #[inline]
    fn samples(&self, hash: u32) -> bool {
        let mixed = (hash ^ hash >> 15).wrapping_mul(0x2c1b_3c6d);
        let mixed = (mixed ^ mixed >> 12).wrapping_mul(0x297a_2d39);
        (mixed >> 8) & (self.rate - 1) == 0
    }

    /// A key entered the real cache, after a miss.
    pub(super) fn admitted(
        &mut self,
        slot: u32,
        hash: u32,
        entries: &mut impl Entries,
        sketch: &Sketch,
        running: &Running,
    ) {
        if !self.samples(hash) {
            return;
        }
        let mut in_vain = 0;
        for _ in 0..LOOK.min(self.records.watched().len()) {
            in_vain = if self.look(entries, sketch) { 0 } else { in_vain + 1 };
            if in_vain == LOOK_IN_VAIN {
                break;
            }
        }
        let Some(number) = self.records.find_or_add(hash) else { return };
        self.play(number, sketch);
        if self.played >= ((self.share as f32 * JUDGE_EVERY) as u32).max(8) {
            self.judge(running);
        }
        self.records.watch(number, slot);
    }

    /// Looks at the next sampled entry and plays it if it was hit, and tells whether it was.
    fn look(&mut self, entries: &mut impl Entries, sketch: &Sketch) -> bool {
        let watched = self.records.watched();
        self.hand = if self.hand + 1 < watched.len() { self.hand + 1 } else { 0 };
        let Some(&Watched { number, slot }) = watched.get(self.hand) else { return false };
        let Some(entry) = entries.get(slot).filter(|entry| entry.marks.is_fresh()) else { return false };
        entries.mark(slot, entry.marks.seen());
        self.play(number, sketch);
        true
    }

    /// A key was evicted from the real cache.
    pub(super) fn evicted(&mut self, hash: u32) {
        self.full = true;
        if self.samples(hash)
            && let Some(number) = self.unwatch(hash)
        {
            self.records.settle(number);
        }
    }

    /// A key was removed from the real cache, as it would have been from any other.
    pub(super) fn removed(&mut self, hash: u32) {
        if self.samples(hash)
            && let Some(number) = self.unwatch(hash)
        {
            for contestant in &mut self.contestants {
                contestant.miniature.remove(&mut self.records, number);
            }
            self.records.settle(number);
        }
    }

    fn unwatch(&mut self, hash: u32) -> Option<u16> {
        let number = self.records.find(hash)?;
        self.records.unwatch(number);
        Some(number)
    }

    /// Plays one access in every miniature.
    fn play(&mut self, number: u16, sketch: &Sketch) {
        self.records.hit(number);
        for contestant in &mut self.contestants {
            if !contestant.miniature.holds(&self.records, number) {
                contestant.misses += 1;
                contestant.miniature.fill(&mut self.records, number, self.capacity, sketch);
            }
        }
        self.played += 1;
    }

    /// The best takes over if its lead is more than chance would give it.
    fn judge(&mut self, running: &Running) {
        let fade = 0.5f32.powf(self.played as f32 / (HALF_LIFE * self.share as f32));
        let played = std::mem::take(&mut self.played);
        // As many as the real cache holds of the sample. By chance there are more or fewer sampled keys than their share; were the share the
        // capacity, a loop too long for the cache could fit into the miniatures, and tell nothing.
        if std::mem::take(&mut self.full) && self.rate > 1 {
            self.capacity = self.records.watched().len().clamp(self.share / 2, 2 * self.share).max(2);
        }
        for contestant in &mut self.contestants {
            contestant.score = contestant.score * fade + (played - std::mem::take(&mut contestant.misses)) as f32;
        }
        let score = |number: usize| self.contestants[number].score;
        let current = running.number();
        let best = (0..FAMILY.len()).fold(current, |best, other| if score(other) > score(best) { other } else { best });
        if score(best) - score(current) > 2.0 + LEAD * score(best).sqrt() {
            running.change(best);
        }
    }
}

#[cfg(all(test, not(shuttle)))]
impl Duel {
    /// For tests, between operations.
    pub(super) fn validate(&self) {
        self.contestants.iter().for_each(|contestant| contestant.miniature.validate(&self.records));
    }
}
