use super::Touch;

/// What the policy notes on an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

/// Hits that the queues have not taken note of yet, up to [`MOST_HITS`].
const HITS: u8 = 0b11;
/// The entry is in the main queue, not in the window.
const MAIN: u8 = 0b100;
/// The entry was hit since the duel last looked at it.
const FRESH: u8 = 0b1000;
/// How often the key was seen, when the sketch was last told of it.
const SEEN: u32 = 4;

/// An entry's hits count up to this.
pub(super) const MOST_HITS: u8 = HITS;

impl Marks {
    /// Those of an entry that was not hit yet.
    pub(super) fn new(main: bool) -> Self {
        Self::default().in_main(main)
    }

    /// As [`bits`](Marks::bits) gave them.
    #[inline]
    pub(super) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The lowest three bits are all but what the duel notes.
    #[inline]
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    #[inline]
    pub(super) fn of(touch: &Touch) -> Self {
        Self(touch.get())
    }

    #[inline]
    pub(super) fn leave_on(self, touch: &Touch) {
        touch.set(self.0);
    }

    /// Leaves them in the place of `old`, if these are still there: the policy may have moved the entry to the other queue.
    #[inline]
    pub(super) fn leave_for(self, touch: &Touch, old: Marks) {
        touch.change(old.0, self.0);
    }

    #[inline]
    pub(super) fn hits(self) -> u8 {
        self.0 & HITS
    }

    #[inline]
    pub(super) fn is_main(self) -> bool {
        self.0 & MAIN != 0
    }

    #[inline]
    pub(super) fn is_fresh(self) -> bool {
        self.0 & FRESH != 0
    }

    /// Whether another hit would leave them as they are.
    #[inline]
    pub(super) fn full(self) -> bool {
        self.0 & (HITS | FRESH) == HITS | FRESH
    }

    /// After another hit.
    #[inline]
    pub(super) fn hit(self) -> Self {
        self.with_hits((self.hits() + 1).min(MOST_HITS)).with(FRESH, true)
    }

    /// `hits` must be at most [`MOST_HITS`].
    #[inline]
    pub(super) fn with_hits(self, hits: u8) -> Self {
        Self(self.0 & !HITS | hits & HITS)
    }

    #[inline]
    pub(super) fn in_main(self, main: bool) -> Self {
        self.with(MAIN, main)
    }

    /// After the duel looked at it.
    #[inline]
    pub(super) fn looked_at(self) -> Self {
        self.with(FRESH, false)
    }

    /// What the sketch said of the key when it was last told of it.
    #[inline]
    pub(super) fn seen(self) -> u8 {
        self.0 >> SEEN
    }

    /// `seen` is at most 15, as the sketch's counts are.
    #[inline]
    pub(super) fn with_seen(self, seen: u8) -> Self {
        Self(self.0 & ((1 << SEEN) - 1) | seen << SEEN)
    }

    #[inline]
    fn with(self, mark: u8, set: bool) -> Self {
        Self(if set { self.0 | mark } else { self.0 & !mark })
    }
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn hits_are_counted_until_the_marks_are_full() {
        let mut marks = Marks::new(true);
        for hits in 0..MOST_HITS {
            assert_eq!((marks.hits(), marks.full(), marks.is_main()), (hits, false, true));
            marks = marks.hit();
        }
        assert!(marks.full() && marks.is_fresh());
        assert_eq!(marks.hit(), marks, "another hit has nothing to write");
        let seen = marks.looked_at();
        assert!(!seen.full() && !seen.is_fresh() && seen.hit() == marks);
    }

    #[test]
    fn what_the_sketch_said_stays_beside_the_hits() {
        let marks = Marks::new(true).with_seen(15).hit().hit();
        assert_eq!((marks.seen(), marks.hits(), marks.is_main()), (15, 2, true));
        assert_eq!(marks.with_seen(3).with_seen(8), Marks::new(true).hit().hit().with_seen(8));
    }
}
