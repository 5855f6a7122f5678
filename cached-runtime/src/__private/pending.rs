use super::site::Target;
use crate::invalidated::Invalidated;
use crate::invalidation::Invalidation;

/// An invalidation that waits for the body of a write to end.
///
/// A body that panics, or whose future is dropped, may or may not have written; nobody knows. So dropping this carries the
/// invalidation out: too much of it costs a miss, too little a stale answer.
#[derive(Debug)]
pub struct Pending(Option<Invalidation>);

impl Pending {
    /// To be carried out when the body has ended.
    #[must_use]
    pub fn new(invalidation: Invalidation) -> Self {
        Self(Some(invalidation))
    }

    /// Carries it out now, and again when the body has ended.
    pub fn before(&self) -> Invalidated {
        self.0.as_ref().map_or_else(|| Invalidated::of(0), Invalidation::run)
    }

    /// What came to be known with the result.
    pub fn add(&mut self, more: Invalidation) {
        if let Some(invalidation) = &mut self.0 {
            invalidation.extend(more);
        }
    }

    /// The body succeeded.
    pub fn run(&mut self) -> Invalidated {
        self.0.take().map_or_else(|| Invalidated::of(0), |invalidation| invalidation.run())
    }

    /// The body failed, or the condition does not hold.
    pub fn disarm(&mut self) {
        self.0 = None;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(invalidation) = self.0.take() {
            // Carried out in memory, and handed over to shared stores. Not waited for: a dropped future must not block its thread.
            let _ = invalidation.run();
        }
    }
}

impl Invalidation {
    /// What an annotated function's companion names.
    #[doc(hidden)]
    pub fn target(self, target: Target) -> Self {
        target.added_to(self)
    }
}
