//! What holds for the code that runs on this thread just now: scopes that change what cached calls do, and the loads it is inside of.
//!
//! Both follow a future from poll to poll: a scope around a future is entered for each poll and left after it, so other tasks on
//! the thread never see it.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sync::thread_local;

thread_local! {
    /// Whether there are overrides: all that a hit looks at, and free of a destructor, which makes looking cheap.
    static OVERRIDDEN: Cell<bool> = const { Cell::new(false) };
    static OVERRIDES: RefCell<Vec<Override>> = const { RefCell::new(Vec::new()) };
    /// The loads that the running code is inside of, outermost first.
    static LOADS: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// What a call does with its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Look up, else load and store.
    Use,
    /// Neither read nor store.
    Bypass,
    /// Load and store, whatever is there.
    Refresh,
}

#[derive(Clone, Debug)]
pub(crate) struct Override {
    mode: Mode,
    reach: Reach,
}

#[derive(Clone, Debug)]
enum Reach {
    /// Every cached call.
    All,
    /// The first call of one function (the address of its site), or of any.
    First { site: Option<usize>, taken: Arc<AtomicBool> },
}

impl Override {
    pub(crate) fn all(mode: Mode) -> Self {
        Self { mode, reach: Reach::All }
    }

    pub(crate) fn first(mode: Mode, site: Option<usize>) -> Self {
        Self { mode, reach: Reach::First { site, taken: Arc::new(AtomicBool::new(false)) } }
    }

    /// Runs `f` under this override.
    pub(crate) fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        let _entered = Entered::new(self.clone());
        f()
    }

    /// Polls `future` under this override. Pin it before: what is handed on has a place in each future that it goes through.
    pub(crate) async fn scope_async<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| self.scope(|| future.as_mut().poll(cx))).await
    }
}

/// Whether the override is in force; it is not on a thread that is shutting down and has no list any more.
struct Entered(bool);

impl Entered {
    fn new(entered: Override) -> Self {
        let in_force = OVERRIDES.try_with(|overrides| overrides.borrow_mut().push(entered)).is_ok();
        if in_force {
            OVERRIDDEN.with(|overridden| overridden.set(true));
        }
        Self(in_force)
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if !self.0 {
            return;
        }
        let left = OVERRIDES.with(|overrides| {
            let mut overrides = overrides.borrow_mut();
            overrides.pop();
            overrides.len()
        });
        OVERRIDDEN.with(|overridden| overridden.set(left > 0));
    }
}

/// Whether anything is to be done otherwise than usual; [`mode`] says what.
#[inline]
pub(crate) fn is_overridden() -> bool {
    OVERRIDDEN.with(Cell::get)
}

/// What a call by `site` (an address; 0 where a cache is used directly) is to do.
#[inline]
pub(crate) fn mode(site: usize) -> Mode {
    if is_overridden() { innermost(site) } else { Mode::Use }
}

#[cold]
fn innermost(site: usize) -> Mode {
    OVERRIDES.with(|overrides| {
        for entered in overrides.borrow().iter().rev() {
            match &entered.reach {
                Reach::All => return entered.mode,
                Reach::First { site: Some(wanted), .. } if *wanted != site => {}
                Reach::First { taken, .. } => {
                    if !taken.swap(true, Ordering::AcqRel) {
                        return entered.mode;
                    }
                }
            }
        }
        Mode::Use
    })
}

/// Runs `f` as part of the load with this number.
pub(crate) fn inside_load<R>(load: u64, f: impl FnOnce() -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let _ = LOADS.try_with(|loads| loads.borrow_mut().pop());
        }
    }
    // On a thread that is shutting down there is no list any more; a load that a destructor asks for runs all the same.
    let _ = LOADS.try_with(|loads| loads.borrow_mut().push(load));
    let _leave = Leave;
    f()
}

/// The loads that the running code is inside of, outermost first.
pub(crate) fn enclosing_loads() -> Vec<u64> {
    // On a thread that is shutting down there is no list any more, and no load either.
    LOADS.try_with(|loads| loads.borrow().clone()).unwrap_or_default()
}

