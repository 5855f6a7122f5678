//! G13: what is under our keys is somebody else's.

use std::time::Duration;

use tests::servers::Redis;

use crate::trial::Trial;

/// How long a lease is, in bytes.
const LEASE: usize = 24;

/// All keys of the workers' namespace: entries, tags, and the counter of tags.
fn keys(redis: &Redis) -> Vec<Vec<u8>> {
    redis.reply(&["KEYS", "workers*"]).list().into_iter().filter_map(tests::servers::Reply::bytes).collect()
}

/// Does something to each key; which of the ways is a matter of chance.
fn spoil(redis: &Redis, ways: &[fn(&Redis, &[u8])]) {
    for key in keys(redis) {
        if fastrand::u8(..4) == 0 {
            ways[fastrand::usize(..ways.len())](redis, &key);
        }
    }
}

/// Errors do not matter: the key may be gone, or of another type by now.
fn run(redis: &Redis, words: &[&[u8]]) {
    let _ = redis.try_command(words);
}

fn garbage(redis: &Redis, key: &[u8]) {
    let bytes: Vec<u8> = (0..fastrand::usize(..200)).map(|_| fastrand::u8(..)).collect();
    run(redis, &[b"SET", key, &bytes, b"KEEPTTL"]);
}

fn truncated(redis: &Redis, key: &[u8]) {
    let Ok(Some(mut bytes)) = redis.try_command(&[b"GET", key]).map(tests::servers::Reply::bytes) else { return };
    bytes.truncate(fastrand::usize(..=bytes.len()).saturating_sub(1));
    run(redis, &[b"SET", key, &bytes, b"KEEPTTL"]);
}

fn flipped(redis: &Redis, key: &[u8]) {
    let Ok(Some(mut bytes)) = redis.try_command(&[b"GET", key]).map(tests::servers::Reply::bytes) else { return };
    // Every id of a lease is a valid one: a lease with another bit is somebody else's, and waited for as long as it stands.
    if bytes.is_empty() || bytes.len() == LEASE {
        return;
    }
    let at = fastrand::usize(..bytes.len());
    bytes[at] ^= 1 << fastrand::u32(..8);
    run(redis, &[b"SETRANGE", key, at.to_string().as_bytes(), &bytes[at..=at]]);
}

fn a_list(redis: &Redis, key: &[u8]) {
    run(redis, &[b"DEL", key]);
    run(redis, &[b"RPUSH", key, b"of", b"ours"]);
}

fn a_hash(redis: &Redis, key: &[u8]) {
    run(redis, &[b"DEL", key]);
    run(redis, &[b"HSET", key, b"of", b"ours"]);
}

#[test]
fn g13_values_are_corrupted_and_cut_off() {
    let spoil = |trial: &Trial| spoil(&trial.redis, &[garbage, truncated, flipped]);
    Trial::start("corrupted values").run_again_and_again(Duration::from_millis(50), spoil, |_| {});
}

#[test]
fn g13_other_types_are_under_our_keys() {
    let spoil = |trial: &Trial| spoil(&trial.redis, &[a_list, a_hash]);
    Trial::start("foreign types").run_again_and_again(Duration::from_millis(50), spoil, |_| {});
}
