//! A session over a store: what its tables hold, fresh and as they were, and what ends a query.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "of the client of tests/pg.rs a part is used here")]
#[path = "pg/client.rs"]
mod client;
#[path = "asking/findings.rs"]
mod findings;
#[path = "asking/house.rs"]
mod house;
#[path = "asking/limits.rs"]
mod limits;
#[path = "asking/protocol.rs"]
mod protocol;
#[path = "asking/scenes.rs"]
mod scenes;
#[path = "asking/standing.rs"]
mod standing;
#[path = "asking/tables.rs"]
mod tables;
#[expect(dead_code, reason = "each of the tests uses a part of it")]
#[path = "asking/world.rs"]
mod world;
