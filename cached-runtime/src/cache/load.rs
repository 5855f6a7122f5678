//! Loading through a cache: one mechanism, waited for by parking a thread or by a future.

use std::any::Any;
use std::borrow::Borrow;
use std::future::Future;
use std::hash::Hash;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{Asking, Cache};
use crate::context::{self, Mode};
use crate::flight::SharedError;
use crate::memory::{Acquired, Lead, Reuse, Want};
use crate::remote::{Ack, Grant};

/// How an error reaches those who waited for the load that failed.
struct Sharing<E> {
    share: fn(&E) -> Option<SharedError>,
    receive: fn(&SharedError) -> Option<E>,
}

impl<E> Sharing<E> {
    /// Each waiter loads for itself.
    const fn none() -> Self {
        Self { share: |_| None, receive: |_| None }
    }
}

impl<E: Clone + Send + Sync + 'static> Sharing<E> {
    /// Each waiter receives a clone.
    fn clones() -> Self {
        Self {
            share: |error| Some(Arc::new(error.clone())),
            receive: |shared| (&**shared as &dyn Any).downcast_ref::<E>().cloned(),
        }
    }
}

/// What is to be done about a key.
enum Task<K, V>
where
    K: Eq + 'static,
    V: Clone + Send + Sync + 'static,
{
    Done(V),
    /// Run the loader; without a lead, leave the cache alone.
    Load(Option<(Lead<K, V>, Option<Grant<V>>)>),
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The value under the key; loaded, and stored, if it is not there.
    ///
    /// # Concurrent calls on the same key
    ///
    /// One caller runs `load`; the others wait for its value, threads and tasks alike.
    ///
    /// ```
    /// use cached_core::Cache;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// let cache: Cache<u64, u64> = Cache::builder().build();
    /// let loads = AtomicU32::new(0);
    /// std::thread::scope(|scope| {
    ///     for _ in 0..8 {
    ///         scope.spawn(|| cache.get_or_load(&7, || {
    ///             loads.fetch_add(1, Ordering::Relaxed);
    ///             std::thread::sleep(std::time::Duration::from_millis(50));
    ///             49
    ///         }));
    ///     }
    /// });
    /// assert_eq!(loads.into_inner(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// Only if `load` does; one of the callers that wait then takes over. If `load` asks for the key that it is loading, it runs once more
    /// instead of waiting for itself.
    ///
    /// # Cost
    ///
    /// A hit: no lock. A miss: the key's owned form, and two locks of one shard, around the load and not during it. Blocks the
    /// thread while another loads; in async code use [`get_or_load_async`](Cache::get_or_load_async).
    pub fn get_or_load<Q>(&self, key: &Q, load: impl FnOnce() -> V) -> V
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let never = self.load(key, || Ok(load()), &Sharing::<Never>::none());
        never.unwrap_or_else(|never| match never {})
    }

    /// The same with a load that can fail. An error is returned to the caller whose load failed, and never stored. Callers that waited
    /// for it then run their own, all at once; [`get_or_try_load_shared`](Cache::get_or_try_load_shared) gives them the error instead.
    ///
    /// # Errors
    ///
    /// Those of `load`, and no others.
    ///
    /// # Panics
    ///
    /// As [`get_or_load`](Cache::get_or_load).
    pub fn get_or_try_load<Q, E>(&self, key: &Q, load: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        self.load(key, load, &Sharing::none())
    }

    /// The same; callers that waited for a load that failed receive clones of its error. A caller that expects another type of error runs its
    /// own load.
    ///
    /// # Errors
    ///
    /// Those of `load`, or of the load that was waited for.
    ///
    /// # Panics
    ///
    /// As [`get_or_load`](Cache::get_or_load).
    pub fn get_or_try_load_shared<Q, E>(&self, key: &Q, load: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        E: Clone + Send + Sync + 'static,
    {
        self.load(key, load, &Sharing::clones())
    }

    /// [`get_or_load`](Cache::get_or_load) for async code: `load` is called, and its future polled, by the caller that leads.
    ///
    /// ```
    /// # use cached_core::Cache;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let cache: Cache<u64, u64> = Cache::builder().build();
    /// assert_eq!(cache.get_or_load_async(&7, || async { 49 }).await, 49);
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future of a caller that waits gives up its place; dropping that of the caller that leads hands the load to the one that
    /// waited longest.
    ///
    /// # Deadlocks
    ///
    /// A leader makes progress only while its future is polled. A task that polls it once, keeps it, and awaits another call for
    /// the same key waits for ever; so does a sync call that blocks the only thread on which the leader could run.
    pub async fn get_or_load_async<Q, F>(&self, key: &Q, load: impl FnOnce() -> F) -> V
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        F: Future<Output = V>,
    {
        let load = || async { Ok(load().await) };
        let never = self.load_async(key, load, Sharing::<Never>::none()).await;
        never.unwrap_or_else(|never| match never {})
    }

    /// [`get_or_try_load`](Cache::get_or_try_load) for async code.
    ///
    /// # Errors
    ///
    /// Those of `load`, and no others.
    ///
    /// # Cancel safety
    ///
    /// As [`get_or_load_async`](Cache::get_or_load_async).
    pub async fn get_or_try_load_async<Q, E, F>(&self, key: &Q, load: impl FnOnce() -> F) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        F: Future<Output = Result<V, E>>,
    {
        self.load_async(key, load, Sharing::none()).await
    }

    /// [`get_or_try_load_shared`](Cache::get_or_try_load_shared) for async code.
    ///
    /// # Errors
    ///
    /// Those of `load`, or of the load that was waited for.
    ///
    /// # Cancel safety
    ///
    /// As [`get_or_load_async`](Cache::get_or_load_async).
    pub async fn get_or_try_load_shared_async<Q, E, F>(&self, key: &Q, load: impl FnOnce() -> F) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        E: Clone + Send + Sync + 'static,
        F: Future<Output = Result<V, E>>,
    {
        self.load_async(key, load, Sharing::clones()).await
    }

    fn load<Q, E>(&self, key: &Q, load: impl FnOnce() -> Result<V, E>, sharing: &Sharing<E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        match self.task(key, sharing).wait()? {
            Task::Done(value) => Ok(value),
            Task::Load(None) => load(),
            Task::Load(Some((lead, grant))) => {
                let output = lead.run(load);
                self.settle_load(key, lead, grant, &output, sharing).into_iter().for_each(Ack::wait);
                output
            }
        }
    }

    async fn load_async<Q, E, F>(&self, key: &Q, load: impl FnOnce() -> F, sharing: Sharing<E>) -> Result<V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
        F: Future<Output = Result<V, E>>,
    {
        match self.task(key, &sharing).await? {
            Task::Done(value) => Ok(value),
            Task::Load(None) => load().await,
            Task::Load(Some((lead, grant))) => {
                let output = lead.run_async(pin!(async { load().await })).await;
                if let Some(ack) = self.settle_load(key, lead, grant, &output, &sharing) {
                    ack.await;
                }
                output
            }
        }
    }

    /// Looks up at once; what has to be waited for is in the future that it returns, which holds the key in owned form.
    fn task<'s, Q, E>(&self, key: &Q, sharing: &'s Sharing<E>) -> FindTask<'s, K, V, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let mode = context::mode(0);
        if mode == Mode::Bypass {
            return FindTask { ready: Some(Task::Load(None)), acquire: None, sharing };
        }
        let hash = self.hash(key);
        if mode == Mode::Use
            && self.core.asks_memory()
            && let Some(value) = self.core.engine.get(hash, |other| other.borrow() == key)
        {
            return FindTask { ready: Some(Task::Done(value)), acquire: None, sharing };
        }
        let reuse = if mode == Mode::Refresh { Reuse::Nothing } else { Reuse::Anything };
        let acquire = Asking::new(&self.core, Want::new(hash, key.to_owned(), reuse));
        FindTask { ready: None, acquire: Some(acquire), sharing }
    }

    fn settle_load<Q, E>(
        &self,
        key: &Q,
        lead: Lead<K, V>,
        grant: Option<Grant<V>>,
        output: &Result<V, E>,
        sharing: &Sharing<E>,
    ) -> Option<Ack>
    where
        Q: ToOwned<Owned = K> + ?Sized,
    {
        // Weigher, tagger, clones and listeners are the user's code, and may ask for the key that is being loaded.
        crate::context::inside_load(lead.number(), || match output {
            Ok(value) => {
                // The key is needed once more, by weigher and tagger; without them it is not made.
                let needs_key = self.core.weigher.is_some() || self.core.tagger.is_some();
                let kept = if needs_key { self.core.kept(&key.to_owned(), value) } else { self.core.plainly_kept() };
                self.core.settle(lead, grant, value.clone(), kept)
            }
            Err(error) => {
                lead.fail((sharing.share)(error));
                None
            }
        })
    }
}

