use std::fmt;
use std::future::Future;

use super::shape::Shape;
use crate::cache::Cache;
use crate::context;
use crate::memory::{Lead, Storing};

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
        lead: Lead<K, S::Stored>,
        cache: &'static Cache<K, S::Stored>,
        text: Option<String>,
    ) -> Self {
        Self { shape, leading: Some(Leading { lead, cache, text }) }
    }

    /// Runs the body.
    pub fn run(&mut self, body: impl FnOnce() -> S::Output) -> S::Output {
        match &self.leading {
            Some(leading) => leading.lead.run(body),
            None => body(),
        }
    }

    /// Polls the body to its end.
    pub async fn run_async(&mut self, body: impl Future<Output = S::Output>) -> S::Output {
        match &self.leading {
            Some(leading) => leading.lead.run_async(body).await,
            None => body.await,
        }
    }

    /// Stores what the body returned, as far as `describe` and the settings want it, gives it to those who wait, and returns it.
    pub fn finish(self, output: S::Output, describe: impl FnOnce(&mut Entry<'_, S::Value>)) -> S::Output {
        if let Some(leading) = self.leading {
            // What describes, clones and listens is the user's code, and may ask for the key that is being loaded.
            let number = leading.lead.number();
            context::inside_load(number, || leading.settle(self.shape, &output, describe));
        }
        output
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Leading<S, K> {
    fn settle(self, shape: S, output: &S::Output, describe: impl FnOnce(&mut Entry<'_, S::Value>)) {
        let Self { lead, cache, text } = self;
        let Some(stored) = shape.to_stored(output) else { return lead.fail(shape.share_error(output)) };
        let mut kept = Kept { keep: true, weight: 1, tags: Vec::new() };
        if let Some(value) = shape.value(output) {
            describe(&mut Entry { value, key: text.as_deref().unwrap_or(""), kept: &mut kept });
        }
        let lifetime = if kept.keep { cache.core().lifetime(shape.is_null(&stored)) } else { None };
        let storing = lifetime.map(|lifetime| Storing {
            deadline: lead.engine().deadline(lifetime),
            weight: kept.weight,
            tags: kept.tags,
        });
        lead.complete(stored, storing);
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> fmt::Debug for Load<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Load").field("inert", &self.leading.is_none()).finish()
    }
}

struct Kept {
    keep: bool,
    weight: u32,
    tags: Vec<String>,
}

/// A value about to be stored, as the annotation's expressions see it.
pub struct Entry<'a, T> {
    value: &'a T,
    key: &'a str,
    kept: &'a mut Kept,
}

impl<'a, T> Entry<'a, T> {
    /// The value inside `Ok` and `Some`.
    #[must_use]
    pub fn value(&self) -> &'a T {
        self.value
    }

    /// `unless = ..`
    pub fn unless(&mut self, holds: impl FnOnce(&T) -> bool) {
        self.kept.keep &= !holds(self.value);
    }

    /// `weight = ..`
    pub fn weight(&mut self, weigh: impl FnOnce(&str, &T) -> u32) {
        self.kept.weight = weigh(self.key, self.value);
    }

    /// A tag that is known only now.
    pub fn tag(&mut self, text: String) {
        self.kept.tags.push(text);
    }
}

impl<T> fmt::Debug for Entry<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}
