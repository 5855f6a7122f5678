//! Keys: typed parts for look-ups, text for identity.
//!
//! [`part`](KeyPart) says what can stand in a key, [`writer`](KeyWriter) renders and escapes, `template` puts literal text around
//! parts, `pattern` matches texts, `probe` picks how a given type takes part.

mod compound;
pub(crate) mod digest;
mod hash;
mod part;
mod pattern;
pub(crate) mod probe;
mod template;
mod text;
mod writer;

pub(crate) use hash::hash_text;
pub use part::KeyPart;

pub(crate) use pattern::Pattern;
pub use template::{Captured, Parts, Template};
pub use text::KeyText;
pub use writer::KeyWriter;