/// Runs `f` with every cache out of the way: cached functions run their bodies, and nothing is read from a cache or stored in one.
///
/// For tests and administrative paths. Invalidations still take effect. What `f` hands to other threads or spawned
/// tasks is outside the scope.
///
/// ```
/// use cached_core::{bypass, cache};
///
/// #[cache(ttl = 60)]
/// fn rate(currency: &str) -> f64 { 1.08 }
///
/// bypass(|| rate("EUR"));
/// assert_eq!(rate::cache().len(), 0);
/// ```
pub fn bypass<R>(f: impl FnOnce() -> R) -> R {
    Override::all(Mode::Bypass).scope(f)
}

/// The same as [`bypass`] around a future. Tasks that it spawns are outside the scope.
///
/// # Cancel safety
///
/// As that of `future`: dropping leaves nothing behind.
pub async fn bypass_async<F: Future>(future: F) -> F::Output {
    Override::all(Mode::Bypass).scope_async(pin!(future)).await
}

/// Runs `f`; the first cached call that it makes runs its body and stores the result, whatever is cached.
///
/// For methods, this is what the companion's `refresh` is for free functions.
///
/// ```
/// use cached_core::{cache, refresh};
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// static CALLS: AtomicU32 = AtomicU32::new(0);
/// struct Shop;
///
/// impl Shop {
///     #[cache(ttl = 60, skip(self))]
///     fn visitors(&self) -> u32 { CALLS.fetch_add(1, Ordering::Relaxed) }
/// }
///
/// assert_eq!((Shop.visitors(), Shop.visitors()), (0, 0));
/// assert_eq!(refresh(|| Shop.visitors()), 1);
/// assert_eq!(Shop.visitors(), 1);
/// ```
pub fn refresh<R>(f: impl FnOnce() -> R) -> R {
    Override::first(Mode::Refresh, None).scope(f)
}

/// The same as [`refresh`] around a future.
///
/// # Cancel safety
///
/// As that of `future`.
pub async fn refresh_async<F: Future>(future: F) -> F::Output {
    Override::first(Mode::Refresh, None).scope_async(pin!(future)).await
}

/// Runs `f`; the first cached call that it makes runs its body and neither reads nor stores. Calls inside that body use their caches.
///
/// For methods, this is what the companion's `uncached` is for free functions.
pub fn uncached<R>(f: impl FnOnce() -> R) -> R {
    Override::first(Mode::Bypass, None).scope(f)
}

/// The same as [`uncached`] around a future.
///
/// # Cancel safety
///
/// As that of `future`.
pub async fn uncached_async<F: Future>(future: F) -> F::Output {
    Override::first(Mode::Bypass, None).scope_async(pin!(future)).await
}

#[cfg(all(test, not(shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn a_scope_ends_with_its_call_even_if_it_panics() {
        let panicked = std::panic::catch_unwind(|| bypass(|| panic!("on purpose")));
        assert!(panicked.is_err());
        assert_eq!(mode(0), Mode::Use);
    }

    #[test]
    fn a_load_may_run_on_a_thread_that_is_shutting_down() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                inside_load(1, || assert!(enclosing_loads().is_empty()));
            }
        }
        std::thread_local!(static LAST: Last = const { Last });
        let thread = std::thread::spawn(|| {
            LAST.with(|_| {});
            // Used later, and therefore gone earlier.
            inside_load(1, || assert_eq!(enclosing_loads(), [1]));
        });
        assert!(thread.join().is_ok());
    }

    #[test]
    fn a_one_call_override_reaches_one_call_of_its_function() {
        Override::first(Mode::Refresh, Some(7)).scope(|| {
            assert_eq!(mode(8), Mode::Use);
            assert_eq!(mode(7), Mode::Refresh);
            assert_eq!(mode(7), Mode::Use);
        });
    }

    #[test]
    fn bypass_outside_reaches_through_a_spent_override() {
        bypass(|| {
            Override::first(Mode::Refresh, Some(7)).scope(|| {
                assert_eq!(mode(7), Mode::Refresh);
                assert_eq!(mode(7), Mode::Bypass);
            });
        });
    }
}
