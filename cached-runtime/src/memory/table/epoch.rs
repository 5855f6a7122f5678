//! When nobody can be reading any more what was taken out: epoch-based reclamation.
//!
//! A reader writes down the epoch in which it begins ([`pin`]) and wipes it out when it is done. Who takes things out makes sure that
//! readers who come from now on do not find them ([`seal`]), begins a new epoch, and may free them once nobody reads in the old one
//! ([`quiet`]). (Fraser, *Practical lock-freedom*, 2004; Hart et al., *Performance of memory reclamation for lockless synchronization*, JPDC 2007.)
//!
//! Between writing down the epoch and reading there has to be a full fence, which costs a reader as much as a lock. Where a table is
//! *quick*, the reader leaves it out and the reclaimer makes up for it: `membarrier(2)` runs a full fence on every core that runs a
//! thread of this process (as in userspace RCU: Desnoyers et al., *User-level implementations of read-copy update*, TPDS 2012). That
//! costs the reclaimer microseconds, so a table is quick only while it changes little.

use std::cell::Cell;
use std::sync::OnceLock;

#[cfg(not(shuttle))]
use super::system;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::sync::thread_local;

/// How many fences make a reader look whether it might do without.
const LOOK_EVERY: u32 = 1024;

/// The epoch of a reader that does not read.
const IDLE: u64 = 0;

/// Where a thread writes down what it reads.
#[derive(Debug)]
#[repr(align(128))]
struct Record {
    epoch: AtomicU64,
    taken: AtomicBool,
    /// How often its thread had to fence.
    fences: AtomicU32,
    next: OnceLock<&'static Record>,
}

/// Everybody who reads. Records are never freed; a thread that ends leaves its own to the next.
#[derive(Debug)]
pub(super) struct Readers {
    epoch: AtomicU64,
    first: OnceLock<&'static Record>,
}

impl Readers {
    const fn new() -> Self {
        Self { epoch: AtomicU64::new(IDLE + 1), first: OnceLock::new() }
    }

    fn records(&self) -> impl Iterator<Item = &'static Record> {
        std::iter::successors(self.first.get().copied(), |record| record.next.get().copied())
    }

    /// A record for the calling thread alone.
    fn join(&self) -> &'static Record {
        let take =
            |record: &&Record| record.taken.compare_exchange(false, true, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if let Some(record) = self.records().find(take) {
            return record;
        }
        let record: &'static Record = Box::leak(Box::new(Record {
            epoch: AtomicU64::new(IDLE),
            taken: AtomicBool::new(true),
            fences: AtomicU32::new(0),
            next: OnceLock::new(),
        }));
        let mut end = &self.first;
        while end.set(record).is_err() {
            if let Some(last) = end.get() {
                end = &last.next;
            }
        }
        record
    }
}

#[cfg(not(shuttle))]
fn readers() -> &'static Readers {
    static READERS: Readers = Readers::new();
    &READERS
}

// The checker's atomics belong to one run.
#[cfg(shuttle)]
fn readers() -> &'static Readers {
    shuttle::lazy_static! {
        static ref READERS: Readers = Readers::new();
    }
    &READERS
}

thread_local! {
    /// This thread's record: all that a hit looks at, and free of a destructor, which makes looking cheap.
    static RECORD: Cell<Option<&'static Record>> = const { Cell::new(None) };
    static MEMBERSHIP: Membership = const { Membership(Cell::new(None)) };
}

/// Gives the thread's record back when the thread ends.
struct Membership(Cell<Option<&'static Record>>);

impl Drop for Membership {
    fn drop(&mut self) {
        let _ = RECORD.try_with(|record| record.set(None));
        if let Some(record) = self.0.take() {
            record.taken.store(false, Ordering::Release);
        }
    }
}

/// A record for this thread, and whether it is for one reading only, because the thread is ending.
#[cold]
#[inline(never)]
fn join() -> (&'static Record, bool) {
    let joined = MEMBERSHIP.try_with(|membership| {
        let joined = membership.0.get().unwrap_or_else(|| readers().join());
        membership.0.set(Some(joined));
        let _ = RECORD.try_with(|record| record.set(Some(joined)));
        joined
    });
    joined.map_or_else(|_| (readers().join(), true), |joined| (joined, false))
}

/// While it lives, nothing is freed that could be found when it was made.
#[derive(Debug)]
pub(super) struct Pin {
    record: &'static Record,
    end: End,
}

/// What the end of a reading ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing: the thread read before. Code that runs while it reads may read, too.
    Nothing,
    Reading,
    /// The use of the record as well: the thread has none of its own any more.
    Use,
}

