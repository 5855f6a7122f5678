//! A suite of checks for stores: what [`SharedStore`] asks of an implementer, as far as it can be seen from outside.
//!
//! A store's own test runs it, against a store that takes writes, that nobody else is changing, and that does not throw values away for lack of room:
//!
//! ```
//! use cached_core::shared::{LocalStore, contract};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let store = Arc::new(LocalStore::new());
//! contract::verify(store, "contract-test:").await.unwrap();
//! # }
//! ```
//!
//! Or one test for each obligation:
//!
//! ```
//! # use cached_core::shared::{LocalStore, contract};
//! # use std::sync::Arc;
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! for check in contract::CHECKS {
//!     check.run(Arc::new(LocalStore::new()), "contract-test:").await.unwrap();
//!     println!("{}: {}", check.name(), check.obligation());
//! }
//! # }
//! ```
//!
//! Any executor will do. The store's futures are polled where they will be in use, on this crate's own thread. The whole suite takes about
//! a second. What it cannot see, and only tests of one's own can: that an operation is atomic across machines, that nothing blocks the thread,
//! and what happens when the connection breaks.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::envelope::Token;
use super::store::SharedStore;
use probe::{Outcome, Probe};

/// Ends a check with a message about what was found, unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
}

mod atomic;
mod many;
mod one;
mod probe;
mod robust;
mod time;
mod watch;

/// One obligation, and how it is checked.
pub struct Check {
    name: &'static str,
    obligation: &'static str,
    run: fn(Probe) -> Pin<Box<dyn Future<Output = Outcome> + Send>>,
}

macro_rules! checks {
    ($($module:ident::$name:ident: $obligation:literal;)*) => {
        /// All checks.
        pub const CHECKS: &[Check] = &[$(Check {
            name: stringify!($name),
            obligation: $obligation,
            run: |probe| Box::pin($module::$name(probe)),
        }),*];
    };
}

checks! {
    one::values_come_back: "what was set is what is got: any bytes, none, and a mebibyte of them, under any key";
    one::add_stores_where_nothing_is: "`add` stores where nothing is, and else returns what is there";
    one::add_stores_over_what_was_seen: "`add` stores over the value that `over` describes, and no other";
    one::swap_replaces_by_prefix: "`swap` stores over a value that begins with the prefix, and nowhere else";
    one::remove_if_removes_by_prefix: "`remove_if` removes a value that begins with the prefix, and nothing else";
    one::get_or_add_keeps_what_is_there: "`get_or_add` returns what is there, and stores only where nothing is";
    many::get_answers_in_order: "`get` answers for each key, in their order";
    many::remove_takes_what_there_is: "`remove` removes all keys, and minds none that are missing";
    many::remove_begins_with_the_first: "`remove` takes the first key away before or together with the second, and so on";
    many::only_the_star_is_a_wildcard: "a pattern's `*` stands for any text, every other character for itself";
    many::patterns_reach_thousands: "`remove_matching` removes every key that matches, however many there are, and counts them";
    many::lists_may_be_empty: "no keys are no error";
    atomic::one_of_many_adds: "of many concurrent `add`s of a key exactly one stores, and the others see its value";
    atomic::one_of_many_takes_over: "of many concurrent `add`s over the same value exactly one stores";
    atomic::one_of_many_swaps: "of many concurrent `swap`s of the same value exactly one stores";
    atomic::one_of_many_removes: "a fill and releases of one lease: exactly one of all gets it";
    atomic::all_get_what_one_added: "many concurrent `get_or_add`s of a key return one value";
    atomic::answers_are_seen_by_who_asks_next: "once an operation was answered, whoever asks next sees what it did";
    time::values_expire: "a value is gone when its time to live has passed, whichever operation stored it";
    time::the_last_ttl_counts: "a new value lives for its own time, not for the old one's";
    time::get_or_add_prolongs: "`get_or_add` makes what is there live for `ttl` from now, and never shortens";
    time::ttls_may_be_short_and_long: "a time to live may be a nanosecond or ten years";
    time::the_clock_runs: "`now` is a time of day that goes forward";
    robust::it_answers: "`ping` succeeds, and `describe` names the store";
    robust::dropped_operations_disturb_no_others: "an operation that is dropped half-way has happened or not, and disturbs no other one";
    robust::many_at_a_time: "hundreds of operations may be under way, each with its own answer";
    watch::changes_are_reported: "whoever watches is told of every change, by whichever operation, and of expiry; or `watch` returns false";
}

impl Check {
    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it checks, in a sentence.
    #[must_use]
    pub const fn obligation(&self) -> &'static str {
        self.obligation
    }

    /// Checks `store`, with keys that begin with `prefix`; a `*` in it is a wildcard when the check clears up.
    ///
    /// # Errors
    ///
    /// What was found, if it is not what the store owes.
    pub async fn run(&self, store: Arc<dyn SharedStore>, prefix: &str) -> Result<(), Failure> {
        // Keys of its own for each run, so that none sees what another has left behind.
        let probe = Probe::new(store, format!("{prefix}{:032x}:", Token::random().0));
        let outcome = (self.run)(probe.clone()).await;
        let cleared = probe.remove_matching(&probe.key("*")).await.map(drop);
        let failure = |found| Failure { check: self.name, obligation: self.obligation, found };
        outcome.and(cleared).map_err(failure)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Runs all [`CHECKS`], one after another.
///
/// # Errors
///
/// All that failed; their `Debug` form, which `unwrap` prints, is meant to be read.
pub async fn verify(store: Arc<dyn SharedStore>, prefix: &str) -> Result<(), Failures> {
    let mut failures = Vec::new();
    for check in CHECKS {
        failures.extend(check.run(Arc::clone(&store), prefix).await.err());
    }
    if failures.is_empty() { Ok(()) } else { Err(Failures(failures)) }
}

/// A check that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    check: &'static str,
    obligation: &'static str,
    found: String,
}

impl Failure {
    /// The [name](Check::name) of the check.
    #[must_use]
    pub const fn check(&self) -> &'static str {
        self.check
    }

    /// What the store did instead.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  found: {}", self.check, self.obligation, self.found)
    }
}

impl Error for Failure {}

/// The checks that failed, at least one.
#[derive(Clone, PartialEq, Eq)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// Each of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Failure> {
        self.0.iter()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store fails {} of {} checks", self.0.len(), CHECKS.len())?;
        self.0.iter().try_for_each(|failure| write!(f, "\n{failure}"))
    }
}

impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failures {}

#[cfg(all(test, not(shuttle)))]
mod tests;
