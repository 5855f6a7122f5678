//! Reads of many callers, merged: what is asked for while a few batches are on their way goes with the next one, as one command.
//!
//! Nobody waits for a batch to fill up: a single caller's read leaves at once. Under load, a server and a client that handle one `MGET` of
//! thirty keys do a fraction of the work of thirty `GET`s.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::sync::Mutex;
use redis::{Cmd, Pipeline, Value};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::failure;
use super::link::Link;
use super::race::race;
use super::store::Permit;
use crate::shared::{StoreError, StoreErrorKind, runtime};

/// Replies, one for each key; error replies are replies.
pub(super) type Replies = Result<Vec<Value>, StoreError>;

/// The most keys in a batch, unless a single read has more: one reply must not hold up the others for long.
const MOST_KEYS: usize = 128;

/// How several keys are read with one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `MGET`.
    Multi,
    /// A `GET` each: on a cluster, the keys of one command must share a slot.
    Single,
}

/// The reads from one server. Dropping it ends its tasks.
pub(super) struct Reads {
    queue: Arc<Queue>,
}

struct Queue {
    waiting: Mutex<Waiting>,
    work: Notify,
    /// The earliest deadline has changed.
    sooner: Notify,
}

#[derive(Default)]
struct Waiting {
    reads: VecDeque<Read>,
    /// When the timekeeper wakes up next.
    alarm: Option<Instant>,
    closed: bool,
}

struct Read {
    keys: Vec<String>,
    deadline: Instant,
    answer: oneshot::Sender<Replies>,
    _permit: Option<Permit>,
}

impl Reads {
    pub(super) fn new(link: &Arc<Link>, batches: usize, form: Form) -> Self {
        let queue = Queue { waiting: Mutex::default(), work: Notify::new(), sooner: Notify::new() };
        let queue = Arc::new(queue);
        for _ in 0..batches {
            runtime::spawn(work(queue.clone(), link.clone(), form));
        }
        runtime::spawn(keep_time(queue.clone()));
        Self { queue }
    }

    /// The values under these keys. The answer can be waited for anywhere, and comes within the limit.
    pub(super) fn read(
        &self,
        keys: Vec<String>,
        within: Duration,
        permit: Option<Permit>,
    ) -> oneshot::Receiver<Replies> {
        let (answer, receiver) = oneshot::channel();
        let deadline = Instant::now() + within;
        let mut waiting = self.queue.waiting.lock();
        waiting.reads.push_back(Read { keys, deadline, answer, _permit: permit });
        let is_sooner = waiting.alarm.is_none_or(|alarm| deadline < alarm);
        if is_sooner {
            waiting.alarm = Some(deadline);
        }
        drop(waiting);
        if is_sooner {
            self.queue.sooner.notify_one();
        }
        self.queue.work.notify_one();
        receiver
    }
}

impl Drop for Reads {
    fn drop(&mut self) {
        self.queue.waiting.lock().closed = true;
        self.queue.sooner.notify_one();
        // One worker wakes the next.
        self.queue.work.notify_one();
    }
}

impl Queue {
    /// What goes with the next batch; `None` when there will be none any more.
    fn take(&self) -> Option<Vec<Read>> {
        let mut waiting = self.waiting.lock();
        let mut batch = Vec::with_capacity(waiting.reads.len().min(MOST_KEYS));
        let mut keys = 0;
        while let Some(read) = waiting.reads.front() {
            if keys > 0 && keys + read.keys.len() > MOST_KEYS {
                break;
            }
            let Some(read) = waiting.reads.pop_front() else { break };
            if !read.answer.is_closed() {
                keys += read.keys.len();
                batch.push(read);
            }
        }
        (!batch.is_empty() || !waiting.closed).then_some(batch)
    }
}

impl Queue {
    fn overdue(&self, now: Instant) -> VecDeque<Read> {
        let mut waiting = self.waiting.lock();
        let reads = std::mem::take(&mut waiting.reads);
        let (late, rest) = reads.into_iter().partition(|read| read.deadline <= now);
        waiting.reads = rest;
        waiting.alarm = waiting.reads.iter().map(|read| read.deadline).min();
        late
    }
}

/// Carries one batch at a time.
async fn work(queue: Arc<Queue>, link: Arc<Link>, form: Form) {
    while let Some(batch) = queue.take() {
        if batch.is_empty() {
            queue.work.notified().await;
        } else {
            carry(batch, &link, form).await;
        }
    }
    queue.work.notify_one();
}

async fn carry(reads: Vec<Read>, link: &Link, form: Form) {
    let (message, mut batch) = merge(reads, form);
    let mut fetching = pin!(message.fetch(link));
    loop {
        let Some(earliest) = batch.iter().map(|(read, _)| read.deadline).min() else { return };
        if let Ok(replies) = timeout_at(earliest, &mut fetching).await {
            return hand_out(batch, replies);
        }
        let now = Instant::now();
        let (late, rest) = batch.into_iter().partition(|(read, _)| read.deadline <= now);
        batch = rest;
        give_up(late.into_iter().map(|(read, _): Placed| read));
    }
}

