//! A cluster's map: asking for it, reading it, and reading what a node says about a key that is elsewhere.

use std::sync::Arc;
use std::time::Duration;

use redis::{Pipeline, RedisError, ServerErrorKind, Value, cmd};

use super::failure;
use super::open::{Connection, ask as ask_one, text};
use super::route::Node;
use super::server::Server;
use super::slots::SLOTS;

/// Slots from the first to the last one, and the address of their primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    slots: (usize, usize),
    host: String,
    port: u16,
}

/// Who has which slot.
pub(super) struct Map {
    pub(super) shards: Vec<Shard>,
    owners: Vec<Option<u16>>,
    pub(super) nodes: Vec<Arc<Node>>,
}

impl Map {
    pub(super) fn new(shards: &[Shard], mut node_at: impl FnMut(&str, u16) -> Arc<Node>) -> Self {
        let mut addresses: Vec<(&str, u16)> = Vec::new();
        let mut owners = vec![None; SLOTS];
        for shard in shards {
            let address = (shard.host.as_str(), shard.port);
            let index = addresses.iter().position(|known| *known == address).unwrap_or_else(|| {
                addresses.push(address);
                addresses.len() - 1
            });
            owners[shard.slots.0..=shard.slots.1].fill(u16::try_from(index).ok());
        }
        let nodes = addresses.into_iter().map(|(host, port)| node_at(host, port)).collect();
        Self { shards: shards.to_vec(), owners, nodes }
    }

    pub(super) fn is_of(&self, shards: &[Shard]) -> bool {
        self.shards == shards
    }

    pub(super) fn owner_index(&self, slot: usize) -> Option<usize> {
        self.owners[slot].map(usize::from)
    }

    pub(super) fn owner(&self, slot: usize) -> Option<&Arc<Node>> {
        self.nodes.get(self.owner_index(slot)?)
    }
}

/// Asks a node that is part of the working majority; the view of one that is cut off is out of date.
pub(super) async fn ask(connection: &mut Connection, node: &Server, limit: Duration) -> Result<Vec<Shard>, String> {
    let mut info = cmd("CLUSTER");
    info.arg("INFO");
    match ask_one(connection, &info, limit).await {
        Ok(info) if text(&info).is_some_and(|info| info.contains("cluster_state:fail")) => {
            return Err("it sees the cluster as failed".to_owned());
        }
        Ok(_) => {}
        Err(reason) if reason.ends_with("NOPERM") => {}
        Err(reason) => return Err(reason),
    }
    let mut slots = cmd("CLUSTER");
    slots.arg("SLOTS");
    let Value::Array(ranges) = ask_one(connection, &slots, limit).await? else {
        return Err("it answered no map".to_owned());
    };
    let mut shards: Vec<Shard> = ranges.iter().filter_map(|range| shard(range, node)).collect();
    if shards.is_empty() {
        return Err("its map has no slots: is it part of a cluster?".to_owned());
    }
    shards.sort_by_key(|shard| shard.slots);
    Ok(shards)
}

fn shard(range: &Value, asked: &Server) -> Option<Shard> {
    let Value::Array(parts) = range else { return None };
    let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = parts.as_slice() else { return None };
    let slots = (usize::try_from(*first).ok()?, usize::try_from(*last).ok()?);
    // A node that does not know its own name leaves it to the client.
    let host = text(primary.first()?).filter(|host| !host.is_empty() && *host != "?").or_else(|| asked.host())?;
    let Some(Value::Int(port)) = primary.get(1) else { return None };
    let in_range = slots.0 <= slots.1 && slots.1 < SLOTS;
    in_range.then_some(Shard { slots, host: host.to_owned(), port: u16::try_from(*port).ok()? })
}

/// Whether a slot is on its way from or to this node.
pub(super) async fn is_moving(node: &Node) -> Result<bool, crate::shared::StoreError> {
    let mut nodes = cmd("CLUSTER");
    nodes.arg("NODES");
    let reply = failure::accept(node.link.run(&nodes).await?)?;
    let is_marked = |line: &str| line.contains("myself") && line.contains(" [");
    Ok(text(&reply).is_some_and(|lines| lines.lines().any(is_marked)))
}

/// Where a key is instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// For good.
    Moved(String, u16),
    /// While its slot is on the move.
    Ask(String, u16),
}

/// `MOVED 3999 host:port`; without a host it is the one that answers.
pub(super) fn redirect(reply: &Value, answering: &str) -> Option<Redirect> {
    let Value::ServerError(error) = reply else { return None };
    let is_moved = match error.kind()? {
        ServerErrorKind::Moved => true,
        ServerErrorKind::Ask => false,
        _ => return None,
    };
    let error = RedisError::from(error.clone());
    let (host, port) = error.redirect_node()?.0.rsplit_once(':')?;
    let host = if host.is_empty() || host == "?" { answering } else { host };
    let (host, port) = (host.to_owned(), port.parse().ok()?);
    Some(if is_moved { Redirect::Moved(host, port) } else { Redirect::Ask(host, port) })
}

/// Each command with the permission to be served by a node that the slot is on its way to.
pub(super) fn asking(commands: &Pipeline) -> Pipeline {
    let mut asking = Pipeline::with_capacity(commands.len() * 2);
    for command in commands.cmd_iter() {
        asking.cmd("ASKING").add_command(command.clone());
    }
    asking
}
