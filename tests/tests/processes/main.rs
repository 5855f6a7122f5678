//! Processes that share a cache through a real server: started, overtaken and killed by the tests.

mod fleet;
mod lease;
mod places;
mod propagation;
mod stampede;
mod write_back;
