use crate::memory::table::prefetch;

/// Which keys were evicted lately: a table of fingerprints, each bucket of which forgets its oldest for a new one. 2 bytes per
/// remembered eviction.
#[derive(Debug)]
pub(super) struct Ghosts {
    /// Youngest first; 0 is nothing.
    buckets: Vec<[u16; BUCKET]>,
    /// The last eviction, whose bucket is on its way.
    last: Option<u32>,
}

/// So many that how long an eviction is remembered varies little: by a third, as a bucket gets its turn by chance.
const BUCKET: usize = 8;

impl Ghosts {
    /// For `entries` entries; remembers five eighths as many evictions. As many would be no better, and in loops worse.
    pub(super) fn new(entries: usize) -> Self {
        Self { buckets: vec![[0; BUCKET]; (entries / 8 * 5).div_ceil(BUCKET).max(1)], last: None }
    }

    /// The number of a key's bucket, and its fingerprint.
    #[inline]
    fn place(&self, hash: u32) -> (usize, u16) {
        let mixed = u64::from(hash).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let bucket = ((mixed >> 32) * self.buckets.len() as u64) >> 32;
        (bucket as usize, (mixed >> 16) as u16 | 1)
    }

    /// For a key that will be looked for soon.
    #[inline]
    pub(super) fn prefetch(&self, hash: u32) {
        prefetch(self.buckets.as_ptr().wrapping_add(self.place(hash).0));
    }

    /// A key was evicted.
    #[inline]
    pub(super) fn put(&mut self, hash: u32) {
        self.prefetch(hash);
        let Some(last) = self.last.replace(hash) else { return };
        let (bucket, fingerprint) = self.place(last);
        let bucket = &mut self.buckets[bucket];
        bucket.copy_within(..BUCKET - 1, 1);
        bucket[0] = fingerprint;
    }

    /// Whether a key was evicted lately. If so, this is forgotten.
    pub(super) fn take(&mut self, hash: u32) -> bool {
        if self.last.take_if(|last| *last == hash).is_some() {
            return true;
        }
        let (bucket, fingerprint) = self.place(hash);
        let bucket = &mut self.buckets[bucket];
        let Some(at) = bucket.iter().position(|&other| other == fingerprint) else { return false };
        bucket.copy_within(at + 1.., at);
        bucket[BUCKET - 1] = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ghosts_are_remembered_once_and_not_for_ever() {
        let mut ghosts = Ghosts::new(160);
        ghosts.put(7);
        assert!(ghosts.take(7));
        assert!(!ghosts.take(7), "taken");
        (1000..1400).for_each(|hash| ghosts.put(hash));
        let known = (1000..1200).filter(|&hash| ghosts.take(hash)).count();
        assert!(known < 5, "{known} of 200: too long ago");
        let known = (1300..1400).filter(|&hash| ghosts.take(hash)).count();
        assert!(known > 75, "{known} of 100: a bucket that is chosen more often forgets earlier");
    }

    #[test]
    fn keys_rarely_pass_for_each_other() {
        let mut ghosts = Ghosts::new(1_000);
        (0..2_000).for_each(|hash| ghosts.put(hash));
        let mistaken = (10_000..30_000).filter(|&hash| ghosts.take(hash)).count();
        assert!(mistaken < 20, "{mistaken} of 20,000 that were never evicted");
    }
}
