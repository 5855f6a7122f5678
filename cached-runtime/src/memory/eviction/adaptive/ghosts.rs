use crate::memory::table::prefetch;

/// Which keys were evicted lately: a table of fingerprints, each bucket of which forgets its oldest for a new one. 2 bytes per
/// remembered eviction.
#[derive(Debug)]
pub(super) struct Ghosts {
    buckets: Vec<Bucket>,
    /// The last eviction, whose bucket is on its way.
    last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    hash: u32,
    fingerprint: u16,
    bucket: usize,
}

/// Fingerprints, the youngest in the lowest bits; 0 is nothing.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(16))]
struct Bucket([u64; 2]);

/// So many that how long an eviction is remembered varies little: by a third, as a bucket gets its turn by chance.
const BUCKET: usize = 8;
const FINGERPRINT: u32 = 16;
/// The lowest bit of each fingerprint.
const ONES: u64 = 0x0001_0001_0001_0001;
/// The highest.
const HIGH: u64 = ONES << 15;

impl Bucket {
    /// Forgets the oldest for another.
    #[inline]
    fn put(&mut self, fingerprint: u16) {
        let [young, old] = self.0;
        self.0 = [young << FINGERPRINT | u64::from(fingerprint), old << FINGERPRINT | young >> (64 - FINGERPRINT)];
    }

    #[inline]
    fn take(&mut self, fingerprint: u16) -> bool {
        // Tells zeroes apart from all else, and where the lowest is (Mycroft's test).
        let matches = |word: u64| {
            let difference = word ^ (ONES * u64::from(fingerprint));
            difference.wrapping_sub(ONES) & !difference & HIGH
        };
        let [young, old] = self.0.map(matches);
        if young | old == 0 {
            return false;
        }
        self.close(young, old);
        true
    }

    /// Takes out the lowest match, and those that are older move up.
    #[cold]
    fn close(&mut self, young: u64, old: u64) {
        /// Without the lowest fingerprint that is marked, and with `next` as the highest.
        fn without(word: u64, matches: u64, next: u64) -> u64 {
            let below = (1 << (matches.trailing_zeros() / FINGERPRINT * FINGERPRINT)) - 1;
            word & below
                | (word >> FINGERPRINT & !below) & !(u64::MAX << (64 - FINGERPRINT))
                | next << (64 - FINGERPRINT)
        }
        self.0 = match young {
            0 => [self.0[0], without(self.0[1], old, 0)],
            _ => [without(self.0[0], young, self.0[1]), self.0[1] >> FINGERPRINT],
        };
    }
}

impl Ghosts {
    /// For `entries` entries; remembers five eighths as many evictions. As many would be no better, and in loops worse.
    pub(super) fn new(entries: usize) -> Self {
        Self { buckets: vec![Bucket::default(); (entries / 8 * 5).div_ceil(BUCKET).max(1)], last: None }
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
        let (bucket, fingerprint) = self.place(hash);
        prefetch(self.buckets.as_ptr().wrapping_add(bucket));
        let last = self.last.replace(Last { hash, fingerprint, bucket });
        if let Some(last) = last
            && let Some(bucket) = self.buckets.get_mut(last.bucket)
        {
            bucket.put(last.fingerprint);
        }
    }

    /// Whether a key was evicted lately. If so, this is forgotten.
    #[inline]
    pub(super) fn take(&mut self, hash: u32) -> bool {
        if self.last.take_if(|last| last.hash == hash).is_some() {
            return true;
        }
        let (bucket, fingerprint) = self.place(hash);
        self.buckets.get_mut(bucket).is_some_and(|bucket| bucket.take(fingerprint))
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
    fn a_bucket_is_a_short_queue() {
        let mut bucket = Bucket::default();
        let mut model = std::collections::VecDeque::from([0u16; BUCKET]);
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let fingerprint = random.u16(..24) | 1;
            if random.bool() {
                bucket.put(fingerprint);
                model.push_front(fingerprint);
                model.truncate(BUCKET);
            } else {
                let found = model.iter().position(|&other| other == fingerprint);
                assert_eq!(bucket.take(fingerprint), found.is_some());
                if let Some(found) = found {
                    model.remove(found);
                    model.push_back(0);
                }
            }
            let content = bucket.0.iter().flat_map(|word| (0..4).map(move |at| (word >> (16 * at)) as u16));
            assert!(content.eq(model.iter().copied()), "{bucket:x?} {model:x?}");
        }
    }

    #[test]
    fn keys_rarely_pass_for_each_other() {
        let mut ghosts = Ghosts::new(1_000);
        (0..2_000).for_each(|hash| ghosts.put(hash));
        let mistaken = (10_000..30_000).filter(|&hash| ghosts.take(hash)).count();
        assert!(mistaken < 20, "{mistaken} of 20,000 that were never evicted");
    }
}
