//! G7 and G8 under load: readers, writers with `#[invalidates]`, cancellations and panics against a versioned source, for each way to name
//! what disappears, with threads and with tasks.
//!
//! A reader notes the last version whose invalidation was acknowledged, asks the cache, and must not be answered with an older one. Nothing
//! here depends on time: a broken cache fails in some runs, a correct one in none.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

const KEYS: usize = 12;

/// Rows that are nothing but versions.
struct Source {
    current: [AtomicU64; KEYS],
    acknowledged: [AtomicU64; KEYS],
}

impl Source {
    const fn new() -> Self {
        Self { current: [const { AtomicU64::new(0) }; KEYS], acknowledged: [const { AtomicU64::new(0) }; KEYS] }
    }

    fn read(&self, key: usize) -> u64 {
        self.current[key].load(Ordering::SeqCst)
    }

    fn write(&self, key: usize) {
        self.current[key].fetch_add(1, Ordering::SeqCst);
    }

    /// To be called after an invalidation has returned, with what was written before it began.
    fn acknowledge(&self, key: usize, version: u64) {
        self.acknowledged[key].fetch_max(version, Ordering::SeqCst);
    }

    fn acknowledged(&self, key: usize) -> u64 {
        self.acknowledged[key].load(Ordering::SeqCst)
    }
}

/// What a row is loaded as.
#[derive(Clone, Debug)]
struct Row {
    /// Goes into a tag.
    key: usize,
    version: u64,
}

/// Xorshift: the same sequence in each run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    fn key(&mut self) -> usize {
        self.below(KEYS as u64) as usize
    }
}

/// How a body misbehaves this time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Well,
    Slow,
    Fails,
    Panics,
}

impl Mood {
    fn any(random: &mut Random) -> Self {
        match random.below(16) {
            0 => Self::Panics,
            1 => Self::Fails,
            2..9 => Self::Slow,
            _ => Self::Well,
        }
    }

    fn end(self) -> Result<(), String> {
        match self {
            // Like a panic, without the message on the terminal.
            Self::Panics => resume_unwind(Box::new("on purpose")),
            Self::Fails => Err("on purpose".to_owned()),
            Self::Well | Self::Slow => Ok(()),
        }
    }
}

fn must_be_fresh(key: usize, acknowledged: u64, row: &Row) {
    assert_eq!(row.key, key, "G3");
    assert!(row.version >= acknowledged, "version {} of {key} after {acknowledged} was acknowledged (G7)", row.version);
}

macro_rules! threads {
    ($name:ident: $key:literal, [$($tags:tt)*], |$id:ident| [$($invalidates:tt)*]) => {
        #[test]
        fn $name() {
            use cached_core::{cache, invalidates};

            static SOURCE: Source = Source::new();
            #[cache(ttl = 600, capacity = 8, key = $key $($tags)*)]
            fn load($id: usize, mood: Mood) -> Result<Row, String> {
                let row = Row { key: $id, version: SOURCE.read($id) };
                if mood == Mood::Slow {
                    std::thread::yield_now();
                }
                mood.end()?;
                Ok(row)
            }
            #[invalidates($($invalidates)*, on = "always")]
            fn write($id: usize, mood: Mood) -> Result<u64, String> {
                SOURCE.write($id);
                if mood == Mood::Slow {
                    std::thread::yield_now();
                }
                mood.end()?;
                Ok(SOURCE.read($id))
            }
            std::thread::scope(|scope| {
                for seed in 0..4 {
                    scope.spawn(move || {
                        let mut random = Random::new(seed);
                        for _ in 0..6_000 {
                            let (key, mood) = (random.key(), Mood::any(&mut random));
                            let acknowledged = SOURCE.acknowledged(key);
                            if let Ok(Ok(row)) = catch_unwind(|| load(key, mood)) {
                                must_be_fresh(key, acknowledged, &row);
                            }
                        }
                    });
                }
                for seed in 4..6 {
                    scope.spawn(move || {
                        let mut random = Random::new(seed);
                        for _ in 0..1_500 {
                            let (key, mood) = (random.key(), Mood::any(&mut random));
                            let before = SOURCE.read(key);
                            // Whether it succeeds, fails or panics, it wrote, and it has invalidated when it is over.
                            let _ = catch_unwind(AssertUnwindSafe(|| write(key, mood)));
                            SOURCE.acknowledge(key, before + 1);
                            std::thread::yield_now();
                        }
                    });
                }
            });
            let stats = load::cache().stats();
            assert!(stats.hits > 0 && stats.loads > stats.load_errors && stats.weight <= 8, "{stats:?}");
            for key in 0..KEYS {
                must_be_fresh(key, SOURCE.acknowledged(key), &load(key, Mood::Well).unwrap());
            }
        }
    };
}

