use crate::sync::atomic::{AtomicUsize, Ordering};

/// One way to run the queues.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    /// The window's part of what the shard holds.
    pub(super) window: Share,
    /// What leaves the window enters main if its frequency is more than this above that of main's next victim.
    pub(super) margin: u8,
    /// An entry that was hit in the window moves to main when its turn to leave comes; otherwise it goes round the window again.
    pub(super) promote: bool,
    /// A key that returns soon after its eviction enters main at once.
    pub(super) ghosts: bool,
}

/// A part of a whole, in 65,536ths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share(u32);

impl Share {
    pub(super) const fn percent(percent: u32) -> Self {
        Self(((percent << 16) + 50) / 100)
    }

    /// Its part of so much, rounded.
    #[inline]
    pub(super) fn of(self, whole: u64) -> u64 {
        ((u128::from(whole) * u128::from(self.0) + (1 << 15)) >> 16) as u64
    }
}

/// `window` in percent.
const fn settings(window: u32, margin: u8, promote: bool, ghosts: bool) -> Settings {
    Settings { window: Share::percent(window), margin, promote, ghosts }
}

/// What the duel chooses from, by measurement: near LFU, W-TinyLFU with S3-FIFO's memory, a larger window, one that adapts to
/// working sets that move, and CLOCK (which approximates LRU). 3, 4 and 6 of them were no better.
pub(super) const FAMILY: [Settings; 5] = [
    settings(1, 0, true, false),
    settings(4, 1, true, true),
    settings(10, 1, false, false),
    settings(30, 0, false, true),
    settings(100, 0, false, false),
];

/// What every cache begins with. It loses least where the traffic ends before the duel can tell: loops that nearly fit.
const START: usize = 0;

/// Which of the [`FAMILY`] a cache runs with, for all of its shards.
#[derive(Debug)]
pub(super) struct Running(AtomicUsize);

impl Default for Running {
    fn default() -> Self {
        Self(AtomicUsize::new(START))
    }
}

impl Running {
    pub(super) fn number(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn settings(&self) -> Settings {
        FAMILY[self.number()]
    }

    /// `number` must be one of the family.
    pub(super) fn change(&self, number: usize) {
        self.0.store(number, Ordering::Relaxed);
    }
}
