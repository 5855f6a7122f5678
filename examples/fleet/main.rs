//! Four processes share a cache in Redis, which is killed half-way and comes back empty.
//!
//! ```sh
//! cargo run --example fleet -- [--seconds N] [--backend redis|tiered]
//! ```
//!
//! The workers read items through `#[cache]` and write them through `#[invalidates]` (`stock.rs`). Every answer is compared with the
//! writes of all workers that had returned when the read began (`check.rs`).

mod check;
mod fleet;
mod message;
mod options;
mod picture;
mod redis;
mod source;
mod stock;
mod worker;

use std::process::ExitCode;

use lexopt::Parser;
use options::{Role, USAGE};

#[tokio::main]
async fn main() -> ExitCode {
    let role = match Role::parse(Parser::from_env()) {
        Ok(role) => role,
        Err(error) => {
            eprint!("error: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match role {
        Role::Parent { seconds, backend } => fleet::run(seconds, backend).await,
        Role::Worker { source, redis, backend } => worker::run(source, &redis, backend).await.map(|()| true),
        Role::Help => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
