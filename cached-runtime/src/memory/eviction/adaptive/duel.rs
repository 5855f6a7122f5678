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
    miniatures: [Miniature; FAMILY.len()],
    /// Accesses since the last judgement, by who of the miniatures hit, a bit for each.
    outcomes: [u16; 1 << FAMILY.len()],
    /// The same of the past, fading.
    past: [f32; 1 << FAMILY.len()],
    sample: Sample,
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

/// Which keys are played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// One key in so many; a power of two, or 0 for none.
    rate: u32,
}

impl Sample {
    pub(super) const NOTHING: Self = Self { rate: 0 };

    /// Whether a key is in it. Mixes the hash anew, because sketch and ghosts use its bits too.
    ///
    /// One question for shards with a duel and without: which of them comes next could not be predicted.
    #[inline]
    pub(super) fn contains(self, hash: u32) -> bool {
        let mixed = (hash ^ hash >> 15).wrapping_mul(0x2c1b_3c6d);
        let mixed = (mixed ^ mixed >> 12).wrapping_mul(0x297a_2d39);
        // Of no number but 0 is nothing less than 0.
        (mixed >> 8) & self.rate.wrapping_sub(1) < self.rate.min(1)
    }
}

/// Entries of a miniature: a sixteenth of the cache's, within these limits. Smaller ones are too noisy to tell the settings apart.
const LEAST_CAPACITY: usize = 128;
const MOST_CAPACITY: usize = 512;
/// In a large cache, where it weighs nothing beside the entries, a sixty-fourth of the cache's within this limit: by less, which keys were
/// sampled decided between settings that are 3 points apart.
const MOST_CAPACITY_OF_LARGE: usize = 2048;
/// How many sampled entries a sampled miss looks at.
const LOOK: usize = 16;
/// ... unless so many in a row were not hit: where hits are rare, looking for them should not be what a miss costs most.
const LOOK_IN_VAIN: usize = 8;
/// A judgement comes after so many accesses per entry of a miniature.
const JUDGE_EVERY: f32 = 0.25;
/// A hit counts half after so many accesses per entry of a miniature.
const HALF_LIFE: f32 = 30.0;
/// To take over, a contestant must lead by so many standard deviations of what chance would make of the accesses where only one of
/// the two hit, and by two hits.
const LEAD: f32 = 2.0;

impl Duel {
    /// A duel beside a shard of about `entries` entries, one of `shards`.
    pub(super) fn new(entries: usize, shards: usize) -> Self {
        let all = entries.saturating_mul(shards);
        let most = (all / 16).clamp(LEAST_CAPACITY, MOST_CAPACITY).max((all / 64).min(MOST_CAPACITY_OF_LARGE));
        let rate = entries.div_ceil(most + 1).next_power_of_two();
        let capacity = (entries / rate).max(2);
        Self {
            miniatures: std::array::from_fn(|number| Miniature::new(number, FAMILY[number])),
            outcomes: [0; 1 << FAMILY.len()],
            past: [0.0; 1 << FAMILY.len()],
            sample: Sample { rate: u32::try_from(rate).unwrap_or(1 << 31) },
            share: capacity,
            capacity,
            played: 0,
            records: Records::new(),
            hand: 0,
            full: false,
        }
    }

    /// Of which keys it wants to be told.
    pub(super) fn sample(&self) -> Sample {
        self.sample
    }

    /// A sampled key entered the real cache, after a miss.
    #[inline(never)]
    pub(super) fn admitted(
        &mut self,
        slot: u32,
        hash: u32,
        entries: &mut impl Entries,
        sketch: &Sketch,
        running: &Running,
    ) {
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
        entries.mark(slot, entry.marks.looked_at());
        self.play(number, sketch);
        true
    }

    /// A sampled key was evicted from the real cache.
    #[inline(never)]
    pub(super) fn evicted(&mut self, hash: u32) {
        self.full = true;
        if let Some(number) = self.unwatch(hash) {
            self.records.settle(number);
        }
    }

