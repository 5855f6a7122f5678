use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::shape::Shape;
use crate::cache::Cache;
use crate::context;
use crate::memory::{Lead, Storing};
use crate::remote::{Ack, Grant};

/// The texts of tags.
#[derive(Debug, Default)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Adds one.
    pub fn add(&mut self, text: String) {
        self.0.push(text);
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.0
    }
}

/// A load that a call is to run: of its own, or, if it is inert, beside the cache. Dropped unfinished, a load of its own goes to
/// whoever waits for it.
pub struct Load<S: Shape, K: Eq + Send + Sync + 'static> {
    shape: S,
    leading: Option<Leading<S, K>>,
}

struct Leading<S: Shape, K: Eq + Send + Sync + 'static> {
    lead: Lead<K, S::Stored>,
    grant: Option<Grant<S::Stored>>,
    cache: &'static Cache<K, S::Stored>,
    /// The key's text, where a weight wants it.
    text: Option<String>,
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Load<S, K> {
    pub(super) fn inert(shape: S) -> Self {
        Self { shape, leading: None }
    }

    pub(super) fn leading(
        shape: S,
        (lead, grant): (Lead<K, S::Stored>, Option<Grant<S::Stored>>),
        cache: &'static Cache<K, S::Stored>,
        text: Option<String>,
    ) -> Self {
        Self { shape, leading: Some(Leading { lead, grant, cache, text }) }
    }

    /// Runs the body. Not inlined, so that a hit does not set up what only the body needs.
    #[inline(never)]
    pub fn run(&mut self, body: impl FnOnce() -> S::Output) -> S::Output {
        match &self.leading {
            Some(leading) => leading.lead.run(body),
            None => body(),
        }
    }

    /// Polls the body to its end. It is pinned by the caller: handed on itself, it would have a place in each future that it goes through.
    pub fn run_async<'b, F>(&mut self, mut body: Pin<&'b mut F>) -> impl Future<Output = S::Output> + use<'b, S, K, F>
    where
        F: Future<Output = S::Output>,
    {
        let inside = self.leading.as_ref().map(|leading| leading.lead.inside());
        poll_fn(move |cx| match &inside {
            Some(inside) => inside.run(|| body.as_mut().poll(cx)),
            None => body.as_mut().poll(cx),
        })
    }

    /// Stores what the body returned, as far as `describe` and the settings want it, gives it to those who wait, and returns it. Over a
    /// shared backend, blocks until the store has it.
    #[inline(never)]
    pub fn finish(self, output: S::Output, describe: impl FnOnce(&mut Entry<'_, S::Value>)) -> S::Output {
        let (output, filled) = self.finish_shared(output, describe);
        if let Some(ack) = filled.0 {
            ack.wait();
        }
        output
    }

    /// The same without blocking: await the second to know that the shared store has it.
    pub fn finish_shared(
        self,
        output: S::Output,
        describe: impl FnOnce(&mut Entry<'_, S::Value>),
    ) -> (S::Output, Filled) {
        let ack = self.leading.and_then(|leading| {
            // What describes, clones and listens is the user's code, and may ask for the key that is being loaded.
            let number = leading.lead.number();
            context::inside_load(number, || leading.settle(self.shape, &output, describe))
        });
        (output, Filled(ack))
    }
}

/// Whether a shared store has what was loaded. Ready at once where there is no such store.
#[derive(Debug)]
pub struct Filled(Option<Ack>);

impl Future for Filled {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            Some(ack) => Pin::new(ack).poll(cx),
            None => Poll::Ready(()),
        }
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Leading<S, K> {
    fn settle(self, shape: S, output: &S::Output, describe: impl FnOnce(&mut Entry<'_, S::Value>)) -> Option<Ack> {
        let Self { lead, grant, cache, text } = self;
        let Some(stored) = shape.to_stored(output) else {
            lead.fail(shape.share_error(output));
            return None;
        };
        let mut described = Described { keep: true, weight: 1, tags: Vec::new() };
        if let Some(value) = shape.value(output) {
            describe(&mut Entry { value, key: text.as_deref().unwrap_or(""), described: &mut described });
        }
        let lifetime = if described.keep { cache.core().lifetime(shape.is_null(&stored)) } else { None };
        let Described { weight, tags, .. } = described;
        cache.core().settle(lead, grant, stored, lifetime.map(|lifetime| Storing::new(lifetime, weight, tags)))
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> fmt::Debug for Load<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("inert", &self.leading.is_none()).finish()
    }
}

struct Described {
    keep: bool,
    weight: u32,
    tags: Vec<String>,
}

/// A value about to be stored, as the annotation's expressions see it.
pub struct Entry<'a, T> {
    value: &'a T,
    key: &'a str,
    described: &'a mut Described,
}

impl<'a, T> Entry<'a, T> {
    /// The value inside `Ok` and `Some`.
    #[must_use]
    pub fn value(&self) -> &'a T {
        self.value
    }

    /// `unless = ..`
    pub fn unless(&mut self, holds: impl FnOnce(&T) -> bool) {
        self.described.keep &= !holds(self.value);
    }

    /// `weight = ..`
    pub fn weight(&mut self, weigh: impl FnOnce(&str, &T) -> u32) {
        self.described.weight = weigh(self.key, self.value);
    }

    /// A tag that is known only now.
    pub fn tag(&mut self, text: String) {
        self.described.tags.push(text);
    }
}

impl<T> fmt::Debug for Entry<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}