/// Finds out what is to be done about a key.
struct FindTask<'s, K, V, E>
where
    K: Eq + 'static,
    V: Clone + Send + Sync + 'static,
{
    ready: Option<Task<K, V>>,
    acquire: Option<Asking<K, V>>,
    sharing: &'s Sharing<E>,
}

impl<K: Eq, V: Clone + Send + Sync + 'static, E> Unpin for FindTask<'_, K, V, E> {}

impl<K: Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static, E> FindTask<'_, K, V, E> {
    /// Blocks the thread until it is known. A hit is known already and costs no waker (G12).
    fn wait(mut self) -> Result<Task<K, V>, E> {
        match self.ready.take() {
            Some(task) => Ok(task),
            None => crate::flight::block_on(self),
        }
    }
}

impl<K: Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static, E> Future for FindTask<'_, K, V, E> {
    type Output = Result<Task<K, V>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Some(task) = this.ready.take() {
            return Poll::Ready(Ok(task));
        }
        while let Some(acquire) = &mut this.acquire {
            let Poll::Ready((acquired, grant)) = pin!(&mut *acquire).poll(cx) else { return Poll::Pending };
            return Poll::Ready(match acquired {
                Acquired::Value(value) => Ok(Task::Done(value)),
                Acquired::Lead(lead) => Ok(Task::Load(Some((lead, grant)))),
                Acquired::Alone => Ok(Task::Load(None)),
                Acquired::Failed(error, mut want) => match (this.sharing.receive)(&error) {
                    Some(error) => Err(error),
                    None => {
                        want.reuse = Reuse::Entry;
                        acquire.ask_again(want);
                        continue;
                    }
                },
            });
        }
        debug_assert!(false, "polled after it was ready");
        Poll::Pending
    }
}

/// The error of loads that cannot fail.
#[derive(Clone, Debug)]
enum Never {}
