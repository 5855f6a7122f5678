//! What must be atomic and is more than one command: scripts of one key each, so that they run on a cluster without hash tags.
//!
//! In all of them `redis.pcall` keeps a key of a foreign type from being an error: it is a table then, and no string.

use std::sync::OnceLock;

use redis::Cmd;

pub(super) struct Script {
    text: &'static str,
    digest: OnceLock<String>,
}

/// Stores ARGV[1] for ARGV[2] ms unless a string is there; if ARGV[3] is given, also over a string of that length that begins with ARGV[4].
pub(super) static ADD: Script = Script::new(
    "local there = redis.pcall('GET', KEYS[1])
if type(there) == 'string' then
  local over = tonumber(ARGV[3])
  if not over or #there ~= over or string.sub(there, 1, #ARGV[4]) ~= ARGV[4] then return there end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1",
);

/// Stores ARGV[2] for ARGV[3] ms if a string is there that begins with ARGV[1].
pub(super) static SWAP: Script = Script::new(
    "local there = redis.pcall('GET', KEYS[1])
if type(there) ~= 'string' or string.sub(there, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1",
);

/// Removes the key if a string is there that begins with ARGV[1].
pub(super) static REMOVE_IF: Script = Script::new(
    "local there = redis.pcall('GET', KEYS[1])
if type(there) ~= 'string' or string.sub(there, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('UNLINK', KEYS[1])
return 1",
);

impl Script {
    const fn new(text: &'static str) -> Self {
        Self { text, digest: OnceLock::new() }
    }

    /// By its digest: enough for a server that has seen it since it started.
    pub(super) fn by_digest(&self, key: &str, arguments: &[Vec<u8>]) -> Cmd {
        let digest = self.digest.get_or_init(|| redis::Script::new(self.text).get_hash().to_owned());
        Self::command("EVALSHA", digest, key, arguments)
    }

    /// Whole, which also makes it known to the server.
    pub(super) fn whole(&self, key: &str, arguments: &[Vec<u8>]) -> Cmd {
        Self::command("EVAL", self.text, key, arguments)
    }

    fn command(name: &str, script: &str, key: &str, arguments: &[Vec<u8>]) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(1).arg(key);
        for argument in arguments {
            command.arg(argument.as_slice());
        }
        command
    }
}
