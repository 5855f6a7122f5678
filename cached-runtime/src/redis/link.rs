//! A connection to one server that is kept up.
//!
//! A task of its own connects, watches and reconnects. Who wants to use the connection takes what there is: while it is down the answer is
//! "unavailable", at once. Only before the first attempt has ended is there something to wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::sync::Mutex;
use redis::{Cmd, Pipeline, PushInfo, PushKind, RedisResult, Value};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, timeout};

use super::context::Context;
use super::failure;
use super::open::{Connection, Identity, Opened, Target, examine, open, resolve};
use super::server::Server;
use crate::shared::{StoreError, runtime};

/// How often a connection is examined.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How often it is asked whether the primary is still the same.
const RESOLVE: Duration = Duration::from_secs(5);

/// Dropping it ends its task and, once nobody uses it, its connection.
pub(super) struct Link {
    target: Target,
    shared: Arc<Shared>,
    started: AtomicBool,
}

struct Shared {
    context: Arc<Context>,
    state: watch::Sender<State>,
    /// Where the latest connection leads.
    identity: Mutex<Option<Identity>>,
    /// Something may be wrong with the connection: find out.
    suspicion: Notify,
}

#[derive(Clone)]
enum State {
    Starting,
    Up(Usable),
    Down(Arc<str>),
}

/// A connection and its number, which tells it from those before and after.
#[derive(Clone)]
struct Usable {
    connection: Connection,
    number: u64,
}

impl Link {
    pub(super) fn new(target: Target, context: Arc<Context>) -> Self {
        let state = watch::Sender::new(State::Starting);
        let shared = Shared { context, state, identity: Mutex::default(), suspicion: Notify::new() };
        Self { target, shared: Arc::new(shared), started: AtomicBool::new(false) }
    }

    /// Begins to connect, the first time.
    pub(super) fn start(&self) {
        if !self.started.swap(true, Ordering::Relaxed) {
            runtime::spawn(keep_up(self.target.clone(), Arc::downgrade(&self.shared)));
        }
    }

    /// Why it cannot be used, if that is already known.
    pub(super) fn refusal(&self) -> Option<StoreError> {
        match &*self.shared.state.borrow() {
            State::Down(reason) => Some(failure::unavailable(reason)),
            State::Starting | State::Up(_) => None,
        }
    }

    /// Which server values were and are read from; `None` before the first connection.
    pub(super) fn identity(&self) -> Option<Identity> {
        self.shared.identity.lock().clone()
    }

    async fn usable(&self) -> Result<Usable, StoreError> {
        self.start();
        let mut states = self.shared.state.subscribe();
        loop {
            match &*states.borrow_and_update() {
                State::Up(usable) => return Ok(usable.clone()),
                State::Down(reason) => return Err(failure::unavailable(reason)),
                State::Starting => {}
            }
            if states.changed().await.is_err() {
                return Err(failure::unavailable("the connection was given up"));
            }
        }
    }

    /// One command, one reply; error replies are replies. Has no limit in time: drop it when there is one, and the connection is looked at.
    pub(super) async fn run(&self, command: &Cmd) -> Result<Value, StoreError> {
        let mut usable = self.usable().await?;
        let mut watched = Watched::new(&self.shared, usable.number);
        let reply = usable.connection.send_packed_command(command).await;
        let reply = watched.ended(reply)?;
        self.shared.look_at(&reply, usable.number);
        Ok(reply)
    }

    /// The same for several commands in a row.
    pub(super) async fn run_all(&self, commands: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let mut usable = self.usable().await?;
        let mut watched = Watched::new(&self.shared, usable.number);
        let replies = usable.connection.send_packed_commands(commands, 0, commands.len()).await;
        let replies = watched.ended(replies)?;
        replies.iter().for_each(|reply| self.shared.look_at(reply, usable.number));
        Ok(replies)
    }
}

/// A command on its way. If it is given up before there is an answer, the connection may have gone silent.
struct Watched<'a> {
    shared: &'a Shared,
    number: u64,
    answered: bool,
}

impl<'a> Watched<'a> {
    fn new(shared: &'a Shared, number: u64) -> Self {
        Self { shared, number, answered: false }
    }

