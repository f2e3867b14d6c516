//! The join: pairs of a fix and a target that are near in space and time.
//!
//! ```text
//!  SQL ─> recognise ─> ProximityJoinNode ─> ProximityJoinExec
//!                                             │ build: the smaller input, whole: items ─> layers ─> tables, made on demand
//!                                             │ probe: the other input, batch by batch
//!                                             └ case key ─> time bucket ─> cell bit ─> cell list ─> time ─> plane bound ─> distance
//! ```
//! The invariant: the pairs are exactly those of the plain predicate, whatever the order, batch size or partitioning. Each
//! step may only drop pairs that the predicate rejects: cells by [`crate::index::disc`], the plane bound by
//! [`crate::index::compare`], times and keys by comparing them; what the rule did not understand is evaluated as written.

pub mod bounds;
mod build;
mod choose;
pub mod exec;
mod filter_first;
mod information;
mod items;
mod keys;
pub mod live;
mod moments;
pub mod node;
mod physical;
pub mod planner;
mod postgis;
pub mod predicate;
mod probe;
pub mod recognise;
pub mod rule;
pub mod session;
mod shift;
mod stream;
mod table;
mod tables;
mod targets;
mod time_sum;
mod windows;
#[cfg(feature = "cluster")]
pub mod wire;

pub use exec::ProximityJoinExec;
pub use information::information_schema;
pub use recognise::Refusal;
pub use rule::{LocardOptions, ProximityJoinRule, refusals};
pub use session::{SessionOptions, runtime, session, session_in};
