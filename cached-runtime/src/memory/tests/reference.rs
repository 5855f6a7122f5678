//! What the engine is to do, written down as plainly as possible: no shards, no hashes, no flights, one `Vec` or map for
//! everything, and every question answered by looking at all of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cause::EvictionCause;
use crate::memory::{Policy, Reuse};

pub(super) const KEYS: u8 = 24;
pub(super) const TAGS: u8 = 3;

/// The key's text.
pub(super) fn text_of(key: u8) -> String {
    format!("k:{key}")
}

/// Patterns, and which keys they name.
pub(super) const PATTERNS: [(&str, fn(u8) -> bool); 4] = [
    ("k:*", |_| true),
    ("k:1*", |key| key == 1 || (10..20).contains(&key)),
    ("*:*3", |key| key % 10 == 3),
    ("nobody:*", |_| false),
];

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: u64,
    pub(super) weight: u64,
    expires: Option<Duration>,
    tags: u8,
    /// Before its load began.
    captured: u64,
    used: u64,
}

/// How a load ended, as its waiters find it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Value { value: u64, overtaken: bool },
    Failed { shared: bool },
    Void,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Leader {
    Running,
    /// This waiter is to lead on.
    Baton(usize),
    Gone(End),
}

#[derive(Debug)]
struct Load {
    key: u8,
    tags: u8,
    captured: u64,
    joinable: bool,
    voided: bool,
    leader: Leader,
    /// Who waits, in order of arrival.
    line: Vec<usize>,
}

impl Load {
    fn under_way(&self) -> bool {
        !matches!(self.leader, Leader::Gone(_))
    }
}

/// A call that has not been answered yet.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    pub(super) key: u8,
    pub(super) tags: u8,
    pub(super) reuse: Reuse,
    /// Whether it can make use of errors that loads share.
    pub(super) understands: bool,
    waited: bool,
    /// Whether the statistics have it already.
    counted: bool,
    /// The load it waits for, and when it joined.
    seat: Option<(usize, u64)>,
}

impl Asker {
    pub(super) fn new(key: u8, tags: u8, reuse: Reuse, understands: bool) -> Self {
        Self { key, tags, reuse, understands, waited: false, counted: false, seat: None }
    }
}

/// What a call is to be answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Answer {
    Value(u64),
    /// Run this load.
    Lead(usize),
    Failed,
    Wait,
}

/// A value on its way into the cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storing {
    pub(super) lifetime: Option<Duration>,
    pub(super) weight: u32,
    pub(super) tags: u8,
}

/// What the operation under way entitles entries to leave for.
pub(super) enum Occasion<'a> {
    /// A value of this weight is put in under the key.
    Store(u8, u64),
    /// These keys are named by an invalidation.
    Named(&'a dyn Fn(u8) -> bool),
    /// Only what is dead may leave.
    Other,
}

/// What the statistics are to say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) coalesced: u64,
    pub(super) loads: u64,
    pub(super) load_errors: u64,
    pub(super) overtaken: u64,
    pub(super) rejected: u64,
    pub(super) evicted: [u64; 4],
}

#[derive(Debug)]
pub(super) struct Reference {
    capacity: u64,
    /// Whether entries are reported in the order in which they left: one shard does, several may not.
    ordered: bool,
    /// Whether it is known which entry leaves when room is needed: the least recently used.
    exact: bool,
    pub(super) now: Duration,
    /// Grows with every event, so that any two have an order.
    moment: u64,
    pub(super) entries: BTreeMap<u8, Entry>,
    loads: Vec<Load>,
    /// Every invalidation of a tag, and when it was.
    tags_gone: Vec<(u8, u64)>,
    /// The same for keys, however they were named.
    keys_gone: Vec<(u8, u64)>,
    /// Each value's key and tags, and when its load began.
    origins: BTreeMap<u64, (u8, u8, u64)>,
    pub(super) counts: Counts,
}