    fn ended<T>(&mut self, result: RedisResult<T>) -> Result<T, StoreError> {
        self.answered = true;
        result.map_err(|error| {
            self.shared.drop_connection(self.number, &failure::reason(&error));
            failure::broken(&error)
        })
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.shared.suspicion.notify_one();
        }
    }
}

impl Shared {
    /// Watches are told before anything can be read from a server that they may not listen to.
    fn use_from_now_on(&self, target: &Target, usable: Usable, identity: Identity) {
        *self.identity.lock() = Some(identity.clone());
        let address = target.to_string();
        self.context.watches().iter().for_each(|watch| watch.reads_from(&address, &identity));
        self.state.send_replace(State::Up(usable));
    }

    fn look_at(&self, reply: &Value, number: u64) {
        if let Value::ServerError(error) = reply
            && failure::is_misled(error)
        {
            self.drop_connection(number, "the server is no primary any more, or has logged this client out");
        }
    }

    /// Nobody uses this connection from here on. Another one that may have taken its place stays.
    fn drop_connection(&self, number: u64, reason: &str) {
        let is_this = |state: &mut State| {
            let this = matches!(state, State::Up(usable) if usable.number == number);
            if this {
                *state = State::Down(reason.into());
            }
            this
        };
        if self.state.send_if_modified(is_this) {
            self.suspicion.notify_one();
        }
    }

    fn is_up(&self, number: u64) -> bool {
        matches!(&*self.state.borrow(), State::Up(usable) if usable.number == number)
    }
}

/// Connects, and again whenever the connection is lost, until the link is dropped.
async fn keep_up(target: Target, link: Weak<Shared>) {
    let mut backoff = Backoff::default();
    let mut number = 0;
    loop {
        let Some(shared) = link.upgrade() else { return };
        number += 1;
        let told = link.clone();
        let on_push = move |push: PushInfo| {
            if push.kind == PushKind::Disconnection
                && let Some(shared) = told.upgrade()
            {
                shared.drop_connection(number, "the connection broke");
            }
            Ok::<(), ()>(())
        };
        let limit = shared.context.config.connect_timeout;
        let opened = open(&target, limit, &shared.context.skew, Arc::new(on_push)).await;
        match opened {
            Ok(Opened { connection, server, identity }) => {
                shared.use_from_now_on(&target, Usable { connection: connection.clone(), number }, identity);
                drop(shared);
                let since = Instant::now();
                let reason = tend(connection, number, &target, &server, &link).await;
                if since.elapsed() > Duration::from_secs(1) {
                    backoff = Backoff::default();
                }
                let Some(shared) = link.upgrade() else { return };
                shared.drop_connection(number, &format!("{server}: {reason}"));
            }
            Err(reason) => {
                shared.state.send_replace(State::Down(reason.into()));
            }
        }
        sleep(backoff.next()).await;
    }
}

/// Examines the connection every now and then and whenever it is suspicious; says why it can no longer be used.
async fn tend(
    mut connection: Connection,
    number: u64,
    target: &Target,
    server: &Server,
    link: &Weak<Shared>,
) -> String {
    let mut resolved = Instant::now();
    loop {
        let Some(shared) = link.upgrade() else { return "given up".to_owned() };
        let _ = timeout(HEARTBEAT, shared.suspicion.notified()).await;
        if !shared.is_up(number) {
            return "the connection broke".to_owned();
        }
        let patience = shared.context.config.patience();
        if let Err(reason) = examine(&mut connection, patience, &shared.context.skew).await {
            return reason;
        }
        // A primary that was replaced while it was out of everybody's reach may not know it yet.
        if target.may_move() && resolved.elapsed() > RESOLVE {
            resolved = Instant::now();
            let now = resolve(target, shared.context.config.connect_timeout).await;
            if now.is_ok_and(|now| now.to_string() != server.to_string()) {
                return "another server is the primary now".to_owned();
            }
        }
    }
}

/// Waits that grow from one failure to the next, each by chance a bit different, so that a fleet does not return as one.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(super) fn next(&mut self) -> Duration {
        // Never long: the sooner a process is back, the sooner the others read what it could not invalidate meanwhile as what it is.
        let longest = 50_u64 << self.failures.min(2);
        self.failures += 1;
        Duration::from_millis(fastrand::u64(longest / 2..=longest))
    }
}
