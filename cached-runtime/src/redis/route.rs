//! Which server a key belongs to, and sending commands there.

use std::sync::{Arc, OnceLock};
#[cfg(feature = "redis-cluster")]
use std::time::Duration;

use redis::{Cmd, Pipeline, ServerErrorKind, Value};

#[cfg(feature = "redis-cluster")]
use super::cluster::Cluster;
use super::config::Servers;
use super::context::Context;
use super::failure;
use super::link::Link;
use super::open::Target;
use super::reads::{Form, Reads};
use super::script::Script;
use super::store::MOST_REMOVED;
use super::watch::Watch;
use crate::shared::StoreError;

/// One server: its link, and the reads that are merged on it.
pub(super) struct Node {
    pub(super) target: Target,
    pub(super) link: Arc<Link>,
    reads: OnceLock<Reads>,
    batches: usize,
    form: Form,
}

impl Node {
    pub(super) fn new(target: Target, context: &Arc<Context>, form: Form) -> Self {
        let link = Arc::new(Link::new(target.clone(), context.clone()));
        Self { target, link, reads: OnceLock::new(), batches: context.config.batches, form }
    }

    pub(super) fn reads(&self) -> &Reads {
        self.reads.get_or_init(|| Reads::new(&self.link, self.batches, self.form))
    }
}

#[derive(Clone)]
pub(super) enum Route {
    One(Arc<Node>),
    #[cfg(feature = "redis-cluster")]
    Cluster(Arc<Cluster>),
}

impl Route {
    pub(super) fn new(context: &Arc<Context>) -> Self {
        let target = match &context.config.servers {
            Servers::One(server) => Target::Server(server.clone()),
            #[cfg(feature = "redis-sentinel")]
            Servers::Sentinel { service, sentinels } => {
                Target::Service { service: service.clone(), sentinels: sentinels.clone() }
            }
            #[cfg(feature = "redis-cluster")]
            Servers::Cluster(servers) => {
                return Self::Cluster(Arc::new(Cluster::new(servers.clone(), context.clone())));
            }
        };
        Self::One(Arc::new(Node::new(target, context, Form::Multi)))
    }

    /// The node, if there is only one.
    pub(super) fn one(&self) -> Option<&Arc<Node>> {
        match self {
            Self::One(node) => Some(node),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(_) => None,
        }
    }

    /// Why nothing can be done, if that is already known.
    pub(super) fn refusal(&self) -> Option<StoreError> {
        match self {
            Self::One(node) => node.link.refusal(),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => cluster.refusal(),
        }
    }

    /// Tells a watch which primaries there are.
    pub(super) fn tell(&self, watch: &Arc<Watch>) {
        match self {
            Self::One(node) => watch.expect(std::slice::from_ref(node)),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => cluster.tell(watch),
        }
    }

    /// All primaries.
    pub(super) async fn nodes(&self) -> Result<Vec<Arc<Node>>, StoreError> {
        match self {
            Self::One(node) => Ok(vec![node.clone()]),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => cluster.nodes().await,
        }
    }

    /// Sends one command to where its key lives. Error replies are replies.
    pub(super) async fn run(&self, key: &str, command: Cmd) -> Result<Value, StoreError> {
        match self {
            Self::One(node) => {
                let _ = key;
                node.link.run(&command).await
            }
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => {
                let mut one = Pipeline::with_capacity(1);
                one.add_command(command);
                cluster.run_all(key, &one).await?.pop().ok_or_else(failure::unexpected)
            }
        }
    }

    /// Sends commands on one key, in a row.
    pub(super) async fn run_all(&self, key: &str, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        match self {
            Self::One(node) => {
                let _ = key;
                node.link.run_all(commands).await
            }
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => cluster.run_all(key, commands).await,
        }
    }

    /// Runs a script on its key; the server is given its text if it does not know it. Errors are errors.
    pub(super) async fn script(&self, script: &Script, key: &str, arguments: &[Vec<u8>]) -> Result<Value, StoreError> {
        let reply = self.run(key, script.by_digest(key, arguments)).await?;
        match reply {
            Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoScript) => {
                failure::accept(self.run(key, script.whole(key, arguments)).await?)
            }
            reply => failure::accept(reply),
        }
    }

    /// Sends the commands that `build` makes for each key, all at once; returns the replies by key.
    pub(super) async fn each(
        &self,
        keys: &[String],
        build: impl Fn(&str, &mut Pipeline),
    ) -> Result<Vec<Vec<Value>>, StoreError> {
        match self {
            Self::One(node) => {
                let mut all = Pipeline::new();
                let mut counts = Vec::with_capacity(keys.len());
                for key in keys {
                    let before = all.len();
                    build(key, &mut all);
                    counts.push(all.len() - before);
                }
                let mut replies = node.link.run_all(&all).await?.into_iter();
                Ok(counts.into_iter().map(|count| replies.by_ref().take(count).collect()).collect())
            }
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => {
                let build = |key: &String| {
                    let mut commands = Pipeline::new();
                    build(key, &mut commands);
                    (key.clone(), commands)
                };
                cluster.run_each(keys.iter().map(build).collect()).await.into_iter().collect()
            }
        }
    }

    /// How many of so many keys can be read at once if the last one must not be read before the others.
    pub(super) fn read_together(&self, keys: usize) -> usize {
        match self {
            Self::One(_) => keys,
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(_) => keys.saturating_sub(1),
        }
    }

    /// Removes keys, the first one before or together with the others.
    pub(super) async fn remove(&self, keys: &[String]) -> Result<(), StoreError> {
        let (together, rest) = match self {
            // One server does one thing after the other, and a command as a whole.
            Self::One(_) => (keys, &[][..]),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(_) => keys.split_at(1.min(keys.len())),
        };
        if let Some(first) = together.first() {
            let mut commands = Pipeline::new();
            together.chunks(MOST_REMOVED).for_each(|keys| {
                commands.cmd("UNLINK").arg(keys);
            });
            self.run_all(first, &commands).await?.into_iter().try_for_each(|reply| failure::accept(reply).map(drop))?;
        }
        let unlink = |key: &str, commands: &mut Pipeline| {
            commands.cmd("UNLINK").arg(key);
        };
        if rest.is_empty() {
            return Ok(());
        }
        let replies = self.each(rest, unlink).await?;
        replies.into_iter().flatten().try_for_each(|reply| failure::accept(reply).map(drop))
    }

    /// Whether the server answers and is no replica: a write that changes nothing, and that a full server takes. In a cluster
    /// one primary that does is enough: another's failures cost its own keys a call's delay until its link is down, and nothing after.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::One(node) => allowed(node.link.run(&probe("cached@ping")).await?),
            #[cfg(feature = "redis-cluster")]
            Self::Cluster(cluster) => cluster.ping().await,
        }
    }

    /// Reads from a cluster.
    #[cfg(feature = "redis-cluster")]
    pub(super) async fn get(self, keys: Vec<String>, within: Duration) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        match self {
            Self::One(_) => Err(failure::unexpected()),
            Self::Cluster(cluster) => cluster.get(keys, within).await,
        }
    }
}

pub(super) fn probe(key: &str) -> Cmd {
    // A write, so that a read-only server refuses it; one that a full server carries out.
    let mut probe = redis::cmd("UNLINK");
    probe.arg(key);
    probe
}

/// Whoever may not write this one key is answered nevertheless.
pub(super) fn allowed(reply: Value) -> Result<(), StoreError> {
    match reply {
        Value::ServerError(error) if failure::is_no_permission(&error) => Ok(()),
        reply => failure::accept(reply).map(drop),
    }
}