impl Reference {
    pub(super) fn new(capacity: u64, shards: usize, policy: Policy) -> Self {
        let ordered = shards == 1;
        Self {
            capacity,
            ordered,
            exact: ordered && policy == Policy::Lru,
            now: Duration::ZERO,
            moment: 1,
            entries: BTreeMap::new(),
            loads: Vec::new(),
            tags_gone: Vec::new(),
            keys_gone: Vec::new(),
            origins: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    fn tick(&mut self) -> u64 {
        self.moment += 1;
        self.moment
    }

    fn used(&self) -> u64 {
        self.entries.values().map(|entry| entry.weight).sum()
    }

    fn tagged_since(&self, tags: u8, captured: u64) -> bool {
        self.tags_gone.iter().any(|&(tag, gone)| tags & (1 << tag) != 0 && gone > captured)
    }

    fn untagged(&self, entry: &Entry) -> bool {
        self.tagged_since(entry.tags, entry.captured)
    }

    fn expired(&self, entry: &Entry) -> bool {
        entry.expires.is_some_and(|at| at <= self.now)
    }

    fn live(&self, entry: &Entry) -> bool {
        !self.untagged(entry) && !self.expired(entry)
    }

    /// What may be read now.
    pub(super) fn resident(&self) -> Vec<(u8, u64)> {
        self.entries.iter().filter(|(_, entry)| self.live(entry)).map(|(&key, entry)| (key, entry.value)).collect()
    }

    fn look(&mut self, key: u8, touch: bool) -> Option<u64> {
        let used = self.tick();
        let entry = self.entries.get(&key).filter(|entry| self.live(entry))?.clone();
        if touch {
            self.entries.get_mut(&key)?.used = used;
        }
        self.check(key, entry.value, used);
        Some(entry.value)
    }

    /// G7, whatever the rest of this model thinks: no invalidation of a value's key or tags came between the beginning of its
    /// load and the call that is answered with it.
    fn check(&self, key: u8, value: u64, called: u64) {
        let (of, tags, begun) = self.origins[&value];
        assert_eq!(of, key, "another key's value");
        let between = |gone: u64| begun < gone && gone < called;
        assert!(!self.keys_gone.iter().any(|&(other, gone)| other == key && between(gone)), "G7: key");
        assert!(!self.tags_gone.iter().any(|&(tag, gone)| tags & (1 << tag) != 0 && between(gone)), "G7: tag");
    }

    pub(super) fn get(&mut self, key: u8) -> Option<u64> {
        let found = self.look(key, true);
        if found.is_some() {
            self.counts.hits += 1;
        } else {
            self.counts.misses += 1;
        }
        found
    }

    pub(super) fn peek(&mut self, key: u8) -> Option<u64> {
        self.look(key, false)
    }

    /// Checks what left against what may leave, and takes it out.
    pub(super) fn left(&mut self, mut events: Vec<(u8, u64, EvictionCause)>, occasion: &Occasion<'_>) {
        let before = self.used();
        // What is replaced makes its room before anything else is evicted, but readers find it to the end, so it is reported last.
        if let Occasion::Store(by, _) = occasion {
            events.sort_by_key(|(key, ..)| key != by);
        }
        for (key, value, cause) in events {
            let used = if self.ordered { self.used() } else { before };
            let entry = self.entries.get(&key).expect("what leaves was there, and leaves once").clone();
            assert_eq!(entry.value, value);
            let named = matches!(occasion, Occasion::Named(named) if named(key));
            match (cause, occasion) {
                (EvictionCause::Expired, _) => assert!(self.expired(&entry) && !self.untagged(&entry)),
                (EvictionCause::Invalidated, _) => assert!(self.untagged(&entry) || named),
                (EvictionCause::Replaced, Occasion::Store(by, _)) => assert!(*by == key && self.live(&entry)),
                (EvictionCause::Capacity, Occasion::Store(by, weight)) => {
                    assert!(*by != key && self.live(&entry));
                    assert!(used + weight > self.capacity, "nothing leaves without need");
                    if self.exact {
                        assert!(self.entries.values().all(|entry| self.live(entry)), "what is dead leaves first");
                        let oldest = self.entries.values().map(|entry| entry.used).min();
                        assert_eq!(oldest, Some(entry.used), "the least recently used leaves");
                    }
                }
                _ => panic!("{key} left as {cause}"),
            }
            self.entries.remove(&key);
            self.counts.evicted[cause as usize] += 1;
        }
        if let Occasion::Named(named) = occasion {
            assert!(!self.entries.keys().any(|&key| named(key)), "G7: what is named leaves");
        }
    }

    /// A value is put in, after `left` heard what made room for it.
    fn stored(&mut self, key: u8, value: u64, captured: u64, storing: Storing, tags: u8) {
        let weight = u64::from(storing.weight.max(1));
        assert!(!self.entries.contains_key(&key), "what is replaced was reported");
        if weight > self.capacity {
            self.counts.rejected += 1;
            return;
        }
        let used = self.tick();
        let expires = storing.lifetime.map(|lifetime| self.now + lifetime);
        self.entries.insert(key, Entry { value, weight, expires, tags, captured, used });
    }

    pub(super) fn insert(&mut self, key: u8, value: u64, storing: Storing, events: Vec<(u8, u64, EvictionCause)>) {
        let captured = self.tick();
        self.origins.insert(value, (key, storing.tags, captured));
        self.left(events, &Occasion::Store(key, u64::from(storing.weight.max(1))));
        self.void(|load| load.key == key);
        self.stored(key, value, captured, storing, storing.tags);
    }

    fn void(&mut self, which: impl Fn(&Load) -> bool) {
        self.loads.iter_mut().filter(|load| load.under_way() && which(load)).for_each(|load| load.voided = true);
    }

    pub(super) fn invalidate(&mut self, named: &dyn Fn(u8) -> bool, events: Vec<(u8, u64, EvictionCause)>) {
        let gone = self.tick();
        self.keys_gone.extend((0..KEYS).filter(|&key| named(key)).map(|key| (key, gone)));
        self.void(|load| named(load.key));
        self.left(events, &Occasion::Named(named));
    }

    pub(super) fn invalidate_tag(&mut self, tag: u8) {
        let gone = self.tick();
        self.tags_gone.push((tag, gone));
    }

    /// Answers a call as far as it can be answered now.
    pub(super) fn ask(&mut self, id: usize, asker: &mut Asker, events: &mut Vec<(u8, u64, EvictionCause)>) -> Answer {
        if let Some((at, joined)) = asker.seat {
            match self.loads[at].leader {
                Leader::Running => return Answer::Wait,
                Leader::Baton(to) if to != id => return Answer::Wait,
                Leader::Baton(_) => {
                    self.loads[at].line.retain(|&other| other != id);
                    asker.seat = None;
                    if !self.loads[at].voided {
                        self.missed(asker, false);
                        self.loads[at].captured = self.tick();
                        self.loads[at].leader = Leader::Running;
                        return Answer::Lead(at);
                    }
                    self.loads[at].leader = Leader::Gone(End::Void);
                }
                Leader::Gone(end) => {
                    asker.seat = None;
                    match end {
                        // Whoever came after the tag's invalidation may not have it.
                        End::Value { overtaken: true, .. } if self.tagged_between(self.loads[at].captured, joined) => {}
                        End::Value { value, .. } => {
                            self.check(asker.key, value, joined);
                            self.missed(asker, true);
                            return Answer::Value(value);
                        }
                        End::Failed { shared } => {
                            if shared {
                                self.missed(asker, false);
                            }
                            if shared && asker.understands {
                                return Answer::Failed;
                            }
                            asker.reuse = Reuse::Entry;
                        }
                        End::Void => {}
                    }
                }
            }
        }
        self.begin(id, asker, events)
    }

    /// Counts a call once, however often it looks.
    fn missed(&mut self, asker: &mut Asker, coalesced: bool) {
        if !std::mem::replace(&mut asker.counted, true) {
            self.counts.misses += 1;
            self.counts.coalesced += u64::from(coalesced);
        }
    }

    /// Whether any tag was invalidated after the one moment and before the other.
    fn tagged_between(&self, captured: u64, joined: u64) -> bool {
        self.tags_gone.iter().any(|&(_, gone)| captured < gone && gone < joined)
    }

    fn begin(&mut self, id: usize, asker: &mut Asker, events: &mut Vec<(u8, u64, EvictionCause)>) -> Answer {
        let now = self.tick();
        if asker.reuse != Reuse::Nothing {
            // A dead entry leaves on the way, and nothing else.
            self.left(std::mem::take(events), &Occasion::Other);
            if let Some(value) = self.look(asker.key, true) {
                if asker.waited {
                    self.missed(asker, true);
                } else {
                    self.counts.hits += 1;
                }
                return Answer::Value(value);
            }
            assert!(!self.entries.contains_key(&asker.key), "what is met dead leaves");
        }
        let joins = |load: &Load| {
            load.key == asker.key
                && load.joinable
                && load.under_way()
                && !load.voided
                && !self.tagged_since(load.tags, load.captured)
        };
        if asker.reuse == Reuse::Anything
            && let Some(at) = self.loads.iter().position(joins)
        {
            asker.waited = true;
            asker.seat = Some((at, now));
            self.loads[at].line.push(id);
            return Answer::Wait;
        }
        self.missed(asker, false);
        self.loads.push(Load {
            key: asker.key,
            tags: asker.tags,
            captured: now,
            joinable: asker.reuse == Reuse::Anything,
            voided: false,
            leader: Leader::Running,
            line: Vec::new(),
        });
        Answer::Lead(self.loads.len() - 1)
    }

    /// A caller that waits goes away.
    pub(super) fn leave(&mut self, id: usize, asker: &Asker) {
        let Some((at, _)) = asker.seat else { return };
        self.loads[at].line.retain(|&other| other != id);
        if self.loads[at].leader == Leader::Baton(id) {
            self.abandon(at);
        }
    }

    /// A leader goes away without a result.
    pub(super) fn abandon(&mut self, at: usize) {
        let load = &mut self.loads[at];
        load.leader = match load.line.first() {
            Some(&first) if !load.voided => Leader::Baton(first),
            _ => Leader::Gone(End::Void),
        };
    }

    pub(super) fn fail(&mut self, at: usize, shared: bool) {
        self.counts.loads += 1;
        self.counts.load_errors += 1;
        self.loads[at].leader = Leader::Gone(End::Failed { shared });
    }

    pub(super) fn complete(
        &mut self,
        at: usize,
        value: u64,
        storing: Option<Storing>,
        events: Vec<(u8, u64, EvictionCause)>,
    ) {
        self.counts.loads += 1;
        let Load { key, captured, tags, voided, .. } = self.loads[at];
        let tags = tags | storing.map_or(0, |storing| storing.tags);
        self.origins.insert(value, (key, tags, captured));
        let overtaken = self.tagged_since(tags, captured);
        // What is not kept may have carried any tag.
        self.loads[at].leader = Leader::Gone(End::Value { value, overtaken: overtaken || storing.is_none() });
        self.loads[at].line.clear();
        match storing {
            Some(storing) if !voided && !overtaken => {
                self.left(events, &Occasion::Store(key, u64::from(storing.weight.max(1))));
                // Loads of the same key that began before it are not stored over it.
                for older in &mut self.loads[..at] {
                    older.voided |= older.under_way() && older.key == key;
                }
                self.stored(key, value, captured, storing, tags);
            }
            storing => {
                if storing.is_none() && !voided {
                    // What is known now is newer than what is there.
                    self.left(events, &Occasion::Store(key, 0));
                    assert!(!self.entries.contains_key(&key), "an older value goes");
                } else {
                    self.left(events, &Occasion::Other);
                }
                if voided || storing.is_some() {
                    self.counts.overtaken += 1;
                }
            }
        }
    }
}
