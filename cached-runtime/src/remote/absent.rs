//! What stands in for calls over a shared backend where the feature `shared` is off: types of which there is no value, so that
//! everything about them is compiled away.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::memory::{Acquired, Engine, Shared, Want};
use crate::policy::Sharing;
use crate::stats::Stats;

#[derive(Debug)]
pub(crate) struct Remote<V>(Infallible, PhantomData<V>);

#[derive(Debug)]
pub(crate) struct Grant<V>(Infallible, PhantomData<V>);

#[derive(Clone, Copy, Debug)]
pub struct Wire<V>(Infallible, PhantomData<V>);

#[derive(Debug)]
pub(crate) struct Backend(Infallible);

#[derive(Clone, Debug)]
pub(crate) enum Lost {
    Everything,
    Tag(String),
    Pattern(String),
    Key(String),
}

#[derive(Debug)]
pub(crate) struct Ack(Infallible);

pub(crate) type Reached<K, V> = (Acquired<K, V>, Option<Grant<V>>);

pub(crate) async fn reach<K, V>(_: Shared<K, V>, remote: Arc<Remote<V>>, _: Want<K>) -> Reached<K, V>
where
    K: Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    match remote.0 {}
}

impl<V> Remote<V> {
    pub(crate) fn behind<K>(
        _: &Arc<Engine<K, V>>,
        _: &str,
        _: Arc<Backend>,
        wire: Wire<V>,
        _: bool,
        _: Sharing,
    ) -> Self {
        match wire.0 {}
    }

    #[inline]
    pub(crate) fn is_front_open(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn front_deadline(&self, _: Option<Duration>) -> Option<Option<Duration>> {
        match self.0 {}
    }

    pub(crate) fn backend(&self) -> &Arc<Backend> {
        match self.0 {}
    }

    pub(crate) fn add_to(&self, _: &mut Stats) {
        match self.0 {}
    }
}

impl<V> Grant<V> {
    pub(crate) fn fill(self, _: &V, _: Option<Duration>, _: Vec<String>) -> Ack {
        match self.0 {}
    }
}

impl Backend {
    pub(crate) fn has_front(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn invalidate(&self, _: Vec<Lost>) -> Ack {
        match self.0 {}
    }
}

impl Ack {
    pub(crate) fn wait(self) {
        match self.0 {}
    }
}

impl Future for Ack {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.0 {}
    }
}
