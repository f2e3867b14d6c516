//! `locard import` as a person runs it: files into a case, and what `locard sql` finds there afterwards, compared with
//! `locard check` on the same files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "cli_import/equal.rs"]
mod equal;
#[path = "cli_import/kafka.rs"]
mod kafka;
#[path = "cli_import/killed.rs"]
mod killed;
#[path = "cli_import/rows.rs"]
mod rows;
#[path = "cli_import/run.rs"]
mod run;
