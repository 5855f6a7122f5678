//! Faults of the server.

use std::time::Duration;

use tests::servers::{Program, Redis};

use crate::trial::Trial;

#[test]
fn g9_the_server_is_killed_and_started_again() {
    Trial::start("SIGKILL").run(|trial| trial.redis.kill(), |trial| trial.redis.restart());
}

#[test]
fn g9_the_server_hangs() {
    Trial::start("SIGSTOP").run(|trial| trial.redis.stop(), |trial| trial.redis.cont());
}

#[test]
fn g9_the_server_hangs_and_dies() {
    Trial::start("SIGSTOP, then SIGKILL").run(|trial| trial.redis.stop(), |trial| trial.redis.restart());
}

#[test]
fn g9_the_server_restarts_empty_again_and_again() {
    let every = Duration::from_millis(300);
    Trial::start("restart empty").run_again_and_again(every, |trial| trial.redis.restart(), |_| {});
}

#[test]
fn g9_the_server_restarts_with_its_data() {
    let trial = Trial::with("restart with data", Redis::builder().durable().start());
    trial.run(|trial| trial.redis.kill(), |trial| trial.redis.restart());
}

#[test]
fn g9_everything_is_flushed() {
    let flush = |trial: &Trial| drop(trial.redis.command(&["FLUSHALL"]));
    Trial::start("FLUSHALL").run_again_and_again(Duration::from_millis(100), flush, |_| {});
}

#[test]
fn g9_the_memory_is_full() {
    let limit = |trial: &Trial, limit: &str| drop(trial.redis.command(&["CONFIG", "SET", "maxmemory", limit]));
    // Less than an empty server uses: every write is refused, removal is not.
    Trial::start("maxmemory").run(|trial| limit(trial, "1"), |trial| limit(trial, "0"));
}

#[test]
fn g9_the_server_becomes_a_replica() {
    let other = Redis::start();
    let port = other.port().to_string();
    let trial = Trial::start("READONLY replica");
    trial.run(
        |trial| drop(trial.redis.command(&["REPLICAOF", "127.0.0.1", &port])),
        |trial| drop(trial.redis.command(&["REPLICAOF", "NO", "ONE"])),
    );
}

#[test]
fn g9_the_password_is_wrong_for_a_while() {
    let redis = Redis::builder().user("app on >right ~* &* +@all").start();
    let trial = Trial::as_user("wrong password", redis, "app:right@");
    let set = |trial: &Trial, password: &str| {
        drop(trial.redis.command(&["ACL", "SETUSER", "app", "resetpass", password]));
        drop(trial.redis.command(&["CLIENT", "KILL", "USER", "app"]));
    };
    trial.run(|trial| set(trial, ">wrong"), |trial| set(trial, ">right"));
}

#[test]
fn g9_permissions_are_taken_away() {
    let redis = Redis::builder().user("app on >right ~* &* +@all").start();
    let set = |trial: &Trial, rules: &[&str]| {
        drop(trial.redis.command(&[&["ACL", "SETUSER", "app"], rules].concat()));
    };
    let trial = Trial::as_user("NOPERM", redis, "app:right@");
    trial.run(|trial| set(trial, &["-@write", "-@scripting"]), |trial| set(trial, &["+@all"]));
}

#[test]
fn g9_scripts_are_forgotten() {
    let flush = |trial: &Trial| drop(trial.redis.command(&["SCRIPT", "FLUSH"]));
    Trial::start("SCRIPT FLUSH").run_again_and_again(Duration::from_millis(20), flush, |_| {});
}

#[test]
fn g9_valkey_is_killed_and_started_again() {
    if Program::Valkey.find().is_none() {
        println!("valkey-server is not installed: not run against Valkey");
        return;
    }
    let trial = Trial::with("SIGKILL of Valkey", Redis::builder().program(Program::Valkey).start());
    trial.run(|trial| trial.redis.kill(), |trial| trial.redis.restart());
}
