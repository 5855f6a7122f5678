//! Making one connection, and asking whether it is any good.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(any(feature = "redis-cluster", feature = "redis-sentinel"))]
use redis::Cmd;
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Pipeline, RedisError, Value, cmd};
use tokio::time::{Instant, timeout};

use super::failure;
use super::server::Server;

pub(super) type Connection = MultiplexedConnection;

/// Who is told of what the server says unasked.
pub(super) type Pushes = Arc<dyn AsyncPushSender>;

/// What to connect to.
#[derive(Clone)]
pub(super) enum Target {
    Server(Server),
    /// The primary of a service, as one of these sentinels names it at the time.
    #[cfg(feature = "redis-sentinel")]
    Service {
        service: String,
        sentinels: Vec<Server>,
    },
}

impl Target {
    /// Whether it is somebody else who says where it is.
    pub(super) const fn may_move(&self) -> bool {
        !matches!(self, Self::Server(_))
    }

    #[cfg(feature = "redis-cluster")]
    pub(super) fn server(&self) -> &Server {
        match self {
            Self::Server(server) => server,
            #[cfg(feature = "redis-sentinel")]
            Self::Service { sentinels, .. } => &sentinels[0],
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(f),
            #[cfg(feature = "redis-sentinel")]
            Self::Service { service, .. } => f.write_str(service),
        }
    }
}

/// How far the server's clock is ahead of this machine's, in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Skew(AtomicI64);

impl Skew {
    pub(super) fn now(&self) -> u64 {
        local_now().saturating_add_signed(self.0.load(Ordering::Relaxed))
    }
}

fn local_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Connects to a primary. `limit` is for each step: finding it, connecting, the first answer.
pub(super) async fn open(target: &Target, limit: Duration, skew: &Skew, pushes: Pushes) -> Result<Opened, String> {
    let server = resolve(target, limit).await?;
    let named = |reason| format!("{server}: {reason}");
    let mut connection = connect(&server, limit, Some(pushes)).await.map_err(named)?;
    examine(&mut connection, limit, skew).await.map_err(named)?;
    let identity = identify(&mut connection, &server, limit).await.map_err(named)?;
    Ok(Opened { connection, server, identity })
}

/// A connection to a primary.
pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) server: Server,
    pub(super) identity: Identity,
}

/// Which run of which server it is: behind one address there may be another one tomorrow.
pub(super) type Identity = Arc<str>;

async fn identify(connection: &mut Connection, server: &Server, limit: Duration) -> Result<Identity, String> {
    let mut info = cmd("INFO");
    info.arg("server");
    let answer = timeout(limit, connection.send_packed_command(&info))
        .await
        .map_err(|_| format!("no answer within {limit:?}"))?
        .map_err(|error| failure::reason(&error))?;
    let run = text(&answer).and_then(|info| info.lines().find_map(|line| line.strip_prefix("run_id:")));
    // Whoever may not ask has to trust the address.
    Ok(run.map_or_else(|| server.to_string().into(), |run| run.trim().into()))
}

/// What a reply says, if it is a text.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text),
        _ => None,
    }
}

/// The server that is meant now.
pub(super) async fn resolve(target: &Target, limit: Duration) -> Result<Server, String> {
    match target {
        Target::Server(server) => {
            let _ = limit;
            Ok(server.clone())
        }
        #[cfg(feature = "redis-sentinel")]
        Target::Service { service, sentinels } => sentinel::primary(service, sentinels, limit).await,
    }
}

/// Connects and logs in, to any kind of server.
pub(super) async fn connect(server: &Server, limit: Duration, pushes: Option<Pushes>) -> Result<Connection, String> {
    // Time limits are this crate's own: the client's would be one for all commands.
    let settings = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let settings = match pushes {
        Some(pushes) => settings.set_push_sender(pushes),
        None => settings,
    };
    let connecting = async {
        let client = server.client()?;
        client.get_multiplexed_async_connection_with_config(&settings).await
    };
    timeout(limit, connecting)
        .await
        .map_err(|_| format!("no connection within {limit:?}"))?
        .map_err(|error| failure::reason(&error))
}

