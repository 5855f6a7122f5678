//! What a server's refusal or a broken connection means to the caller of a store.
//!
//! Messages are made of the server's error code and of this crate's own words: the rest of what a server says may quote keys and values (G14).

use redis::{ErrorKind, RedisError, ServerError, ServerErrorKind, Value};

use crate::shared::{StoreError, StoreErrorKind};

const REFUSED_LOGIN: &str = "the server refused the user or the password";

/// Why there is no connection, for people.
pub(super) fn reason(error: &RedisError) -> String {
    match error.kind() {
        ErrorKind::AuthenticationFailed => REFUSED_LOGIN.to_owned(),
        ErrorKind::Io => format!("no connection: {error}"),
        ErrorKind::RESP3NotSupported => {
            "the server does not speak RESP3, which Redis does from version 6 on".to_owned()
        }
        kind => match error.code() {
            Some("WRONGPASS") => REFUSED_LOGIN.to_owned(),
            Some(code) => format!("the server answered {}", plain(code)),
            None => format!("no connection: {kind:?}"),
        },
    }
}

/// The connection broke while a command was under way.
pub(super) fn broken(error: &RedisError) -> StoreError {
    StoreError::new(StoreErrorKind::Timeout, format!("the connection broke: {}", reason(error)))
}

pub(super) fn unavailable(reason: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, reason)
}

/// A reply that this command cannot have.
pub(super) fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Refused, "the server answered something that is no answer to the command")
}

/// What an error reply means.
pub(super) fn refusal(error: &ServerError) -> StoreError {
    let code = plain(error.code());
    match error.kind() {
        Some(ServerErrorKind::Moved | ServerErrorKind::Ask) => StoreError::new(
            StoreErrorKind::Refused,
            "the server is part of a cluster, and the key lives elsewhere: use RedisConfig::cluster",
        ),
        _ if is_outage(error) => StoreError::new(StoreErrorKind::Unavailable, format!("the server answered {code}")),
        _ => StoreError::new(StoreErrorKind::Refused, format!("the server refused: {code}")),
    }
}

/// Whether the server cannot work at all for now, as against refusing this one command.
pub(super) fn is_outage(error: &ServerError) -> bool {
    let kinds = [ServerErrorKind::BusyLoading, ServerErrorKind::MasterDown, ServerErrorKind::ClusterDown];
    error.kind().is_some_and(|kind| kinds.contains(&kind) || kind == ServerErrorKind::TryAgain)
        || matches!(error.code(), "NOAUTH" | "BUSY")
}

/// Whether the connection leads to the wrong server, or is no longer logged in: another one must be made.
pub(super) fn is_misled(error: &ServerError) -> bool {
    error.kind() == Some(ServerErrorKind::ReadOnly) || error.code() == "NOAUTH"
}

pub(super) fn is_wrong_type(error: &ServerError) -> bool {
    error.code() == "WRONGTYPE"
}

pub(super) fn is_no_permission(error: &ServerError) -> bool {
    error.kind() == Some(ServerErrorKind::NoPerm)
}

/// The reply, unless it is an error.
pub(super) fn accept(value: Value) -> Result<Value, StoreError> {
    match value {
        Value::ServerError(error) => Err(refusal(&error)),
        value => Ok(value),
    }
}

/// An error code if it looks like one; servers and proxies may put anything there.
fn plain(code: &str) -> &str {
    let usual = |c: char| c.is_ascii_uppercase() || c == '_';
    if !code.is_empty() && code.len() <= 24 && code.chars().all(usual) { code } else { "an error" }
}
