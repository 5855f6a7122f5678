use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::call::Call;
use super::meta::Meta;
use crate::cache::{Behind, Cache, Function, Options};
use crate::config::{self, MemoryStore, Place};
use crate::context::{Mode, Override};
use crate::invalidated::Invalidated;
use crate::invalidation::Invalidation;
use crate::key::{KeyWriter, Parts};
use crate::memory::{AnyBox, Engine};
use crate::registry::{self, AnyCache, CacheHandle, Group};
use crate::remote::{Backend, Wire};

/// A type, by identity and by name.
///
/// The name alone would not do: all closures of one function have the same.
#[derive(Clone, Copy, Debug)]
pub struct TypeTag {
    id: Option<TypeId>,
    name: &'static str,
}

impl TypeTag {
    /// No type.
    pub const NONE: Self = Self { id: None, name: "" };

    /// This type; its lifetimes make no difference.
    #[inline]
    #[must_use]
    pub fn of<T: ?Sized>() -> Self {
        Self { id: Some(typeid::of::<T>()), name: std::any::type_name::<T>() }
    }
}

impl PartialEq for TypeTag {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// What tells the instances of one function apart, besides the types of key and value: the type that a method belongs to, and
/// the function's own type parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scope {
    pub(super) owner: TypeTag,
    pub(super) generics: TypeTag,
    /// The types of `impl Trait` arguments, which have no name to be told by.
    pub(super) arguments: Option<TypeId>,
}

impl Scope {
    pub(super) const NONE: Self = Self { owner: TypeTag::NONE, generics: TypeTag::NONE, arguments: None };

    /// Whether there is nothing to tell instances apart by. Known at compile time where a call is inlined.
    #[inline]
    const fn is_none(&self) -> bool {
        self.owner.id.is_none() && self.generics.id.is_none() && self.arguments.is_none()
    }
}

/// One annotated function: where its caches are, one for each instance that was called.
///
/// The caches are a chain that only grows, as long as there are instances: a call finds its own without a lock and without the
/// macro having to name a type.
pub struct Site {
    meta: Meta,
    /// In place, and what a hit needs of it first: fewer loads that wait for each other.
    first: OnceLock<Instance>,
}

/// The cache of a function for one choice of types.
struct Instance {
    /// A [`Near<K, V>`](Near).
    near: AnyBox,
    /// Whether it is all that a call without a scope can mean, and memory may always answer, there being nothing behind it.
    plain: bool,
    memory_only: bool,
    scope: Scope,
    erased: Arc<dyn AnyCache>,
    next: OnceLock<Box<Instance>>,
}

/// A cache, and beside it what a hit needs of it.
pub(super) struct Near<K, V> {
    pub(super) engine: Arc<Engine<K, V>>,
    pub(super) cache: Cache<K, V>,
}

impl Site {
    /// For a static beside the function.
    #[must_use]
    pub const fn new(meta: Meta) -> Self {
        Self { meta, first: OnceLock::new() }
    }

    pub(super) fn meta(&self) -> &Meta {
        &self.meta
    }

    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    /// A call with these key parts.
    #[inline]
    pub fn call<P: Parts>(&'static self, parts: P) -> Call<P> {
        Call::new(self, parts)
    }

