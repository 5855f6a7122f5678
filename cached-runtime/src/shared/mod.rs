//! Backends shared between processes.
//!
//! * [`SharedStore`] is what a store must be able to do: bytes under text keys, a handful of atomic operations.
//! * `envelope` and `codec` say how a value is written; the format is documented there and kept by golden bytes.
//! * `backend` makes a store fail-open: time limits, a breaker, and a log of invalidations that an outage kept from the store.
//! * `front` is the memory before a store, open for as long as the store reports its changes.
//! * [`contract`] is a suite of tests for stores, one's own included; [`LocalStore`] is a store inside the process.

mod backend;
mod breaker;
mod codec;
mod compress;
pub mod contract;
pub(crate) mod envelope;
mod front;
mod isolated;
mod local;
mod outage;
mod renewal;
pub(crate) mod runtime;
mod settings;
mod store;

pub use backend::BackendStatus;
pub(crate) use backend::{Ack, Away, Backend, Budget};
#[cfg(feature = "json")]
pub use codec::Json;
#[cfg(feature = "postcard")]
pub use codec::Postcard;
pub use codec::{Codec, CodecError, Encoded, Msgpack, Wire};
pub(crate) use front::{Front, Kept};
pub(crate) use isolated::Isolated;
pub use local::LocalStore;
pub(crate) use outage::Lost;
pub use settings::SharedSettings;
pub use store::{Added, KeyPattern, Seen, SharedStore, StoreError, StoreErrorKind, StoreFuture, Watcher};
