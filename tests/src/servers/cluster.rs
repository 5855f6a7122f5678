//! A Redis Cluster.

use std::time::{Duration, Instant};

use super::redis::Redis;
use super::{eventually, port};

/// Milliseconds without an answer after which a node counts as failed: as short as a cluster on a busy machine bears.
const NODE_TIMEOUT: &str = "1500";
const SLOTS: usize = 16_384;

/// A cluster of server processes: the primaries first, then their replicas. Killed when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Redis>,
}

impl Cluster {
    /// Starts a cluster, and returns when every node serves and every replica follows its primary.
    ///
    /// # Panics
    ///
    /// If the program is not installed, or the nodes do not find each other.
    #[must_use]
    pub fn start(primaries: usize, replicas_each: usize) -> Self {
        let nodes = (0..primaries * (1 + replicas_each)).map(|_| node()).collect();
        let cluster = Self { nodes };
        cluster.join(primaries);
        cluster
    }

    fn join(&self, primaries: usize) {
        for (at, node) in self.nodes.iter().enumerate() {
            // Nodes that all begin with the epoch zero take several rounds to agree.
            node.command(&["CLUSTER", "SET-CONFIG-EPOCH", &(at + 1).to_string()]);
            if at < primaries {
                let (first, after) = (at * SLOTS / primaries, (at + 1) * SLOTS / primaries);
                node.command(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(after - 1).to_string()]);
            }
            for other in &self.nodes[..at] {
                let bus = other.command(&["CONFIG", "GET", "cluster-port"]);
                let bus = bus.lines().last().unwrap_or("");
                node.command(&["CLUSTER", "MEET", "127.0.0.1", &other.port().to_string(), bus]);
            }
        }
        let all = self.nodes.len();
        let known = format!("cluster_known_nodes:{all}\r");
        eventually("the nodes know each other", || {
            self.nodes.iter().all(|node| {
                let nodes = node.command(&["CLUSTER", "NODES"]);
                node.command(&["CLUSTER", "INFO"]).contains(&known) && !nodes.contains("handshake")
            })
        });
        for (at, replica) in self.nodes[primaries..].iter().enumerate() {
            let primary = self.nodes[at % primaries].command(&["CLUSTER", "MYID"]);
            replica.command(&["CLUSTER", "REPLICATE", &primary]);
        }
        self.wait_until_ok();
    }

    /// Waits until every node that runs serves the whole cluster, and every replica follows its primary.
    ///
    /// # Panics
    ///
    /// If that does not happen.
    pub fn wait_until_ok(&self) {
        eventually("the cluster serves", || {
            self.running().all(|node| {
                let ok = node.command(&["CLUSTER", "INFO"]).contains("cluster_state:ok\r");
                ok && (is_primary(node) || node.info("master_link_status").as_deref() == Some("up"))
            })
        });
        eventually("the nodes agree about primaries", || {
            let view = |node: &Redis| {
                let mut slots: Vec<String> = node
                    .reply(&["CLUSTER", "SLOTS"])
                    .list()
                    .into_iter()
                    .map(|range| range.list().into_iter().take(3).map(|part| part.to_string()).collect())
                    .collect();
                slots.sort();
                slots
            };
            let mut views = self.running().map(view);
            let first = views.next();
            first.is_some_and(|first| views.all(|view| view == first))
        });
    }

    fn running(&self) -> impl Iterator<Item = &Redis> {
        self.nodes.iter().filter(|node| node.runs())
    }

    /// All nodes: the first primaries first, then the first replicas.
    #[must_use]
    pub fn nodes(&self) -> &[Redis] {
        &self.nodes
    }

    /// The nodes' addresses, as URLs.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(Redis::url).collect()
    }

    /// The nodes that are primaries now.
    #[must_use]
    pub fn primaries(&self) -> Vec<&Redis> {
        self.running().filter(|node| is_primary(node)).collect()
    }

    /// The key's slot.
    ///
    /// # Panics
    ///
    /// If no node runs.
    #[must_use]
    pub fn slot_of(&self, key: &str) -> u16 {
        let node = self.running().next().expect("a node runs");
        node.command(&["CLUSTER", "KEYSLOT", key]).parse().expect("a slot")
    }

    /// The node that holds the key now.
    ///
    /// # Panics
    ///
    /// If no node that runs says so.
    #[must_use]
    pub fn primary_of(&self, key: &str) -> &Redis {
        let slot = self.slot_of(key).to_string();
        let holds = |node: &&Redis| {
            let count = node.try_command(&["CLUSTER", "COUNTKEYSINSLOT", &slot]).is_ok();
            count && is_primary(node) && owns(node, &slot)
        };
        self.running().find(holds).expect("a primary holds the slot")
    }

    /// The replicas of the node that holds the key now.
    #[must_use]
    pub fn replicas_of(&self, key: &str) -> Vec<&Redis> {
        let primary = self.primary_of(key).port().to_string();
        self.running().filter(|node| node.info("master_port").as_deref() == Some(primary.as_str())).collect()
    }

    /// Kills the node that holds the key; a replica takes over after the node timeout. Returns the killed one, for [`Redis::restart`].
    pub fn kill_primary_of(&self, key: &str) -> &Redis {
        let primary = self.primary_of(key);
        primary.kill();
        primary
    }

    /// Has a replica take the key's primary over, with nothing lost, and returns when it has.
    ///
    /// # Panics
    ///
    /// If there is no replica, or it does not take over.
    pub fn failover(&self, key: &str) {
        let replica = *self.replicas_of(key).first().expect("the primary has a replica");
        let mut asked = None;
        eventually("the replica took over", || {
            // A vote may fail for want of time, and is not repeated by itself.
            if asked.is_none_or(|asked: Instant| asked.elapsed() > Duration::from_secs(3)) && !is_primary(replica) {
                let _ = replica.try_command(&["CLUSTER", "FAILOVER"]);
                asked = Some(Instant::now());
            }
            is_primary(replica)
        });
        self.wait_until_ok();
    }

    /// Waits until a primary other than `old` holds the key.
    ///
    /// # Panics
    ///
    /// If that does not happen.
    pub fn wait_for_takeover(&self, key: &str, old: &Redis) {
        let slot = self.slot_of(key).to_string();
        eventually("a replica takes over", || {
            self.running().any(|node| node.port() != old.port() && is_primary(node) && owns(node, &slot))
        });
    }

    /// Begins to move the key's slot to the primary `to`: until it is [finished](Migration::finish), the old one answers `ASK` for keys that it
    /// does not have.
    ///
    /// # Panics
    ///
    /// If `to` holds it already.
    pub fn migrate<'a>(&'a self, key: &str, to: &'a Redis) -> Migration<'a> {
        let from = self.primary_of(key);
        assert!(from.port() != to.port(), "the slot is there already");
        let slot = self.slot_of(key).to_string();
        to.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from.command(&["CLUSTER", "MYID"])]);
        from.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to.command(&["CLUSTER", "MYID"])]);
        Migration { cluster: self, from, to, slot }
    }

    /// Moves the key's slot to the primary `to`.
    pub fn migrate_slot(&self, key: &str, to: &Redis) {
        self.migrate(key, to).finish();
    }
}

