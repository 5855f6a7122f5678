use std::collections::{HashSet, VecDeque};

use super::list::{Links, Queue};
use super::{Evict, Touch};

/// Hits on a slot count up to this.
const MOST_HITS: u64 = 3;

/// Two queues and two memories of what left, after S3-FIFO (Yang et al., *FIFO queues are all you need for cache eviction*, SOSP '23), with
/// the share of the first queue adapted as ARC adapts its own (Megiddo and Modha, FAST '03).
///
/// A new entry goes through the *probation* queue. Used again there, it moves to the *main* queue when its turn comes; otherwise
/// it leaves, and its fingerprint is remembered. A key that comes back while it is remembered goes straight to the main queue, and
/// tells that probation was too short; one that comes back after it left the main queue tells that it was too long. The share
/// of probation follows.
#[derive(Debug)]
pub(crate) struct Adaptive {
    links: Links,
    queue_of: Vec<InQueue>,
    probation: Queue,
    main: Queue,
    left_probation: Ghosts,
    left_main: Ghosts,
    /// The share of entries that probation may hold, in 1/1024.
    share: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InQueue {
    None,
    Probation,
    Main,
}

const FIRST_SHARE: u32 = 102;
const LEAST_SHARE: u32 = 10;
const MOST_SHARE: u32 = 1014;

impl Default for Adaptive {
    fn default() -> Self {
        Self {
            links: Links::default(),
            queue_of: Vec::new(),
            probation: Queue::default(),
            main: Queue::default(),
            left_probation: Ghosts::default(),
            left_main: Ghosts::default(),
            share: FIRST_SHARE,
        }
    }
}

impl Adaptive {
    fn len(&self) -> usize {
        self.probation.len() + self.main.len()
    }

    /// One entry's worth of share, scaled by how much rarer this kind of evidence is than the other.
    fn step(&self, this: usize, other: usize) -> u32 {
        let unit = 1024 / u32::try_from(self.len().max(1)).unwrap_or(u32::MAX).min(1024);
        let scale = (other / this.max(1)).clamp(1, 8);
        unit.max(1) * u32::try_from(scale).unwrap_or(1)
    }
}

impl Evict for Adaptive {
    #[inline]
    fn hit(&self, touch: &Touch) {
        let hits = touch.get();
        if hits < MOST_HITS {
            touch.set(hits + 1);
        }
    }

    fn admit(&mut self, slot: u32, hash: u64, touch: &Touch) {
        self.links.make_room(slot);
        if self.queue_of.len() <= slot as usize {
            self.queue_of.resize(slot as usize + 1, InQueue::None);
        }
        touch.set(0);
        let (short, long) = (self.left_probation.len(), self.left_main.len());
        let returns = if self.left_probation.take(hash) {
            self.share = (self.share + self.step(short, long)).min(MOST_SHARE);
            true
        } else if self.left_main.take(hash) {
            self.share = self.share.saturating_sub(self.step(long, short)).max(LEAST_SHARE);
            true
        } else {
            false
        };
        if returns {
            self.main.push(&mut self.links, slot);
            self.queue_of[slot as usize] = InQueue::Main;
        } else {
            self.probation.push(&mut self.links, slot);
            self.queue_of[slot as usize] = InQueue::Probation;
        }
    }

    fn remove(&mut self, slot: u32) {
        let Some(queue) = self.queue_of.get_mut(slot as usize) else { return };
        match std::mem::replace(queue, InQueue::None) {
            InQueue::Probation => self.probation.unlink(&mut self.links, slot),
            InQueue::Main => self.main.unlink(&mut self.links, slot),
            InQueue::None => {}
        }
    }

    fn victim<'s>(&mut self, slots: &dyn Fn(u32) -> Option<(u64, &'s Touch)>) -> Option<u32> {
        let room_for_ghosts = self.len();
        loop {
            let from_probation = self.main.len() == 0 || self.probation.len() * 1024 > self.len() * self.share as usize;
            let queue = if from_probation && self.probation.len() > 0 { &mut self.probation } else { &mut self.main };
            let slot = queue.pop(&mut self.links)?;
            let Some((hash, touch)) = slots(slot) else { continue };
            let hits = touch.get();
            let promoted = self.queue_of[slot as usize] == InQueue::Probation && hits > 0;
            let spared = self.queue_of[slot as usize] == InQueue::Main && hits > 0;
            if promoted || spared {
                touch.set(if promoted { 0 } else { hits - 1 });
                self.main.push(&mut self.links, slot);
                self.queue_of[slot as usize] = InQueue::Main;
                continue;
            }
            let ghosts = if self.queue_of[slot as usize] == InQueue::Main {
                &mut self.left_main
            } else {
                &mut self.left_probation
            };
            ghosts.remember(hash, room_for_ghosts);
            self.queue_of[slot as usize] = InQueue::None;
            return Some(slot);
        }
    }
}

/// Fingerprints of what left, the oldest forgotten first.
#[derive(Debug, Default)]
struct Ghosts {
    known: HashSet<u32, foldhash::fast::RandomState>,
    order: VecDeque<u32>,
}

impl Ghosts {
    fn fingerprint(hash: u64) -> u32 {
        (hash >> 16) as u32
    }

    fn len(&self) -> usize {
        self.known.len()
    }

    fn remember(&mut self, hash: u64, room: usize) {
        let fingerprint = Self::fingerprint(hash);
        if self.known.insert(fingerprint) {
            self.order.push_back(fingerprint);
        }
        while self.order.len() > room {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    fn take(&mut self, hash: u64) -> bool {
        self.known.remove(&Self::fingerprint(hash))
    }
}