threads!(threads_and_invalidation_by_key: "st-key:{id}", [], |id| ["st-key:{id}"]);
threads!(threads_and_invalidation_by_pattern: "st-pattern:{id}:x", [], |id| ["st-pattern:{id}:*"]);
threads!(threads_and_invalidation_by_function: "st-function:{id}", [], |id| [load(id)]);
threads!(threads_and_invalidation_of_a_whole_function: "st-whole:{id}", [], |id| [load(*)]);
threads!(threads_and_invalidation_by_tag: "st-tag:{id}", [, tags = ["st-tag-argument:{id}", "st-tag-other"]], |id| [tags = ["st-tag-argument:{id}"]]);
threads!(threads_and_invalidation_by_a_tag_of_the_result: "st-result:{id}", [, tags = ["st-result-row:{result.key}"]], |id| [tags = ["st-result-row:{id}"]]);
threads!(threads_and_invalidation_before_and_after: "st-before:{id}", [, tags = ["st-before:{result.key}"]], |id| ["st-before:{id}", load(id), tags = ["st-before:{id}"], before]);

macro_rules! tasks {
    ($name:ident: $key:literal, [$($tags:tt)*], |$id:ident| [$($invalidates:tt)*]) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
        async fn $name() {
            use cached_core::{cache, invalidates};
            use std::pin::pin;
            use tests::poll_once;
            use tokio::task::yield_now;

            static SOURCE: Source = Source::new();
            #[cache(ttl = 600, capacity = 8, key = $key $($tags)*)]
            async fn load($id: usize, mood: Mood) -> Result<Row, String> {
                let row = Row { key: $id, version: SOURCE.read($id) };
                if mood == Mood::Slow {
                    yield_now().await;
                    yield_now().await;
                }
                mood.end()?;
                Ok(row)
            }
            #[invalidates($($invalidates)*, on = "always")]
            async fn write($id: usize, mood: Mood) -> Result<u64, String> {
                SOURCE.write($id);
                if mood == Mood::Slow {
                    yield_now().await;
                }
                mood.end()?;
                Ok(SOURCE.read($id))
            }
            let readers = (0..6).map(|seed| {
                tokio::spawn(async move {
                    let mut random = Random::new(seed);
                    for _ in 0..2_000 {
                        let (key, mood) = (random.key(), Mood::any(&mut random));
                        let acknowledged = SOURCE.acknowledged(key);
                        match random.below(8) {
                            // Cancelled where it first waits: as a leader, or as a waiter.
                            0 => {
                                let call = pin!(load(key, if mood == Mood::Panics { Mood::Slow } else { mood }));
                                let _ = poll_once(call);
                            }
                            // In a task of its own, so that it may panic.
                            1 => {
                                if let Ok(Ok(row)) = tokio::spawn(load(key, mood)).await {
                                    must_be_fresh(key, acknowledged, &row);
                                }
                            }
                            _ => {
                                if let Ok(row) = load(key, if mood == Mood::Panics { Mood::Well } else { mood }).await {
                                    must_be_fresh(key, acknowledged, &row);
                                }
                            }
                        }
                        if random.below(4) == 0 {
                            yield_now().await;
                        }
                    }
                })
            });
            let writers = (6..8).map(|seed| {
                tokio::spawn(async move {
                    let mut random = Random::new(seed);
                    for _ in 0..1_000 {
                        let (key, mood) = (random.key(), Mood::any(&mut random));
                        let before = SOURCE.read(key);
                        if random.below(4) == 0 {
                            let mood = if mood == Mood::Panics { Mood::Slow } else { mood };
                            let _ = poll_once(pin!(write(key, mood)));
                        } else {
                            let _ = tokio::spawn(write(key, mood)).await;
                        }
                        SOURCE.acknowledge(key, before + 1);
                        yield_now().await;
                    }
                })
            });
            let all: Vec<_> = readers.chain(writers).collect();
            for task in all {
                task.await.unwrap();
            }
            let stats = load::cache().stats();
            assert!(stats.hits > 0 && stats.loads > stats.load_errors && stats.weight <= 8, "{stats:?}");
            for key in 0..KEYS {
                must_be_fresh(key, SOURCE.acknowledged(key), &load(key, Mood::Well).await.unwrap());
            }
        }
    };
}

tasks!(tasks_and_invalidation_by_key: "sa-key:{id}", [], |id| ["sa-key:{id}"]);
tasks!(tasks_and_invalidation_by_pattern: "sa-pattern:{id}:x", [], |id| ["sa-pattern:{id}:*"]);
tasks!(tasks_and_invalidation_by_function: "sa-function:{id}", [], |id| [load(id)]);
tasks!(tasks_and_invalidation_of_a_whole_function: "sa-whole:{id}", [], |id| [load(*)]);
tasks!(tasks_and_invalidation_by_tag: "sa-tag:{id}", [, tags = ["sa-tag-argument:{id}", "sa-tag-other"]], |id| [tags = ["sa-tag-argument:{id}"]]);
tasks!(tasks_and_invalidation_by_a_tag_of_the_result: "sa-result:{id}", [, tags = ["sa-result-row:{result.key}"]], |id| [tags = ["sa-result-row:{id}"]]);
tasks!(tasks_and_invalidation_before_and_after: "sa-before:{id}", [, tags = ["sa-before:{result.key}"]], |id| ["sa-before:{id}", load(id), tags = ["sa-before:{id}"], before]);