/// A read, and where the replies to its keys are among those to its batch. A read may be given up while the batch is on its way, and a
/// key may be wanted by many, so the order of the reads says nothing.
type Placed = (Read, Vec<usize>);

/// One message for all reads, in which each key stands once.
fn merge(reads: Vec<Read>, form: Form) -> (Message, Vec<Placed>) {
    let mut places: HashMap<&str, usize, foldhash::fast::RandomState> = HashMap::default();
    let mut distinct: Vec<&str> = Vec::with_capacity(reads.len());
    let mut of_reads = Vec::with_capacity(reads.len());
    for read in &reads {
        let mut place = |key| {
            *places.entry(key).or_insert_with(|| {
                distinct.push(key);
                distinct.len() - 1
            })
        };
        of_reads.push(read.keys.iter().map(|key| place(key)).collect());
    }
    let message = Message::new(&distinct, form);
    (message, reads.into_iter().zip(of_reads).collect())
}

/// Answers those whose time is up.
fn give_up(late: impl IntoIterator<Item = Read>) {
    for read in late {
        let _ = read.answer.send(Err(StoreError::new(StoreErrorKind::Timeout, "no answer in time")));
    }
}

/// What is sent for a batch.
enum Message {
    One(Cmd),
    Multi(Cmd, usize),
    Many(Pipeline),
}

impl Message {
    fn new(keys: &[&str], form: Form) -> Self {
        if let [key] = keys {
            return Self::One(get(key));
        }
        if form == Form::Single {
            let mut gets = Pipeline::with_capacity(keys.len());
            keys.iter().for_each(|key| {
                gets.add_command(get(key));
            });
            return Self::Many(gets);
        }
        let bytes: usize = keys.iter().map(|key| key.len()).sum();
        let mut mget = Cmd::with_capacity(keys.len() + 1, bytes + 4);
        mget.arg("MGET").arg(keys);
        Self::Multi(mget, keys.len())
    }

    async fn fetch(self, link: &Link) -> Replies {
        match self {
            Self::One(get) => Ok(vec![link.run(&get).await?]),
            Self::Many(gets) => link.run_all(&gets).await,
            Self::Multi(mget, count) => match failure::accept(link.run(&mget).await?)? {
                Value::Array(values) if values.len() == count => Ok(values),
                _ => Err(failure::unexpected()),
            },
        }
    }
}

pub(super) fn get(key: &str) -> Cmd {
    let mut get = Cmd::with_capacity(2, key.len() + 3);
    get.arg("GET").arg(key);
    get
}

fn hand_out(batch: Vec<Placed>, replies: Replies) {
    let values = match replies {
        Ok(values) => values,
        Err(error) => {
            for (read, _) in batch {
                let _ = read.answer.send(Err(error.clone()));
            }
            return;
        }
    };
    let mut wanted = vec![0_u32; values.len()];
    batch.iter().flat_map(|(_, places)| places).for_each(|at| wanted[*at] += 1);
    let mut values: Vec<Option<Value>> = values.into_iter().map(Some).collect();
    for (read, places) in batch {
        let take = |at: usize| {
            wanted[at] -= 1;
            if wanted[at] == 0 { values[at].take() } else { values[at].clone() }
        };
        let of_read = places.into_iter().map(take).map(|value| value.unwrap_or(Value::Nil)).collect();
        let _ = read.answer.send(Ok(of_read));
    }
}

/// Answers reads whose time is up while they still wait for a batch. Wakes up seldom: an alarm stands when its read has long been answered,
/// so that in good times there is one for all reads of a whole limit.
async fn keep_time(queue: Arc<Queue>) {
    loop {
        let (alarm, closed) = {
            let waiting = queue.waiting.lock();
            (waiting.alarm, waiting.closed)
        };
        if closed {
            return;
        }
        match alarm {
            None => queue.sooner.notified().await,
            Some(alarm) => race(queue.sooner.notified(), sleep_until(alarm)).await,
        }
        let now = Instant::now();
        if alarm.is_some_and(|alarm| alarm <= now) {
            give_up(queue.overdue(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &[&str]) -> (Read, oneshot::Receiver<Replies>) {
        let (answer, receiver) = oneshot::channel();
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        (Read { keys, deadline: Instant::now(), answer, _permit: None }, receiver)
    }

    fn value(key: &str) -> Value {
        Value::SimpleString(key.to_owned())
    }

    #[test]
    fn whoever_is_given_up_takes_nobody_elses_value() {
        let (a, of_a) = read(&["a", "tag"]);
        let (b, mut of_b) = read(&["b", "tag"]);
        let (c, mut of_c) = read(&["c", "c"]);
        let (message, mut batch) = merge(vec![a, b, c], Form::Multi);
        assert!(matches!(message, Message::Multi(_, 4)), "each key once");
        give_up([batch.remove(0).0]);
        assert!(of_a.blocking_recv().unwrap().is_err());
        hand_out(batch, Ok(["a", "tag", "b", "c"].map(value).into()));
        assert_eq!(of_b.try_recv().unwrap(), Ok(vec![value("b"), value("tag")]));
        assert_eq!(of_c.try_recv().unwrap(), Ok(vec![value("c"), value("c")]));
    }
}
