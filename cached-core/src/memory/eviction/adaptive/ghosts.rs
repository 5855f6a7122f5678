/// Which keys were evicted lately: a table of fingerprints with the time of their eviction, which forgets the oldest of a bucket for
/// a new one. 4 bytes per remembered eviction.
#[derive(Debug)]
pub(super) struct Ghosts {
    buckets: Vec<[Ghost; BUCKET]>,
    /// In evictions.
    now: u64,
    /// Evictions per tick, as a power of two: a ghost's 16-bit time must not come round while it is remembered.
    tick: u32,
    /// For how many evictions a ghost is remembered.
    life: u64,
}

const BUCKET: usize = 4;

/// Upper half: fingerprint, never 0; lower half: the tick of the eviction. 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ghost(u32);

impl Ghost {
    fn fingerprint(self) -> u32 {
        self.0 & 0xffff_0000
    }
}

impl Ghosts {
    /// Remembers about `life` evictions.
    pub(super) fn new(life: usize) -> Self {
        let life = life.max(1);
        let tick = (usize::BITS - (life >> 12).leading_zeros()).min(31);
        Self { buckets: vec![Default::default(); life.div_ceil(BUCKET)], now: 1, tick, life: life as u64 }
    }

    /// A key's bucket and fingerprint.
    fn place(&self, hash: u32) -> (usize, u32) {
        let mixed = u64::from(hash).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let bucket = ((mixed >> 32) * self.buckets.len() as u64) >> 32;
        (bucket as usize, mixed as u32 & 0xffff_0000 | 0x1_0000)
    }

    fn age(&self, ghost: Ghost) -> u64 {
        let now = (self.now >> self.tick) as u16;
        u64::from(now.wrapping_sub(ghost.0 as u16)) << self.tick
    }

    /// A key was evicted.
    pub(super) fn put(&mut self, hash: u32) {
        self.now += 1;
        let (bucket, fingerprint) = self.place(hash);
        let age = |ghost: &Ghost| if *ghost == Ghost::default() { u64::MAX } else { self.age(*ghost) };
        let ages = self.buckets[bucket].each_ref().map(age);
        let oldest = (1..BUCKET).fold(0, |oldest, i| if ages[i] > ages[oldest] { i } else { oldest });
        let tick = (self.now >> self.tick) as u16;
        self.buckets[bucket][oldest] = Ghost(fingerprint | u32::from(tick));
    }

    /// Whether a key was evicted lately. If so, this is forgotten.
    pub(super) fn take(&mut self, hash: u32) -> bool {
        let (bucket, fingerprint) = self.place(hash);
        let Some(i) = self.buckets[bucket].iter().position(|ghost| ghost.fingerprint() == fingerprint) else {
            return false;
        };
        let ghost = std::mem::take(&mut self.buckets[bucket][i]);
        self.age(ghost) <= self.life
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ghosts_are_remembered_once_and_not_for_ever() {
        let mut ghosts = Ghosts::new(100);
        ghosts.put(7);
        assert!(ghosts.take(7));
        assert!(!ghosts.take(7), "taken");
        (1000..1200).for_each(|hash| ghosts.put(hash));
        assert!((1000..1099).all(|hash| !ghosts.take(hash)), "too long ago");
        let known = (1100..1200).filter(|&hash| ghosts.take(hash)).count();
        assert!(known > 60, "{known} of 100: a full bucket forgets earlier");
    }
}
