//! Asking: sessions, the servers of three protocols, the stored questions, and that nobody sees what is not theirs.
//!
//! One program for all of them: each that links the engine takes up to half a gigabyte of the disk.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod flight;
mod http_api;
mod isolation;
mod pg;
mod queries;
mod sql_docs;
mod sqllogic;
mod world;