/// A slot on its way from one primary to another.
#[derive(Debug)]
#[must_use = "finish it"]
pub struct Migration<'a> {
    cluster: &'a Cluster,
    from: &'a Redis,
    to: &'a Redis,
    slot: String,
}

impl Migration<'_> {
    /// Moves the keys that are there.
    ///
    /// # Panics
    ///
    /// If that does not work.
    pub fn move_keys(&self) {
        let port = self.to.port().to_string();
        loop {
            let keys = self.from.reply(&["CLUSTER", "GETKEYSINSLOT", &self.slot, "100"]).list();
            if keys.is_empty() {
                return;
            }
            let head = ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "REPLACE", "KEYS"]
                .map(|word| word.as_bytes().to_vec());
            let keys = keys.into_iter().filter_map(super::Reply::bytes);
            self.from.command(&head.into_iter().chain(keys).collect::<Vec<_>>());
        }
    }

    /// Moves the keys and tells every primary who holds the slot now.
    ///
    /// # Panics
    ///
    /// If that does not work.
    pub fn finish(self) {
        self.move_keys();
        let id = self.to.command(&["CLUSTER", "MYID"]);
        let tell = |node: &Redis| node.command(&["CLUSTER", "SETSLOT", &self.slot, "NODE", &id]);
        // The new one first: a slot must not be without an owner.
        tell(self.to);
        // A key may have come between; the old one refuses to let go of a slot with keys.
        self.move_keys();
        tell(self.from);
        for node in self.cluster.primaries() {
            tell(node);
        }
    }
}

fn node() -> Redis {
    let bus = port::free().to_string();
    let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", NODE_TIMEOUT];
    let further = ["--cluster-replica-validity-factor", "0", "--cluster-require-full-coverage", "no"];
    Redis::builder()
        .arguments(&settings)
        .arguments(&further)
        .arguments(&["--cluster-allow-replica-migration", "no"])
        .start()
}

fn is_primary(node: &Redis) -> bool {
    node.info("role").as_deref() == Some("master")
}

/// Whether the node counts the slot among its own.
fn owns(node: &Redis, slot: &str) -> bool {
    let Ok(slot) = slot.parse::<u16>() else { return false };
    let nodes = node.command(&["CLUSTER", "NODES"]);
    let Some(own) = nodes.lines().find(|line| line.contains("myself")) else { return false };
    own.split_whitespace().skip(8).any(|range| match range.split_once('-') {
        // `[93-<-id]` is a slot on its way.
        _ if range.starts_with('[') => false,
        Some((first, last)) => {
            first.parse().is_ok_and(|first: u16| first <= slot) && last.parse().is_ok_and(|last: u16| slot <= last)
        }
        None => range.parse() == Ok(slot),
    })
}
