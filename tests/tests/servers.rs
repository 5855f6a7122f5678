//! The servers that other tests start and break do what they say.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use tests::servers::{Cluster, Fault, Program, Proxy, Redis, Reply, Sentinel, eventually};

/// A connection of a client: text there and back.
struct Client(TcpStream);

impl Client {
    fn to(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("someone listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(stream)
    }

    fn send(&mut self, line: &str) {
        self.0.write_all(format!("{line}\r\n").as_bytes()).expect("the connection takes it");
    }

    /// As much of the answer as has been asked for; less if the connection ends.
    fn read(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        let mut done = 0;
        while done < length {
            match self.0.read(&mut bytes[done..]) {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
                Err(error) => panic!("{error}"),
            }
        }
        String::from_utf8_lossy(&bytes[..done]).into_owned()
    }

    fn ask(&mut self, line: &str, length: usize) -> String {
        self.send(line);
        self.read(length)
    }

    /// Whether nothing comes for a while.
    fn is_silent(&mut self) -> bool {
        self.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let silent = self.0.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.0.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        silent
    }
}

fn refuses(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_err()
}

#[test]
fn a_server_starts_empty_and_ends_with_its_value() {
    let redis = Redis::start();
    assert_eq!(redis.command(&["DBSIZE"]), "0");
    redis.command(&["SET", "k", "v"]);
    assert_eq!(Client::to(redis.port()).ask("GET k", 7), "$1\r\nv\r\n");
    assert_eq!(redis.reply(&["MGET", "k", "none"]), Reply::List(vec![Reply::Bytes(b"v".into()), Reply::Nil]));
    assert!(matches!(redis.try_command(&["NONSENSE"]), Ok(Reply::Error(_))));
    let (port, id) = (redis.port(), redis.info("process_id").unwrap());
    drop(redis);
    assert!(refuses(port));
    assert!(!Path::new("/proc").join(id).exists());
}

#[test]
fn servers_side_by_side_do_not_meet() {
    let servers: Vec<Redis> = (0..4).map(|_| Redis::start()).collect();
    for (at, server) in servers.iter().enumerate() {
        server.command(&["SET", "k", &at.to_string()]);
    }
    for (at, server) in servers.iter().enumerate() {
        assert_eq!(server.command(&["GET", "k"]), at.to_string());
    }
}

#[test]
fn a_killed_server_refuses_and_a_restarted_one_is_empty_on_the_same_port() {
    let redis = Redis::start();
    redis.command(&["SET", "k", "v"]);
    let mut client = Client::to(redis.port());
    redis.kill();
    assert_eq!(client.read(1), "");
    assert!(refuses(redis.port()));
    let port = redis.port();
    redis.restart();
    assert_eq!((redis.port(), redis.command(&["EXISTS", "k"])), (port, "0".into()));
    redis.restart();
    assert_eq!(redis.command(&["PING"]), "PONG");
}

#[test]
fn a_durable_server_keeps_what_it_has() {
    let redis = Redis::builder().durable().start();
    redis.command(&["SET", "k", "v"]);
    redis.restart();
    eventually("the data is loaded", || redis.try_command(&["GET", "k"]).is_ok_and(|reply| reply.to_string() == "v"));
}

#[test]
fn a_stopped_server_is_silent_and_answers_when_it_goes_on() {
    let redis = Redis::start();
    let mut client = Client::to(redis.port());
    assert_eq!(client.ask("PING", 7), "+PONG\r\n");
    redis.stop();
    client.send("PING");
    assert!(client.is_silent());
    let mut second = Client::to(redis.port());
    redis.cont();
    assert_eq!(client.read(7), "+PONG\r\n");
    assert_eq!(second.ask("PING", 7), "+PONG\r\n");
    redis.stop();
    drop(redis);
}

#[test]
fn passwords_and_users_are_asked_for() {
    let redis = Redis::builder().password("secret").user("app on >word ~app:* &* +@all").start();
    assert_eq!(redis.command(&["PING"]), "PONG");
    assert!(redis.url().contains(":secret@"));
    let mut client = Client::to(redis.port());
    assert!(client.ask("PING", 7).starts_with("-NOAUTH"));
    let mut client = Client::to(redis.port());
    assert_eq!(client.ask("AUTH app word", 5), "+OK\r\n");
    assert!(client.ask("GET other", 7).starts_with("-NOPERM"));
}

#[test]
fn tls_is_offered_with_a_certificate_of_the_tests_own() {
    let redis = Redis::builder().tls().start();
    let port = redis.tls_url().rsplit_once(':').unwrap().1.parse().unwrap();
    // A server with TLS does not understand plain text, and hangs up.
    assert!(!Client::to(port).ask("PING", 7).contains("PONG"));
    assert!(redis.certificates().unwrap().authority().starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(redis.unix_url().starts_with("unix:///"));
}

#[test]
fn the_monitor_tells_what_clients_and_scripts_do() {
    let redis = Redis::start();
    let monitor = redis.monitor();
    let mut client = Client::to(redis.port());
    client.ask("SET k v", 5);
    client.ask("EVAL return(redis.call([[get]],[[k]])) 0", 7);
    let names = |seen: &[tests::servers::Seen]| seen.iter().map(tests::servers::Seen::name).collect::<Vec<_>>();
    assert_eq!(names(&monitor.take()), ["SET", "EVAL"]);
    client.ask("PING", 7);
    let seen = monitor.take_all();
    assert_eq!((names(&seen), seen[0].from.starts_with("127.0.0.1:")), (vec!["PING".to_owned()], true));
    client.ask("EVAL return(redis.call([[get]],[[k]])) 0", 7);
    assert_eq!(names(&monitor.take_all()), ["EVAL", "GET"]);
    assert!(monitor.take().is_empty());
}

#[test]
fn a_replica_follows_and_refuses_writes() {
    let primary = Redis::start();
    let replica = Redis::builder().replica_of(&primary).start();
    primary.command(&["SET", "k", "v"]);
    eventually("the value arrives", || replica.command(&["GET", "k"]) == "v");
    assert!(replica.try_command(&["SET", "k", "w"]).unwrap().to_string().contains("READONLY"));
}

#[test]
fn a_proxy_passes_and_counts() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let mut client = Client::to(proxy.port());
    client.ask("PING", 7);
    client.ask("SET k v\r\nGET k", 12);
    assert_eq!((proxy.round_trips(), proxy.connections()), (2, 1));
    redis.kill();
    assert_eq!(client.read(1), "", "the end of a connection passes, too");
}

#[test]
fn a_proxy_delays_answers() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let mut client = Client::to(proxy.port());
    client.ask("PING", 7);
    proxy.set(Fault::Delay(Duration::from_millis(80)));
    let start = Instant::now();
    client.ask("PING", 7);
    assert!(start.elapsed() >= Duration::from_millis(80));
    proxy.set(Fault::Pass);
    client.ask("PING", 7);
}

