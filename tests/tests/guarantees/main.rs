//! The guarantees of the design, one module for each. A test's name says what happens; it fails when the guarantee is broken.
//!
//! All tests share one process, and so one set of caches: what a test reaches by key text or tag carries a prefix of its own.

mod g11_bounded;
mod g12_lean_hit;
mod g14_discreet;
mod g1_functions;
mod g1_methods;
mod g1_options;
mod g1_send;
mod g1_transparent;
mod g2_fresh;
mod g3_right_key;
mod g4_not_found;
mod g5_errors;
mod g5_handover;
mod g5_one_load;
mod g5_recursion;
mod g5_reentrancy;
mod g7_gone;
mod g7_writes;
mod g8_overtaken;
mod registry;
