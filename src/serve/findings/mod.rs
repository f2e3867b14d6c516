//! Findings as records arrive: whose case has changed in the tables is evaluated again, and what is new is told.
//!
//! ```text
//!  commit ─> Changed ─> Queue: custody first ─> the case as it is stored ─> evaluate, topic by topic: what no new record
//!                                                                               │        touches is kept (Recent)
//!                         `event: finding` of the live feed <─ Told: what differs from what was told before
//! ```
//! Invariants: what is told of a case is what `locard evaluate --case` says of the same tables, whatever order the records
//! came in; nothing is told twice unless the server was started again or the case was not heard of for long; the stream
//! goes first, because an evaluation is followed by a rest in proportion to what it took.

mod assessor;
mod queue;
mod recent;
mod told;

pub use assessor::{Assessor, AssessorParts};
