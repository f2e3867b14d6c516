//! A session over a store: what its tables hold, fresh and as they were, and what ends a query.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "asking/limits.rs"]
mod limits;
#[path = "asking/tables.rs"]
mod tables;
#[expect(dead_code, reason = "each of the tests uses a part of it")]
#[path = "asking/world.rs"]
mod world;
