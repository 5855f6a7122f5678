//! Instruments for benchmarks that stand side by side with peers in one run.

pub mod calls;
pub mod server;
pub mod stores;
pub mod table;
pub mod threads;
pub mod zipf;
