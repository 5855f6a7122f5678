use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::load::{Load, Tags};
use super::shape::Shape;
use super::site::{Scope, Site, Target, TypeTag};
use crate::cache::{Asking, Cache, Options};
use crate::context::{self, Mode};
use crate::key::{KeyWriter, Parts};
use crate::memory::{Acquired, Reuse, Want};

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

    /// Looks the key up. A hit is found here and now; what takes longer is in what is returned, which borrows nothing.
    #[inline]
    pub fn begin<S: Shape>(
        self,
        shape: S,
        options: fn() -> Options,
        tags: impl FnOnce(&mut Tags),
    ) -> Begin<S, P::Owned> {
        let mode = context::mode(self.site.address());
        if mode == Mode::Bypass || !self.when {
            return Begin { shape, stage: Stage::Inert };
        }
        let cache = self.site.cache::<P, S::Stored>(self.scope, options, shape.wire());
        let core = cache.core();
        let hash = core.engine.hash(|state| self.parts.hash_part(state));
        if mode == Mode::Use
            && core.asks_memory()
            && let Some(stored) = core.engine.get(hash, |key| self.parts.eq_part(key))
        {
            if shape.is_null(&stored) {
                core.engine.counters.null_hit();
            }
            return Begin { shape, stage: Stage::Found(Some(stored)) };
        }
        self.miss(shape, cache, hash, mode, tags)
    }

    #[cold]
    fn miss<S: Shape>(
        self,
        shape: S,
        cache: &'static Cache<P::Owned, S::Stored>,
        hash: u64,
        mode: Mode,
        tags: impl FnOnce(&mut Tags),
    ) -> Begin<S, P::Owned> {
        let core = cache.core();
        if core.problem.is_some() {
            return Begin { shape, stage: Stage::Inert };
        }
        let reuse = match mode {
            Mode::Refresh => Reuse::Nothing,
            _ if core.single_flight => Reuse::Anything,
            _ => Reuse::Entry,
        };
        let mut named = Tags::default();
        tags(&mut named);
        let want = Want { hash, key: self.parts.to_owned_part(), tags: named.into_texts(), reuse };
        let text = core.weighted.then(|| self.text());
        let asking = Asking::new(core, want);
        Begin { shape, stage: Stage::Missed(Box::new(Missed { asking, cache, text })) }
    }
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

/// A look-up under way. Await it, or [`wait`](Begin::wait) for it.
///
/// Holds what is stored and not the function's output: an error that is not `Send` must not keep the function's future from being it (G1).
pub struct Begin<S: Shape, K: Eq + Send + Sync + 'static> {
    shape: S,
    stage: Stage<S, K>,
}

enum Stage<S: Shape, K: Eq + Send + Sync + 'static> {
    Found(Option<S::Stored>),
    Inert,
    /// Boxed, so that a hit has little to carry around.
    Missed(Box<Missed<S, K>>),
}

struct Missed<S: Shape, K: Eq + Send + Sync + 'static> {
    asking: Asking<K, S::Stored>,
    cache: &'static Cache<K, S::Stored>,
    text: Option<String>,
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Unpin for Begin<S, K> {}

impl<S: Shape, K: Eq + Send + Sync + 'static> Begin<S, K> {
    /// Blocks the thread until there is an answer.
    #[inline]
    pub fn wait(self) -> Lookup<S, K> {
        match self.stage {
            Stage::Found(Some(stored)) => Lookup::Found(self.shape.to_output(stored)),
            stage => crate::flight::block_on(Self { shape: self.shape, stage }),
        }
    }
}

impl<S: Shape, K: Eq + Send + Sync + 'static> Future for Begin<S, K> {
    type Output = Lookup<S, K>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Lookup<S, K>> {
        let this = &mut *self;
        let shape = this.shape;
        match &mut this.stage {
            Stage::Found(stored) => match stored.take() {
                Some(stored) => Poll::Ready(Lookup::Found(shape.to_output(stored))),
                None => Poll::Pending,
            },
            Stage::Inert => Poll::Ready(Lookup::Lead(Load::inert(shape))),
            Stage::Missed(missed) => loop {
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

impl<S: Shape, K: Eq + Send + Sync + 'static> fmt::Debug for Begin<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begin").finish_non_exhaustive()
    }
}
