//! The right to fill a key: taken before the load, used or given back after it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::read::{capture, fresh_generation, generations};
use super::{MOST, Remote};
use crate::shared::envelope::{self, Sealing, Token};
use crate::shared::{Ack, Budget, Lost, StoreError, runtime};

/// A lease that stands under a key. Given back when it is dropped unused.
pub(crate) struct Grant<V: Send + Sync + 'static> {
    remote: Arc<Remote<V>>,
    held: Option<Box<Held>>,
    budget: Budget,
}

struct Held {
    key: String,
    token: Token,
    /// The tags known before the load, and their generations then.
    tags: Vec<(String, u64)>,
    /// The counter of all tags, if values may carry more.
    counter: Option<u64>,
}

impl<V: Send + Sync + 'static> Grant<V> {
    pub(super) fn new(
        remote: &Arc<Remote<V>>,
        key: &str,
        token: Token,
        tags: Vec<(String, u64)>,
        counter: Option<u64>,
        budget: Budget,
    ) -> Self {
        remote.backend.renewals.keep(token, key, &remote.backend.store);
        Self {
            remote: Arc::clone(remote),
            held: Some(Box::new(Held { key: key.to_owned(), token, tags, counter })),
            budget,
        }
    }

    /// Stores the value, if no invalidation took the lease away or moved one of the tags. Handed over here and now; the answer tells when
    /// it is done, or when the call has waited long enough.
    pub(crate) fn fill(mut self, value: &V, lifetime: Option<Duration>, more_tags: Vec<String>) -> Ack {
        if !self.remote.backend.usable() {
            // Dropped, and with it the lease: an invalidation that did not get through may have been meant for this value.
            return Ack::done();
        }
        let Some(held) = self.held.take() else { return Ack::done() };
        let encoded = match (self.remote.wire.encode)(value) {
            Ok(encoded) => encoded,
            Err(_) => {
                self.remote.counters.unencodable();
                self.held = Some(held);
                return Ack::done();
            }
        };
        let (remote, left) = (Arc::clone(&self.remote), self.budget.left);
        let (sender, receiver) = oneshot::channel();
        runtime::spawn(async move {
            let (key, token) = (held.key.clone(), held.token);
            let filling = async {
                let lifetime = lifetime.unwrap_or(MOST).min(MOST);
                let result = remote.fill(held, encoded.null, &encoded.payload, lifetime, more_tags).await;
                remote.backend.note(&result);
                remote.counters.filled(&result);
                if result.is_err() {
                    remote.backend.give_back(key, token);
                }
            };
            runtime::announce(filling, left, sender).await;
            remote.backend.renewals.drop(token);
        });
        Ack::of(receiver)
    }
}

impl<V: Send + Sync + 'static> Remote<V> {
    /// Stores a value as its owner's word, whatever is there and whoever loads.
    pub(crate) fn put(self: &Arc<Self>, text: String, value: &V, lifetime: Option<Duration>, tags: Vec<String>) -> Ack {
        if !self.backend.usable() {
            // It would be older than what comes after the outage. What is there is older still.
            return self.backend.invalidate(vec![Lost::Key(text)]);
        }
        let Ok(encoded) = (self.wire.encode)(value) else {
            self.counters.unencodable();
            return self.backend.invalidate(vec![Lost::Key(text)]);
        };
        let (remote, limit) = (Arc::clone(self), self.backend.settings.response_timeout);
        let (key, token) = (self.backend.entry_key(&text), Token::random());
        // A lease and the tags' generations first, sent here and now, and only then the value, if the lease still stands: so what is invalidated
        // after this call stays invalidated, however late the value gets through.
        let store = &self.backend.store;
        let leased = store.set(key.clone(), envelope::lease(token), self.backend.settings.lease, limit);
        let captured = store.get_or_add(self.keys_with(None, &tags), fresh_generation(), self.tag_lifetime(), limit);
        let (sender, receiver) = oneshot::channel();
        let setting = async move {
            let result = async {
                leased.await?;
                let tags: Vec<_> = tags.into_iter().zip(generations(&captured.await?)).collect();
                let lifetime = lifetime.unwrap_or(MOST).min(MOST);
                let entry = remote.sealed(&key, encoded.null, &encoded.payload, lifetime, &tags);
                remote.backend.store.swap(key, envelope::lease(token), entry, lifetime, limit).await
            }
            .await;
            remote.backend.note(&result);
            let outdated = vec![Lost::Key(text)];
            if result.is_err() {
                // Nobody knows whether the old value is still there.
                remote.backend.invalidate(outdated).await;
            } else {
                remote.backend.outdate_copies(outdated).await;
            }
        };
        runtime::spawn(async move { runtime::announce(setting, limit, sender).await });
        Ack::of(receiver)
    }

    /// The entry's bytes, as of now.
    fn sealed(&self, key: &str, null: bool, payload: &[u8], lifetime: Duration, tags: &[(String, u64)]) -> Vec<u8> {
        let now = self.backend.store.now();
        let lives = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let sealing = Sealing {
            key,
            null,
            codec: self.wire.codec,
            version: self.sharing.version,
            created: now,
            expires: now.saturating_add(lives),
            tags,
            payload,
            compress_from: self.backend.settings.compress_from,
        };
        sealing.seal()
    }

    /// True if the value is stored.
    async fn fill(
        &self,
        held: Box<Held>,
        null: bool,
        payload: &[u8],
        lifetime: Duration,
        more_tags: Vec<String>,
    ) -> Result<bool, StoreError> {
        let limit = self.backend.settings.response_timeout;
        let Held { key, token, mut tags, counter } = *held;
        let more: Vec<String> =
            more_tags.into_iter().filter(|more| tags.iter().all(|(known, _)| known != more)).collect();
        if let (false, Some(before)) = (more.is_empty(), counter) {
            // The counter is read last: who moved one of the tags after it was read has moved the counter before.
            let generations = self.generations(&more, limit).await?;
            if generations.last() != Some(&before) {
                self.backend.store.remove_if(key, envelope::lease(token), limit).await?;
                return Ok(false);
            }
            tags.extend(more.into_iter().zip(generations));
        }
        let entry = self.sealed(&key, null, payload, lifetime, &tags);
        self.backend.store.swap(key, envelope::lease(token), entry, lifetime, limit).await
    }

    /// The generations of these tags, made where they are missing, and of the counter of all tags behind them.
    async fn generations(&self, tags: &[String], limit: Duration) -> Result<Vec<u64>, StoreError> {
        capture(Arc::clone(&self.backend.store), self.keys_with(None, tags), self.tag_lifetime(), limit).await
    }
}

impl<V: Send + Sync + 'static> Drop for Grant<V> {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let Held { key, token, .. } = *held;
        self.remote.backend.renewals.drop(token);
        self.remote.backend.give_back(key, token);
    }
}
