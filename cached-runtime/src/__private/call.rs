use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::load::{Load, Tags};
use super::shape::Shape;
use super::site::{Near, Scope, Site, Target, TypeTag};
use crate::cache::{Asking, Cache, Options};
use crate::context::{self, Mode};
use crate::key::{KeyWriter, Parts};
use crate::memory::{Acquired, Engine, Reuse, Want};

/// A call of an annotated function: its key parts, borrowed.
pub struct Call<P> {
    site: &'static Site,
    parts: P,
    scope: Scope,
    when: bool,
}

impl<P: Parts> Call<P> {
    #[inline]
    pub(super) fn new(site: &'static Site, parts: P) -> Self {
        Self { site, parts, scope: Scope::NONE, when: true }
    }

    /// The type that the method belongs to, and the function's type parameters.
    #[inline]
    #[must_use]
    pub fn scope(mut self, owner: TypeTag, generics: TypeTag) -> Self {
        self.scope = Scope { owner, generics, ..self.scope };
        self
    }

    /// The arguments whose types are `impl Trait`.
    #[inline]
    #[must_use]
    pub fn arguments<T>(mut self, _: &T) -> Self {
        self.scope.arguments = Some(typeid::of::<T>());
        self
    }

    /// Whether to use the cache at all.
    #[inline]
    #[must_use]
    pub fn when(mut self, holds: bool) -> Self {
        self.when = holds;
        self
    }

    /// The key's text.
    #[must_use]
    pub fn text(&self) -> String {
        let template = self.site.meta().template;
        let mut text = self.site.lead(self.scope);
        let _ = self.parts.write_with(template.pieces, &mut KeyWriter::new(&mut text));
        text
    }

    /// The key as something to invalidate.
    #[must_use]
    pub fn target(&self) -> Target {
        Target::key(self.site, self.text())
    }

    /// Looks the key up. A hit is found here and now; what takes longer is in what is returned instead, which borrows nothing.
    ///
    /// Inlined into the function: what a hit does not need stands in functions of its own, which are not.
    #[inline]
    pub fn begin<S: Shape>(
        self,
        shape: S,
        options: fn() -> Options,
        tags: impl FnOnce(&mut Tags),
    ) -> Result<S::Output, Begun<S, P::Owned>> {
        let Self { site, parts, scope, when } = self;
        let quick = if when && !context::is_overridden() { site.plain_cache(&scope) } else { None };
        // Put together again only where it is needed: passed on as it came, it would have to be in memory from the start.
        let again = |parts| Self { site, parts, scope, when };
        let Some(Near { engine, cache }) = quick else { return again(parts).begin_otherwise(shape, options, tags) };
        let hash = engine.hash(|state| parts.hash_part(state));
        match engine.get(hash, |key| parts.eq_part(key)) {
            Some(stored) => Ok(found(shape, engine, stored)),
            None => again(parts).miss(shape, cache, tags, hash, Look::Memory),
        }
    }

    /// The same for a call that is not like most.
    #[cold]
    #[inline(never)]
    fn begin_otherwise<S: Shape>(
        self,
        shape: S,
        options: fn() -> Options,
        tags: impl FnOnce(&mut Tags),
    ) -> Result<S::Output, Begun<S, P::Owned>> {
        let Some((near, look)) = self.prepare(options, shape) else { return Err(Begun::inert(shape)) };
        let Near { engine, cache } = near;
        let hash = engine.hash(|state| self.parts.hash_part(state));
        if look == Look::Memory
            && let Some(stored) = engine.get(hash, |key| self.parts.eq_part(key))
        {
            return Ok(found(shape, engine, stored));
        }
        self.miss(shape, cache, tags, hash, look)
    }

    /// What there is to do for a call that is not like most: the first, one of a generic function, one over a shared backend, one in a
    /// scope that changes what it does. `None` if it is to leave the cache alone.
    fn prepare<S: Shape>(
        &self,
        options: fn() -> Options,
        shape: S,
    ) -> Option<(&'static Near<P::Owned, S::Stored>, Look)> {
        let Self { site, scope, when, .. } = *self;
        let mode = context::mode(site.address());
        if mode == Mode::Bypass || !when {
            return None;
        }
        let near = site.cache::<P, S::Stored>(&scope, options, shape.wire());
        let look = match mode {
            Mode::Refresh => Look::Nowhere,
            _ if near.cache.core().asks_memory() => Look::Memory,
            _ => Look::Behind,
        };
        Some((near, look))
    }

