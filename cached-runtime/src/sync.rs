//! The locks and atomics of the runtime, in one place, so that the model checker can replace them.
//!
//! Under `--cfg shuttle` they are the checker's; the rest of the crate names nothing but this module.

use std::sync::PoisonError;

#[cfg(shuttle)]
use shuttle::sync;
#[cfg(shuttle)]
pub(crate) use shuttle::{thread, thread_local};
#[cfg(not(shuttle))]
use std::sync;
#[cfg(not(shuttle))]
pub(crate) use std::{thread, thread_local};

pub(crate) use self::sync::{MutexGuard, atomic};

/// A lock that a panic does not poison: what it protects is put right before anything that may panic.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(sync::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(sync::TryLockError::Poisoned(guard)) => Some(guard.into_inner()),
            Err(sync::TryLockError::WouldBlock) => None,
        }
    }
}

/// Keeps its content on cache lines of its own (two lines, because common processors prefetch in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct CachePadded<T>(pub(crate) T);
