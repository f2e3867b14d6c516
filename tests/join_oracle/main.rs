//! The join against its oracles: brute force over all pairs, and `DataFusion`'s own plan with the rule switched off.
//!
//! ```text
//!  world (rows) ──┬─> brute force, in plain Rust ───────────┐
//!                 ├─> SQL with the rule: ProximityJoinExec ─┼─> the same pairs of ids, as often
//!                 └─> SQL without it: NestedLoopJoinExec ───┘
//! ```

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

mod build_failures;
mod engine;
mod guard;
mod keys;
mod limits;
mod live;
mod plans;
mod random;
mod shapes;
mod spellings;
mod times;
mod world;
