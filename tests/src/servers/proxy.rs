//! A network that can be broken: TCP passed on to a server, as the test wants it.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::{eventually, port};

/// What happens to what goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    Pass,
    /// Answers arrive this much later. They do not queue up behind each other: it is latency, not bandwidth.
    Delay(Duration),
    /// Nothing arrives, in either direction, and no connection breaks. What was sent arrives when the fault ends, as after a network's silence.
    BlackHole,
    /// Each connection breaks after this many more bytes of answers: in the middle of one, say.
    CutAfter(usize),
    /// Connections break, new ones are refused.
    Refuse,
}

/// A proxy on a free port, in front of one server. Ends when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: watch::Sender<State>,
    counts: Arc<Counts>,
}

/// The fault in force, and how often it was set: the same one set again begins again.
#[derive(Clone, Copy, Debug)]
struct State {
    fault: Fault,
    /// Connections of earlier generations are broken.
    generation: u64,
    epoch: u64,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    round_trips: AtomicU64,
    listening: AtomicBool,
}

impl Proxy {
    /// Listens, and passes everything on to `target`.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    #[must_use]
    pub fn start(target: impl Into<SocketAddr>) -> Self {
        let target = target.into();
        let (state, states) = watch::channel(State { fault: Fault::Pass, generation: 0, epoch: 0 });
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        let port = port::free();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(listen(port, target, states, counted));
        });
        let proxy = Self { port, state, counts };
        proxy.wait_until_listening(true);
        proxy
    }

    /// In front of a server of this machine.
    ///
    /// # Panics
    ///
    /// If it cannot listen.
    #[must_use]
    pub fn before(port: u16) -> Self {
        Self::start((Ipv4Addr::LOCALHOST, port))
    }

    /// Where it listens, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// From now on this happens, to connections that exist and to new ones. After [`Fault::Refuse`] returns when the port refuses, and
    /// after its end when it listens again.
    ///
    /// # Panics
    ///
    /// If it cannot listen again.
    pub fn set(&self, fault: Fault) {
        self.state.send_modify(|state| {
            state.fault = fault;
            state.epoch += 1;
            state.generation += u64::from(fault == Fault::Refuse);
        });
        self.wait_until_listening(fault != Fault::Refuse);
    }

    fn wait_until_listening(&self, listening: bool) {
        eventually("the proxy follows", || self.counts.listening.load(Ordering::SeqCst) == listening);
    }

    /// Breaks every connection, once. New ones are welcome.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// How often a connection's client spoke first or after the server: the round trips of a client that does one thing at a time,
    /// pipelines counted once.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.counts.round_trips.load(Ordering::Relaxed)
    }
}

async fn listen(port: u16, target: SocketAddr, mut states: watch::Receiver<State>, counts: Arc<Counts>) {
    loop {
        let mut ended = false;
        if states.borrow().fault != Fault::Refuse {
            // The port may be busy for a moment after it refused.
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
                counts.listening.store(true, Ordering::SeqCst);
                ended = accept(&listener, target, &mut states, &counts).await;
                drop(listener);
                counts.listening.store(false, Ordering::SeqCst);
            } else {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        } else {
            ended = states.changed().await.is_err();
        }
        if ended {
            return;
        }
    }
}

/// Takes connections until the fault is to refuse them; true at the end of the proxy.
async fn accept(
    listener: &TcpListener,
    target: SocketAddr,
    states: &mut watch::Receiver<State>,
    counts: &Arc<Counts>,
) -> bool {
    loop {
        tokio::select! {
            changed = states.changed() => match changed {
                Err(_) => return true,
                Ok(()) if states.borrow().fault == Fault::Refuse => return false,
                Ok(()) => {}
            },
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                counts.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(connection(client, target, states.clone(), Arc::clone(counts)));
            },
        }
    }
}

async fn connection(client: TcpStream, target: SocketAddr, mut states: watch::Receiver<State>, counts: Arc<Counts>) {
    let generation = states.borrow().generation;
    let over = states.clone();
    let pass = async {
        // In a black hole there is nobody behind the door either.
        let _ = states.wait_for(|state| state.fault != Fault::BlackHole).await;
        let server = TcpStream::connect(target).await?;
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let server_spoke = AtomicU64::new(1);
        let there = async {
            let counting = || {
                counts.round_trips.fetch_add(server_spoke.swap(0, Ordering::Relaxed), Ordering::Relaxed);
            };
            pump(from_client, to_server, states.clone(), false, counting).await
        };
        let back = async {
            pump(from_server, to_client, states.clone(), true, || server_spoke.store(1, Ordering::Relaxed)).await
        };
        tokio::select! { ended = there => ended, ended = back => ended }
    };
    tokio::select! { _ = pass => {}, () = broken(over, generation) => {} }
}

/// Ready when the connections of `generation` are to break.
async fn broken(mut states: watch::Receiver<State>, generation: u64) {
    let _ = states.wait_for(|state| state.generation != generation).await;
}

/// Copies one direction, until it ends or is cut.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut states: watch::Receiver<State>,
    answers: bool,
    passed: impl Fn(),
) -> io::Result<()> {
    let (sender, mut queue) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let faults = states.clone();
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut buffer).await?;
            if length == 0 {
                break;
            }
            passed();
            let delay = match faults.borrow().fault {
                Fault::Delay(delay) if answers => delay,
                _ => Duration::ZERO,
            };
            let _ = sender.send((Instant::now() + delay, buffer[..length].to_vec()));
        }
        // What was read is still to be written: that ends the queue, and the queue ends the pump.
        drop(sender);
        pending::<io::Result<()>>().await
    };
    let writing = async {
        let mut cut = Cut::default();
        while let Some((due, bytes)) = queue.recv().await {
            // Timers tick in milliseconds: a pause of nothing is not nothing.
            if due > Instant::now() {
                sleep_until(due).await;
            }
            let state = *states.wait_for(|state| state.fault != Fault::BlackHole).await.map_err(io::Error::other)?;
            let length = if answers { cut.passes(state, bytes.len()) } else { bytes.len() };
            to.write_all(&bytes[..length]).await?;
            if length < bytes.len() {
                break;
            }
        }
        Ok(())
    };
    tokio::select! { ended = reading => ended, ended = writing => ended }
}

/// How many bytes are left before the cut.
#[derive(Default)]
struct Cut {
    epoch: u64,
    left: usize,
}

impl Cut {
    fn passes(&mut self, state: State, length: usize) -> usize {
        let Fault::CutAfter(after) = state.fault else { return length };
        if self.epoch != state.epoch {
            *self = Self { epoch: state.epoch, left: after };
        }
        let passes = length.min(self.left);
        self.left -= passes;
        passes
    }
}
