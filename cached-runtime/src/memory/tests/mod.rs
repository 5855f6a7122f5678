//! The engine held against a plain model of what it promises, and against user code that panics.

mod books;
mod naming;
mod panics;
mod property;
mod reference;
mod room;
mod spread;
mod waiters;
