//! Processes that share a cache: started, told what to call, and asked what they saw.
//!
//! * [`Worker`] is a process of the program `worker`, whose annotated functions read a [`Ledger`].
//! * [`Gate`] counts the loads of all processes, and holds them open.
//! * [`Ledger`] is the source of truth: versions in a file, and which of them was acknowledged.
//! * [`Row`] is what a process measured under load.

mod gate;
mod ledger;
mod row;
mod worker;

pub use gate::{Entered, Gate};
pub use ledger::{Ledger, micros_now};
pub use row::{Kind, Row, merged, table};
pub use worker::{Pending, Settings, Worker};
