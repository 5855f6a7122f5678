//! Leases are kept alive for as long as their loads run, so that they can be short: a process that dies holds others up for one lease,
//! not for as long as the slowest load could take.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::envelope::{self, Token};
use super::runtime;
use super::store::SharedStore;
use crate::sync::Mutex;

/// The leases that this process holds in one store.
#[derive(Debug)]
pub(crate) struct Renewals {
    lease: Duration,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    leases: HashMap<u128, Leased>,
    /// Whether somebody looks after them.
    ticking: bool,
}

#[derive(Clone, Debug)]
struct Leased {
    key: String,
    renewed: Instant,
}

impl Renewals {
    pub(crate) fn new(lease: Duration) -> Self {
        Self { lease, held: Arc::new(Mutex::new(Held::default())) }
    }

    /// Keeps the lease alive from here on.
    pub(crate) fn keep(&self, token: Token, key: &str, store: &Arc<dyn SharedStore>) {
        let idle = {
            let mut held = self.held.lock();
            held.leases.insert(token.0, Leased { key: key.to_owned(), renewed: Instant::now() });
            !std::mem::replace(&mut held.ticking, true)
        };
        if idle {
            runtime::spawn(tick(self.lease, Arc::downgrade(&self.held), Arc::downgrade(store)));
        }
    }

    /// Lets it run out.
    pub(crate) fn drop(&self, token: Token) {
        self.held.lock().leases.remove(&token.0);
    }
}

/// Renews what is older than a quarter of a lease; ends when there is nothing to renew.
async fn tick(lease: Duration, held: Weak<Mutex<Held>>, store: Weak<dyn SharedStore>) {
    loop {
        runtime::sleep(lease / 4).await;
        let (Some(held), Some(store)) = (held.upgrade(), store.upgrade()) else { return };
        let due: Vec<(u128, String)> = {
            let mut held = held.lock();
            if held.leases.is_empty() {
                held.ticking = false;
                return;
            }
            let now = Instant::now();
            let old = held.leases.iter().filter(|(_, leased)| now.duration_since(leased.renewed) >= lease / 4);
            old.map(|(token, leased)| (*token, leased.key.clone())).collect()
        };
        for some in due.chunks(AT_ONCE) {
            renew(some, lease, &held, &*store).await;
        }
    }
}

/// How many renewals are under way at a time. One after the other, many leases would run out before their turn.
const AT_ONCE: usize = 500;

async fn renew(due: &[(u128, String)], lease: Duration, held: &Mutex<Held>, store: &dyn SharedStore) {
    let ask = |(token, key): &(u128, String)| {
        let bytes = envelope::lease(Token(*token));
        (*token, store.swap(key.clone(), bytes.clone(), bytes, lease, lease / 4))
    };
    // All of them are sent before the first answer is waited for.
    let asked: Vec<_> = due.iter().map(ask).collect();
    for (token, answer) in asked {
        match answer.await {
            // Taken away: an invalidation overtook the load.
            Ok(false) => drop(held.lock().leases.remove(&token)),
            Ok(true) => {
                if let Some(leased) = held.lock().leases.get_mut(&token) {
                    leased.renewed = Instant::now();
                }
            }
            // Tried again in a quarter of a lease.
            Err(_) => {}
        }
    }
}
