//! All that generated code may name. Not part of the public contract: it changes with the macros.

mod call;
mod load;
mod meta;
mod pending;
#[cfg(feature = "shared")]
mod portable;
mod shape;
mod site;

pub use crate::cache::Options;
pub use crate::key::digest::HashPart;
pub use crate::key::probe::{DebugPart, Part};
// The compiler mentions these in notes: by the name of this crate, which no user knows of, had they no path in `cached_core`.
#[cfg(not(feature = "digest"))]
pub use crate::key::digest::NeedsDigestFeature;
pub use crate::key::probe::ViaNothing;
pub use crate::key::{Captured, KeyWriter, Template};
pub use crate::policy::Lock;
#[cfg(feature = "json")]
pub use crate::shared::Json;
#[cfg(feature = "shared")]
pub use crate::shared::Msgpack;
#[cfg(feature = "postcard")]
pub use crate::shared::Postcard;
pub use call::{Begun, Call, Lookup};
pub use load::{Entry, Filled, Load, Tags};
pub use meta::Meta;
pub use pending::Pending;
#[cfg(feature = "shared")]
pub use portable::{Shared, ToShared};
pub use shape::{Outcome, Returns, Shape};
pub use site::{Site, Target, TypeTag};

/// The traits whose methods generated code finds by probing.
pub mod via {
    #[cfg(feature = "shared")]
    pub use crate::__private::portable::{ViaNotPortable as _, ViaPortable as _};
    pub use crate::__private::shape::{
        Outcome as _, OutcomeViaOption as _, OutcomeViaPlain as _, OutcomeViaResult as _, OutcomeViaResultOption as _,
        Split as _, ViaNothing as _, ViaOption as _, ViaPlain as _, ViaResult as _, ViaResultOption as _,
        ViaSharedResult as _, ViaSharedResultOption as _,
    };
    pub use crate::key::probe::{ViaDisplay as _, ViaKeyPart as _, ViaNothing as _};
}

/// For the compiler, which names what it finds here after cached-core.
pub use crate::cache::load as cache_load;