    #[cold]
    #[inline(never)]
    fn miss<S: Shape>(
        self,
        shape: S,
        cache: &'static Cache<P::Owned, S::Stored>,
        tags: impl FnOnce(&mut Tags),
        hash: u64,
        look: Look,
    ) -> Result<S::Output, Begun<S, P::Owned>> {
        let core = cache.core();
        if core.problem.is_some() {
            return Err(Begun::inert(shape));
        }
        let reuse = match look {
            Look::Nowhere => Reuse::Nothing,
            _ if core.single_flight => Reuse::Anything,
            _ => Reuse::Entry,
        };
        let mut named = Tags::default();
        tags(&mut named);
        let want = Want { hash, key: self.parts.to_owned_part(), tags: named.into_texts(), reuse };
        let text = core.weighted.then(|| self.text());
        let asking = Asking::forever(core, want);
        Err(Begun { shape, missed: Some(Box::new(Missed { asking, cache, text })) })
    }
}

/// Where an answer may come from.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    /// From memory, and then from wherever else.
    Memory,
    /// From what is behind memory, which is not in step with it.
    Behind,
    /// From nowhere but the body.
    Nowhere,
}

impl<P> fmt::Debug for Call<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("site", self.site).finish_non_exhaustive()
    }
}

/// What a look-up comes to.
#[derive(Debug)]
pub enum Lookup<S: Shape, K: Eq + Send + Sync + 'static> {
    /// The answer.
    Found(S::Output),
    /// Run the body and finish the load with what it returns.
    Lead(Load<S, K>),
}

#[inline]
fn found<S: Shape, K>(shape: S, engine: &Engine<K, S::Stored>, stored: S::Stored) -> S::Output {
    if shape.is_null(&stored) {
        engine.counters.null_hit();
    }
    shape.to_output(stored)
}

/// A look-up that found nothing at once. Await it, or [`wait`](Begun::wait) for it.
///
/// Holds nothing of the function's output: an error that is not `Send` must not keep the function's future from being it (G1).
pub struct Begun<S: Shape, K: Eq + Send + Sync + 'static> {
    shape: S,
    /// Nothing if the cache is to be left alone. Boxed, so that a hit has little to carry around.
    missed: Option<Box<Missed<S, K>>>,
}

struct Missed<S: Shape, K: Eq + Send + Sync + 'static> {
    asking: Asking<K, S::Stored>,
    cache: &'static Cache<K, S::Stored>,
    text: Option<String>,
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Unpin for Begun<S, K> {}

impl<S: Shape, K: Eq + Send + Sync + 'static> Begun<S, K> {
    fn inert(shape: S) -> Self {
        Self { shape, missed: None }
    }

    /// Blocks the thread until there is an answer.
    #[cold]
    #[inline(never)]
    pub fn wait(self) -> Lookup<S, K> {
        crate::flight::block_on(self)
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Future for Begun<S, K> {
    type Output = Lookup<S, K>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Lookup<S, K>> {
        let Self { shape, missed } = &mut *self;
        let shape = *shape;
        match missed {
            None => Poll::Ready(Lookup::Lead(Load::inert(shape))),
            Some(missed) => loop {
                let Missed { asking, cache, text } = &mut **missed;
                let Poll::Ready((acquired, grant)) = pin!(&mut *asking).poll(cx) else { return Poll::Pending };
                return Poll::Ready(match acquired {
                    Acquired::Value(stored) => Lookup::Found(shape.to_output(stored)),
                    Acquired::Lead(lead) => Lookup::Lead(Load::leading(shape, (lead, grant), cache, text.take())),
                    Acquired::Alone => Lookup::Lead(Load::inert(shape)),
                    Acquired::Failed(error, mut want) => match shape.receive_error(&error) {
                        Some(output) => Lookup::Found(output),
                        None => {
                            want.reuse = Reuse::Entry;
                            asking.ask_again(want);
                            continue;
                        }
                    },
                });
            },
        }
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> fmt::Debug for Begun<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}
