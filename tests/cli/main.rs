//! The commands as a user runs them: what they are given, what they write, and how they end.
//!
//! One program for all of them: each that links the engine takes up to half a gigabyte of the disk.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod account;
mod check;
#[cfg(test)]
mod cloud;
mod evaluate;
mod import;
mod readme;
mod real_input;
mod scenes;
mod simulate;
mod sql;