    /// A sampled key was removed from the real cache, as it would have been from any other.
    pub(super) fn removed(&mut self, hash: u32) {
        if let Some(number) = self.unwatch(hash) {
            for miniature in &mut self.miniatures {
                miniature.remove(&mut self.records, number);
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
        let mut hits = 0;
        for (contestant, miniature) in self.miniatures.iter_mut().enumerate() {
            if miniature.holds(&self.records, number) {
                hits |= 1 << contestant;
            } else {
                miniature.fill(&mut self.records, number, self.capacity, sketch);
            }
        }
        self.outcomes[hits] = self.outcomes[hits].saturating_add(1);
        self.played += 1;
    }

    /// The best takes over if its lead is more than chance would give it.
    fn judge(&mut self, running: &Running) {
        let fade = 0.5f32.powf(self.played as f32 / (HALF_LIFE * self.share as f32));
        self.played = 0;
        // As many as the real cache holds of the sample. By chance there are more or fewer sampled keys than their share; were the share the
        // capacity, a loop too long for the cache could fit into the miniatures, and tell nothing.
        if std::mem::take(&mut self.full) && self.sample.rate > 1 {
            self.capacity = self.records.watched().len().clamp(self.share / 2, 2 * self.share).max(2);
        }
        for (past, outcomes) in self.past.iter_mut().zip(&mut self.outcomes) {
            *past = *past * fade + f32::from(std::mem::take(outcomes));
        }
        let current = running.number();
        let leads = (0..FAMILY.len()).map(|other| self.lead(other, current));
        let best = leads
            .enumerate()
            .filter(|(_, lead)| lead.is_beyond_chance())
            .max_by(|(_, a), (_, b)| a.hits.total_cmp(&b.hits));
        if let Some((best, _)) = best {
            running.change(best);
        }
    }

    /// How one contestant did against another.
    fn lead(&self, of: usize, over: usize) -> Lead {
        let mut lead = Lead { hits: 0.0, differing: 0.0 };
        for (hits, &times) in self.past.iter().enumerate() {
            match (hits >> of & 1, hits >> over & 1) {
                (1, 0) => lead = Lead { hits: lead.hits + times, differing: lead.differing + times },
                (0, 1) => lead = Lead { hits: lead.hits - times, differing: lead.differing + times },
                _ => {}
            }
        }
        lead
    }
}

/// Of one contestant over another.
struct Lead {
    /// How many more.
    hits: f32,
    /// In how many accesses only one of the two hit.
    differing: f32,
}

impl Lead {
    fn is_beyond_chance(&self) -> bool {
        self.hits > 2.0 + LEAD * self.differing.sqrt()
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    fn after(outcomes: &[(usize, u16)]) -> usize {
        let (mut duel, running) = (Duel::new(1_000, 1), Running::default());
        running.change(0);
        for &(hits, times) in outcomes {
            duel.outcomes[hits] = times;
            duel.played += u32::from(times);
        }
        duel.judge(&running);
        running.number()
    }

    #[test]
    fn a_lead_counts_by_the_accesses_that_only_one_of_two_hit() {
        // Who hits, a bit for each: 0 runs, 1 is the challenger.
        assert_eq!(after(&[(0b00010, 16), (0b00001, 1), (0b00011, 5_000)]), 1, "what both hit tells nothing");
        assert_eq!(after(&[(0b00010, 1_016), (0b00001, 1_001)]), 0, "the same lead by chance");
        assert_eq!(after(&[(0b00010, 2)]), 0, "two hits are too little to judge by");
        assert_eq!(after(&[(0b00010, 40), (0b01000, 60)]), 3, "the largest lead");
    }
}

#[cfg(all(test, not(shuttle)))]
impl Duel {
    /// For tests, between operations.
    pub(super) fn validate(&self) {
        self.miniatures.iter().for_each(|miniature| miniature.validate(&self.records));
    }

    /// Every watched slot holds an entry of the hash that it is watched for.
    pub(super) fn validate_watched(&self, entries: &impl Entries) {
        for watched in self.records.watched() {
            let entry = entries.get(watched.slot).expect("what is watched is there");
            assert_eq!(self.records.find(entry.hash), Some(watched.number), "{watched:?}");
        }
    }
}