    /// The cache to look a key up in, found without a detour: that of the instance which was called first, if it is the one with these
    /// types and memory may always answer for it.
    #[inline]
    pub(super) fn plain_cache<K, V>(&'static self, scope: &Scope) -> Option<&'static Near<K, V>>
    where
        K: Eq + Send + Sync + 'static,
        V: Clone + Send + Sync + 'static,
    {
        let first = self.first.get()?;
        let fits = if scope.is_none() { first.plain } else { first.memory_only && first.scope == *scope };
        if fits { first.near.get() } else { None }
    }

    /// The cache of the instance with these types; made if this is its first call.
    pub(super) fn cache<P, V>(
        &'static self,
        scope: &Scope,
        options: fn() -> Options,
        wire: fn() -> Option<Wire<V>>,
    ) -> &'static Near<P::Owned, V>
    where
        P: Parts,
        V: Clone + Send + Sync + 'static,
    {
        let mut new = None;
        loop {
            let mut at = self.first.get();
            let mut last = None;
            while let Some(instance) = at {
                if instance.scope == *scope
                    && let Some(near) = instance.near.get()
                {
                    return near;
                }
                last = Some(instance);
                at = instance.next.get().map(|next| &**next);
            }
            // Made before the link is taken: the settings are the user's expressions, and may themselves call this function.
            let instance = new.take().unwrap_or_else(|| {
                let instance = self.instance::<P, V>(*scope, options(), wire());
                // Listed before any call can find it: an invalidation that runs once a load has begun must reach it (G7).
                registry::register(&instance.erased);
                instance
            });
            // Whoever loses looks at what was put there, and goes on behind it.
            new = match last {
                None => self.first.set(instance).err(),
                Some(last) => last.next.set(Box::new(instance)).err().map(|lost| *lost),
            };
        }
    }

    fn instance<P, V>(&'static self, scope: Scope, options: Options, wire: Option<Wire<V>>) -> Instance
    where
        P: Parts,
        V: Clone + Send + Sync + 'static,
    {
        let (behind, problem) = match self.behind(scope, wire) {
            Ok(behind) => (behind, None),
            Err(problem) => {
                (Behind::<V>::Memory(MemoryStore::default()), Some(format!("{}: {problem}", self.path(scope))))
            }
        };
        if let Some(problem) = &problem {
            // Once for each instance, since it is made once. The function works, uncached; nobody would find out otherwise.
            eprintln!("cached-core: {problem}; the function runs uncached");
        }
        let template = self.meta.template;
        let lead = self.lead(scope);
        // As a plain function pointer, which does not mention `P` and the lifetimes in it.
        let write: fn(&P::Owned, &[&str], &mut KeyWriter<'_>) -> fmt::Result = P::write_owned_with;
        let prefix = format!("{lead}{}", template.pieces.first().copied().unwrap_or(""));
        let text = move |key: &P::Owned, out: &mut dyn fmt::Write| {
            out.write_str(&lead)?;
            write(key, template.pieces, &mut KeyWriter::new(out))
        };
        let patterns = self.patterns();
        let function = Function { name: self.path(scope), prefix, patterns, text: Box::new(text), problem };
        let cache = Cache::<P::Owned, V>::of_function(function, behind, &options, config::clock());
        let erased = Arc::clone(cache.core()) as Arc<dyn AnyCache>;
        let memory_only = cache.core().is_memory_only();
        let near = Near { engine: Arc::clone(&cache.core().engine), cache };
        Instance {
            near: AnyBox::new(near),
            plain: memory_only && scope.is_none(),
            memory_only,
            scope,
            erased,
            next: OnceLock::new(),
        }
    }

    /// What is behind this function's cache; an error says what is missing.
    fn behind<V>(&self, scope: Scope, wire: Option<Wire<V>>) -> Result<Behind<V>, String> {
        let name = self.meta.backend;
        match (config::place(name)?, wire) {
            (Place::Memory(store), _) => Ok(Behind::Memory(store)),
            (Place::Shared(backend), Some(_)) if name == "tiered" && !backend.has_front() => {
                Err("this store does not report its changes, so memory cannot stand in front of it: use `backend = \"redis\"`".to_owned())
            }
            (Place::Shared(_), Some(_)) if self.meta.default_key && !self.claims(&self.lead(scope)) => {
                Err("another function has the same path, as functions inside of functions and methods of two traits can, and would share its entries: give one of them a `key`".to_owned())
            }
            (Place::Shared(backend), Some(wire)) => Ok(Behind::Shared { backend, wire, tiered: name == "tiered" }),
            (Place::Shared(_), None) => {
                Err(format!("the store `{name}` is shared between processes, so values have to be encoded: add `codec = \"msgpack\"`"))
            }
        }
    }

    /// Whether no other function's default keys in a shared store begin like this. Memory keeps them apart anyway.
    fn claims(&self, lead: &str) -> bool {
        static CLAIMED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
        let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        *claimed.entry(lead.to_owned()).or_insert(self.address()) == self.address()
    }

    /// What a default key begins with, before the template's first piece.
    pub(super) fn lead(&self, scope: Scope) -> String {
        match (self.meta.default_key, self.meta.template.pieces.len()) {
            (false, _) => String::new(),
            (true, 0 | 1) => self.path(scope),
            (true, _) => format!("{}:", self.path(scope)),
        }
    }

    fn path(&self, scope: Scope) -> String {
        let owner = if scope.owner.name.is_empty() { self.meta.module } else { scope.owner.name };
        let (open, close) = if scope.generics.name.is_empty() { ("", "") } else { ("<", ">") };
        format!("{owner}::{}{open}{}{close}", self.meta.name, scope.generics.name)
    }

    /// Runs `f`; the function's first call in it neither reads nor stores.
    pub fn uncached<R>(&'static self, f: impl FnOnce() -> R) -> R {
        self.first_call(Mode::Bypass).scope(f)
    }

    /// The same around a future.
    pub async fn uncached_async<F: Future>(&'static self, future: F) -> F::Output {
        self.first_call(Mode::Bypass).scope_async(future).await
    }

    /// Runs `f`; the function's first call in it loads and stores.
    pub fn refresh<R>(&'static self, f: impl FnOnce() -> R) -> R {
        self.first_call(Mode::Refresh).scope(f)
    }

    /// The same around a future.
    pub async fn refresh_async<F: Future>(&'static self, future: F) -> F::Output {
        self.first_call(Mode::Refresh).scope_async(future).await
    }

    fn first_call(&self, mode: Mode) -> Override {
        Override::first(mode, Some(self.address()))
    }
}

impl CacheHandle {
    /// The cache of an annotated function.
    #[doc(hidden)]
    #[must_use]
    pub fn of(site: &'static Site) -> Self {
        Self::group(site)
    }
}

impl Group for Site {
    fn name(&self) -> String {
        // The type that a method belongs to is known from its first call on.
        let owner = self.first.get().map_or(TypeTag::NONE, |instance| instance.scope.owner);
        self.path(Scope { owner, ..Scope::NONE })
    }

    fn backend(&self) -> Option<Arc<Backend>> {
        match config::place(self.meta.backend) {
            Ok(Place::Shared(backend)) => Some(backend),
            Ok(Place::Memory(_)) | Err(_) => None,
        }
    }

    fn patterns(&self) -> Vec<String> {
        let Meta { name, template, default_key, .. } = self.meta;
        if !default_key {
            return vec![template.pieces.join("*")];
        }
        // The type that a method belongs to and the types of a generic function differ from process to process.
        ["", ":*", "<*"].map(|end| format!("*::{name}{end}")).into()
    }

    fn caches(&self) -> Vec<Arc<dyn AnyCache>> {
        let mut caches = Vec::new();
        let mut at = self.first.get();
        while let Some(instance) = at {
            caches.push(Arc::clone(&instance.erased));
            at = instance.next.get().map(|next| &**next);
        }
        caches
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// What `#[invalidates(find_user(id))]` names: one key of a function, or all.
#[derive(Clone)]
pub struct Target {
    site: &'static Site,
    text: Option<String>,
}

impl Target {
    pub(super) fn key(site: &'static Site, text: String) -> Self {
        Self { site, text: Some(text) }
    }

    /// Every entry of the function.
    #[must_use]
    pub fn all_of(site: &'static Site) -> Self {
        Self { site, text: None }
    }

    /// Carries it out.
    pub fn invalidate(self) -> Invalidated {
        self.added_to(Invalidation::new()).run()
    }

    pub(crate) fn added_to(self, invalidation: Invalidation) -> Invalidation {
        invalidation.of(self.site, self.text)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("site", self.site).field("all", &self.text.is_none()).finish()
    }
}