/// Begins to read. Whether [`fence`] has to follow is to be found out after this and before anything is read.
#[inline]
pub(super) fn pin() -> Pin {
    let (record, lent) = match RECORD.try_with(Cell::get) {
        Ok(Some(record)) => (record, false),
        _ => join(),
    };
    let mut end = End::Nothing;
    if record.epoch.load(Ordering::Relaxed) == IDLE {
        end = if lent { End::Use } else { End::Reading };
        // Acquire: who reads in a later epoch than something was taken out in does not find it. Release: what this thread read before it
        // wiped out its last epoch happens before whatever a reclaimer does that sees this one.
        record.epoch.store(readers().epoch.load(Ordering::Acquire), Ordering::Release);
    }
    // The compiler, at least, keeps to the order: first the epoch, then how to go on, then the reading.
    std::sync::atomic::compiler_fence(std::sync::atomic::Ordering::SeqCst);
    Pin { record, end }
}

impl Pin {
    /// Once in [`LOOK_EVERY`] times that a thread asks.
    #[inline]
    pub(super) fn is_time_to_look(&self) -> bool {
        let fences = self.record.fences.load(Ordering::Relaxed).wrapping_add(1);
        self.record.fences.store(fences, Ordering::Relaxed);
        fences.is_multiple_of(LOOK_EVERY)
    }
}

impl Drop for Pin {
    #[inline]
    fn drop(&mut self) {
        if self.end != End::Nothing {
            self.record.epoch.store(IDLE, Ordering::Release);
            if self.end == End::Use {
                self.record.taken.store(false, Ordering::Release);
            }
        }
    }
}

/// A full fence of the calling thread.
#[inline]
pub(super) fn fence() {
    // Not the checker's: under it everything is sequentially consistent.
    std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
}

/// Closes the epoch in which things were taken out and returns it: who does not read in it any more, and who reads in a later one, does not
/// find them. `fenced_by_readers` says that every reader fences. `None` if the operating system failed to do it for them.
pub(super) fn seal(fenced_by_readers: bool) -> Option<u64> {
    if fenced_by_readers {
        fence();
    } else if !fence_everybody() {
        return None;
    }
    Some(readers().epoch.fetch_add(1, Ordering::AcqRel))
}

/// The last epoch in which nobody reads any more, and in none before it.
pub(super) fn quiet() -> u64 {
    let reading = |record: &'static Record| match record.epoch.load(Ordering::Acquire) {
        IDLE => u64::MAX,
        epoch => epoch,
    };
    readers().records().map(reading).min().unwrap_or(u64::MAX) - 1
}

/// Whether [`fence_everybody`] works here.
pub(super) fn can_fence_everybody() -> bool {
    #[cfg(not(shuttle))]
    {
        *CAN_FENCE.get_or_init(system::register) && !FAILED.load(std::sync::atomic::Ordering::Relaxed)
    }
    #[cfg(shuttle)]
    true
}

#[cfg(not(shuttle))]
static CAN_FENCE: OnceLock<bool> = OnceLock::new();
/// Whether it failed where it had worked, as in a sandbox that was closed later.
#[cfg(not(shuttle))]
static FAILED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// A full fence of every thread of the process. False if it failed.
fn fence_everybody() -> bool {
    #[cfg(not(shuttle))]
    {
        fence();
        // A process that was forked may have to register anew.
        let done = system::fence_everybody() || (system::register() && system::fence_everybody());
        if !done {
            FAILED.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        done
    }
    #[cfg(shuttle)]
    true
}
