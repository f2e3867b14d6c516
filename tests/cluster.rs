//! A cluster of real processes on this machine, a scheduler and two executors, gives the rows of one process.

#![cfg(feature = "cluster")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "cluster/answers.rs"]
mod answers;
#[path = "cluster/made_up.rs"]
mod made_up;
#[path = "cluster/processes.rs"]
mod processes;
#[path = "cluster/refused.rs"]
mod refused;
#[path = "cluster/rights.rs"]
mod rights;
#[expect(dead_code, reason = "each of the tests uses a part of it")]
#[path = "sql/world.rs"]
mod world;
