//! A cluster: which primary has which slot, a link to each, and following keys that have moved.
//!
//! Every primary has a link of its own, so that one that hangs holds up nobody who wants another. The map is asked for every second, whenever
//! a node answers that a key is elsewhere, and when a link is down.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::sync::Mutex;
use redis::{Pipeline, Value};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::context::Context;
use super::failure;
use super::map::{self, Map, Redirect};
use super::open::{Connection, Target, connect};
use super::reads::{Form, get};
use super::route::{Node, allowed, probe};
use super::server::Server;
use super::slots::slot;
use super::store::values;
use super::watch::Watch;
use crate::shared::{StoreError, StoreErrorKind, runtime};

/// How often the map is asked for, and the least time between two attempts.
const SURVEYS: Duration = Duration::from_secs(1);
const LEAST_BETWEEN: Duration = Duration::from_millis(50);

/// How many nodes are asked at a time when the one that was asked last does not answer.
const ASKED: usize = 5;

/// How often a key is followed: slots that move on are rare.
const MOST_REDIRECTS: usize = 4;

pub(super) struct Cluster {
    seeds: Vec<Server>,
    context: Arc<Context>,
    state: watch::Sender<State>,
    /// Nodes that were named by others and are not in the map yet.
    strays: Mutex<HashMap<String, Arc<Node>>>,
    /// Whom to ask next.
    surveyor: Mutex<Option<(Server, Connection)>>,
    is_stale: Arc<Notify>,
    started: AtomicBool,
}

#[derive(Clone)]
enum State {
    Starting,
    Known(Arc<Map>),
    Down(Arc<str>),
}

impl Cluster {
    pub(super) fn new(seeds: Vec<Server>, context: Arc<Context>) -> Self {
        Self {
            seeds,
            context,
            state: watch::Sender::new(State::Starting),
            strays: Mutex::default(),
            surveyor: Mutex::default(),
            is_stale: Arc::default(),
            started: AtomicBool::new(false),
        }
    }

    pub(super) fn refusal(&self) -> Option<StoreError> {
        match &*self.state.borrow() {
            State::Down(reason) => Some(failure::unavailable(reason)),
            State::Starting | State::Known(_) => None,
        }
    }

    pub(super) fn start(self: &Arc<Self>) {
        if self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let (weak, is_stale) = (Arc::downgrade(self), self.is_stale.clone());
        runtime::spawn(async move {
            loop {
                let Some(cluster) = weak.upgrade() else { return };
                let surveyed = cluster.survey().await;
                if let Err(reason) = surveyed {
                    // An old map is better than none.
                    cluster.state.send_if_modified(|state| {
                        let none = !matches!(state, State::Known(_));
                        if none {
                            *state = State::Down(reason.into());
                        }
                        none
                    });
                }
                drop(cluster);
                sleep(LEAST_BETWEEN).await;
                if timeout(SURVEYS, is_stale.notified()).await.is_ok()
                    && let Some(cluster) = weak.upgrade()
                {
                    // Another node may know better.
                    cluster.surveyor.lock().take();
                }
            }
        });
    }

    pub(super) async fn map(self: &Arc<Self>) -> Result<Arc<Map>, StoreError> {
        self.start();
        let mut states = self.state.subscribe();
        loop {
            match &*states.borrow_and_update() {
                State::Known(map) => return Ok(map.clone()),
                State::Down(reason) => return Err(failure::unavailable(reason)),
                State::Starting => {}
            }
            if states.changed().await.is_err() {
                return Err(failure::unavailable("the cluster was given up"));
            }
        }
    }

    pub(super) async fn nodes(self: &Arc<Self>) -> Result<Vec<Arc<Node>>, StoreError> {
        Ok(self.map().await?.nodes.clone())
    }

    /// Tells a watch which primaries there are, as soon as that is known.
    pub(super) fn tell(self: &Arc<Self>, watch: &Arc<Watch>) {
        self.start();
        let known = match &*self.state.borrow() {
            State::Known(map) => self.with_strays(map),
            State::Starting | State::Down(_) => return,
        };
        watch.expect(&known);
    }

    fn with_strays(&self, map: &Map) -> Vec<Arc<Node>> {
        map.nodes.iter().cloned().chain(self.strays.lock().values().cloned()).collect()
    }