/// Whether the server answers and is a primary: a replica's values may be old, and it takes no writes. Notes its clock.
pub(super) async fn examine(connection: &mut Connection, limit: Duration, skew: &Skew) -> Result<(), String> {
    let mut questions = Pipeline::with_capacity(2);
    questions.cmd("ROLE").cmd("TIME");
    let asked = Instant::now();
    let answers = timeout(limit, connection.send_packed_commands(&questions, 0, 2))
        .await
        .map_err(|_| format!("no answer within {limit:?}"))?
        .map_err(|error| failure::reason(&error))?;
    let [role, time] = <[Value; 2]>::try_from(answers).map_err(|_| "no answer to ROLE".to_owned())?;
    match role {
        Value::Array(role) if matches!(role.first(), Some(Value::BulkString(name)) if name == b"master") => {}
        Value::Array(_) => return Err("it is a replica, or not a primary any more".to_owned()),
        // Whoever may not ask has to trust the address.
        Value::ServerError(error) if failure::is_no_permission(&error) => {}
        Value::ServerError(error) => return Err(failure::reason(&RedisError::from(error))),
        _ => {}
    }
    if let Some(theirs) = milliseconds(&time) {
        let halfway = u64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(0);
        let ours = local_now().saturating_sub(halfway);
        skew.0.store(theirs.wrapping_sub(ours).cast_signed(), Ordering::Relaxed);
    }
    Ok(())
}

/// The answer to TIME: seconds and microseconds, as texts.
fn milliseconds(time: &Value) -> Option<u64> {
    let Value::Array(parts) = time else { return None };
    let number = |value: &Value| match value {
        Value::BulkString(digits) => std::str::from_utf8(digits).ok()?.parse::<u64>().ok(),
        _ => None,
    };
    Some(number(parts.first()?)? * 1000 + number(parts.get(1)?)? / 1000)
}

/// Asks one question on a connection that is not a link's, within a limit.
#[cfg(any(feature = "redis-cluster", feature = "redis-sentinel"))]
pub(super) async fn ask(connection: &mut Connection, question: &Cmd, limit: Duration) -> Result<Value, String> {
    let answer = timeout(limit, connection.send_packed_command(question))
        .await
        .map_err(|_| format!("no answer within {limit:?}"))?;
    match answer.map_err(|error| failure::reason(&error))? {
        Value::ServerError(error) => Err(failure::reason(&RedisError::from(error))),
        answer => Ok(answer),
    }
}

#[cfg(feature = "redis-sentinel")]
mod sentinel {
    use redis::{Value, cmd};

    use super::{Duration, Server, ask, connect, text};

    /// Asks one sentinel after the other.
    pub(super) async fn primary(service: &str, sentinels: &[Server], limit: Duration) -> Result<Server, String> {
        let mut reasons = String::new();
        for sentinel in sentinels {
            match ask_one(service, sentinel, limit).await {
                // Login and database are the first URL's.
                Ok((host, port)) => return Ok(sentinels[0].at(&host, port)),
                Err(reason) => reasons = format!("sentinel {sentinel}: {reason}"),
            }
        }
        Err(reasons)
    }

    async fn ask_one(service: &str, sentinel: &Server, limit: Duration) -> Result<(String, u16), String> {
        // A sentinel has no databases, and may have no password where the servers have one.
        let mut connection = match connect(&sentinel.first_database(), limit, None).await {
            Err(_) if sentinel.has_password() => connect(&sentinel.anonymous(), limit, None).await?,
            connected => connected?,
        };
        let mut question = cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(service);
        let Value::Array(address) = ask(&mut connection, &question, limit).await? else {
            return Err(format!("it knows no service {service:?}"));
        };
        let host = address.first().and_then(text).map(str::to_owned);
        let port = address.get(1).and_then(text).and_then(|port| port.parse().ok());
        host.zip(port).ok_or_else(|| "it answered no address".to_owned())
    }
}
