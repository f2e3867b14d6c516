//! Columns of data files that are kept in memory as they were decoded.
//!
//! ```text
//!  a scan's files ─┬─ most of its rows were asked for before ─> columns that are kept; the others are decoded whole, and kept
//!                  └─ they were not ───────────────────────> Parquet, of which only what may meet the condition is decoded
//! ```
//! Decoding is most of what a question about one case takes, and who asks one question of a case asks another. The rows are
//! the same either way: what decides is how often files were asked for, and how much room there is.

mod columns;
mod exec;

pub use columns::KeptColumns;
pub(super) use exec::{HowRead, KeptExec, Rows};

#[cfg(test)]
mod tests;