#[test]
fn a_black_hole_swallows_until_it_ends() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let mut client = Client::to(proxy.port());
    client.ask("PING", 7);
    proxy.set(Fault::BlackHole);
    client.send("SET k v");
    let mut second = Client::to(proxy.port());
    second.send("PING");
    assert!(client.is_silent() && second.is_silent());
    assert_eq!(redis.command(&["EXISTS", "k"]), "0");
    proxy.set(Fault::Pass);
    assert_eq!((client.read(5), second.read(7)), ("+OK\r\n".into(), "+PONG\r\n".into()));
}

#[test]
fn a_cut_breaks_connections_also_in_the_middle_of_an_answer() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let mut client = Client::to(proxy.port());
    client.ask("PING", 7);
    proxy.cut();
    assert_eq!(client.read(1), "");
    let mut client = Client::to(proxy.port());
    client.ask("PING", 7);
    proxy.set(Fault::CutAfter(10));
    assert_eq!(client.ask("PING", 7), "+PONG\r\n");
    assert_eq!(client.ask("PING", 7), "+PO");
    proxy.set(Fault::Pass);
    assert_eq!(Client::to(proxy.port()).ask("PING", 7), "+PONG\r\n");
}

#[test]
fn a_refusing_proxy_is_not_there() {
    let redis = Redis::start();
    let proxy = Proxy::before(redis.port());
    let mut client = Client::to(proxy.port());
    client.ask("PING", 7);
    for _ in 0..3 {
        proxy.set(Fault::Refuse);
        assert_eq!(client.read(1), "");
        assert!(refuses(proxy.port()));
        proxy.set(Fault::Pass);
        client = Client::to(proxy.port());
        assert_eq!(client.ask("PING", 7), "+PONG\r\n");
    }
}

#[test]
fn a_cluster_moves_slots_and_survives_its_primaries() {
    let cluster = Cluster::start(3, 1);
    assert_eq!((cluster.primaries().len(), cluster.replicas_of("k").len()), (3, 1));
    let first = cluster.primary_of("k");
    first.command(&["SET", "k", "v"]);

    let to = *cluster.primaries().iter().find(|node| node.port() != first.port()).unwrap();
    let migration = cluster.migrate("k", to);
    migration.move_keys();
    assert!(first.try_command(&["GET", "k"]).unwrap().to_string().contains("ASK "));
    migration.finish();
    assert!(first.try_command(&["GET", "k"]).unwrap().to_string().contains("MOVED "));
    let second = cluster.primary_of("k");
    assert_eq!((second.port(), second.command(&["GET", "k"])), (to.port(), "v".into()));

    cluster.failover("k");
    assert_ne!(cluster.primary_of("k").port(), second.port());
    let killed = cluster.kill_primary_of("k");
    cluster.wait_for_takeover("k", killed);
    assert_eq!(cluster.primary_of("k").command(&["GET", "k"]), "v");
    killed.restart();
    cluster.wait_until_ok();
    assert_eq!(cluster.primaries().len(), 3);
}

#[test]
fn a_sentinel_names_the_primary_and_replaces_it() {
    let primary = Redis::start();
    let replica = Redis::builder().replica_of(&primary).start();
    eventually("the replica follows", || replica.info("master_link_status").as_deref() == Some("up"));
    let sentinel = Sentinel::start("shop", &primary, 1);
    assert_eq!(sentinel.primary(), primary.port());
    primary.kill();
    eventually("the replica takes over", || sentinel.primary() == replica.port());
    assert!(sentinel.url().starts_with("redis://127.0.0.1:"));
}

#[test]
fn valkey_does_the_same_where_it_is_installed() {
    if Program::Valkey.find().is_none() {
        println!("valkey-server is not installed: not run against Valkey");
        return;
    }
    let valkey = Redis::builder().program(Program::Valkey).start();
    valkey.command(&["SET", "k", "v"]);
    assert_eq!(valkey.command(&["GET", "k"]), "v");
}