    /// Asks for the map, and puts it to use.
    pub(super) async fn survey(self: &Arc<Self>) -> Result<(), String> {
        let (connecting, answering) = (self.context.config.connect_timeout, self.context.config.patience());
        let surveyor = self.surveyor.lock().take();
        let mut reason = String::new();
        if let Some((server, mut connection)) = surveyor {
            match map::ask(&mut connection, &server, answering).await {
                Ok(shards) => {
                    self.install(&shards);
                    *self.surveyor.lock() = Some((server, connection));
                    return Ok(());
                }
                Err(error) => reason = error,
            }
        }
        let mut asked = JoinSet::new();
        for server in self.candidates() {
            asked.spawn(async move {
                let mut connection = connect(&server, connecting, None).await.map_err(|e| format!("{server}: {e}"))?;
                let shards =
                    map::ask(&mut connection, &server, answering).await.map_err(|e| format!("{server}: {e}"))?;
                Ok::<_, String>((shards, server, connection))
            });
        }
        while let Some(answer) = asked.join_next().await {
            match answer {
                Ok(Ok((shards, server, connection))) => {
                    self.install(&shards);
                    *self.surveyor.lock() = Some((server, connection));
                    return Ok(());
                }
                Ok(Err(error)) => reason = error,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    /// Some of the nodes that are known and of those that were named at the beginning.
    fn candidates(&self) -> Vec<Server> {
        let mut all = self.seeds.clone();
        if let State::Known(map) = &*self.state.borrow() {
            all.extend(map.nodes.iter().map(|node| node.target.server().clone()));
        }
        fastrand::shuffle(&mut all);
        all.truncate(ASKED);
        all
    }

    fn install(self: &Arc<Self>, shards: &[map::Shard]) {
        let old = match &*self.state.borrow() {
            State::Known(map) => Some(map.clone()),
            State::Starting | State::Down(_) => None,
        };
        if old.as_ref().is_some_and(|old| old.is_of(shards)) && self.strays.lock().is_empty() {
            return;
        }
        let mut known = std::mem::take(&mut *self.strays.lock());
        if let Some(old) = old {
            known.extend(old.nodes.iter().map(|node| (node.target.to_string(), node.clone())));
        }
        let map = Arc::new(Map::new(shards, |host, port| {
            let target = Target::Server(self.seeds[0].at(host, port));
            known.remove(&target.to_string()).unwrap_or_else(|| self.new_node(target))
        }));
        // Before anything can be read from a node that is new.
        self.context.watches().iter().for_each(|watch| watch.expect(&map.nodes));
        map.nodes.iter().for_each(|node| node.link.start());
        self.state.send_replace(State::Known(map));
    }

    fn new_node(&self, target: Target) -> Arc<Node> {
        Arc::new(Node::new(target, &self.context, Form::Single))
    }

    /// The node at an address that another one gave. Whoever watches must watch it, too, before anything is read there.
    fn node_at(self: &Arc<Self>, map: &Map, host: &str, port: u16) -> Arc<Node> {
        let target = Target::Server(self.seeds[0].at(host, port));
        let address = target.to_string();
        if let Some(node) = map.nodes.iter().find(|node| node.target.to_string() == address) {
            return node.clone();
        }
        let node = self.strays.lock().entry(address).or_insert_with(|| self.new_node(target)).clone();
        let all = self.with_strays(map);
        self.context.watches().iter().for_each(|watch| watch.expect(&all));
        node
    }

    /// Sends commands on one key to its primary, and after it if it has moved.
    pub(super) async fn run_all(self: &Arc<Self>, key: &str, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let map = self.map().await?;
        let node = map.owner(slot(key)).ok_or_else(|| {
            self.is_stale.notify_one();
            failure::unavailable("no node of the cluster has the slot")
        })?;
        let replies = self.at_node(node, commands).await?;
        self.follow(&map, node.clone(), commands, replies).await
    }

    async fn at_node(&self, node: &Node, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let replies = node.link.run_all(commands).await;
        let is_down = |error: &StoreError| error.kind() == StoreErrorKind::Unavailable;
        let is_outage = |reply: &Value| matches!(reply, Value::ServerError(error) if failure::is_outage(error));
        if replies.as_ref().map_or_else(is_down, |replies| replies.iter().any(is_outage)) {
            self.is_stale.notify_one();
        }
        replies
    }

    /// If a reply says that the key is elsewhere, asks there.
    async fn follow(
        self: &Arc<Self>,
        map: &Map,
        mut node: Arc<Node>,
        commands: &Pipeline,
        mut replies: Vec<Value>,
    ) -> Result<Vec<Value>, StoreError> {
        for _ in 0..MOST_REDIRECTS {
            let host = node.target.server().host().unwrap_or_default();
            match replies.iter().find_map(|reply| map::redirect(reply, host)) {
                None => break,
                Some(Redirect::Moved(host, port)) => {
                    self.is_stale.notify_one();
                    node = self.node_at(map, &host, port);
                    replies = self.at_node(&node, commands).await?;
                }
                Some(Redirect::Ask(host, port)) => {
                    node = self.node_at(map, &host, port);
                    let asking = map::asking(commands);
                    replies = self.at_node(&node, &asking).await?.into_iter().skip(1).step_by(2).collect();
                }
            }
        }
        Ok(replies)
    }

    /// The same for several keys at once, each on its own.
    pub(super) async fn run_each(
        self: &Arc<Self>,
        items: Vec<(String, Pipeline)>,
    ) -> Vec<Result<Vec<Value>, StoreError>> {
        let mut running = JoinSet::new();
        let mut results: Vec<_> = items.iter().map(|_| Err(failure::unavailable("given up"))).collect();
        for (i, (key, commands)) in items.into_iter().enumerate() {
            let cluster = self.clone();
            running.spawn(async move { (i, cluster.run_all(&key, &commands).await) });
        }
        while let Some(ended) = running.join_next().await {
            if let Ok((i, result)) = ended {
                results[i] = result;
            }
        }
        results
    }

    /// Reads, merged with others' on each node.
    pub(super) async fn get(
        self: &Arc<Self>,
        keys: Vec<String>,
        within: Duration,
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let map = self.map().await?;
        let mut groups: HashMap<usize, Vec<usize>> = HashMap::new();
        for (i, key) in keys.iter().enumerate() {
            let owner = map.owner_index(slot(key));
            groups.entry(owner.ok_or_else(|| failure::unavailable("no node has the slot"))?).or_default().push(i);
        }
        let asked: Vec<_> = groups
            .into_iter()
            .map(|(node, indexes)| {
                let wanted = indexes.iter().map(|&i| keys[i].clone()).collect();
                (node, indexes, map.nodes[node].reads().read(wanted, within, None))
            })
            .collect();
        let mut replies = vec![Value::Nil; keys.len()];
        for (node, indexes, answer) in asked {
            let node = &map.nodes[node];
            let answer = answer.await.unwrap_or_else(|_| Err(failure::unavailable("given up")));
            let answer = answer.inspect_err(|_| self.is_stale.notify_one())?;
            let host = node.target.server().host().unwrap_or_default();
            for (i, reply) in indexes.into_iter().zip(answer) {
                replies[i] = reply;
                if map::redirect(&replies[i], host).is_some() {
                    let mut again = Pipeline::with_capacity(1);
                    again.add_command(get(&keys[i]));
                    let first = vec![std::mem::take(&mut replies[i])];
                    let mut followed = self.follow(&map, node.clone(), &again, first).await?;
                    replies[i] = followed.pop().ok_or_else(failure::unexpected)?;
                }
            }
        }
        values(Ok(replies))
    }

    /// Whether any primary answers and takes writes.
    pub(super) async fn ping(self: &Arc<Self>) -> Result<(), StoreError> {
        let map = self.map().await?;
        let mut probes = JoinSet::new();
        for (i, node) in map.nodes.iter().enumerate() {
            let (map, node) = (map.clone(), node.clone());
            let mut keys = (0..10_000).map(|n| format!("cached@ping:{n}"));
            let Some(key) = keys.find(|key| map.owner_index(slot(key)) == Some(i)) else { continue };
            probes.spawn(async move { allowed(node.link.run(&probe(&key)).await?) });
        }
        let mut result = Err(failure::unavailable("the cluster has no primary"));
        while let Some(ended) = probes.join_next().await {
            match ended {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => result = Err(error),
                Err(_) => {}
            }
        }
        self.is_stale.notify_one();
        result
    }
}
