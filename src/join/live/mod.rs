//! The join of two inputs that never end: each row meets what the other side has held so far, and is then held itself.
//!
//! ```text
//!  left input  ─┬─> lanes of the left:  key ─> items in the order of their time ─┐
//!               └─────────── meets ──────────────────────────────────────────┐   │
//!  right input ─┬─> lanes of the right: key ─> items in the order of their time  │
//!               └─────────── meets ──────────────────────────────────────────────┘ ─> pairs, at once
//! ```
//! Invariant: when `n` rows of the left and `m` of the right have been read, in whatever order and batches, the pairs
//! that have left are exactly those of the plain predicate over these rows, each once. Neither side waits for the other.
//!
//! Nothing is forgotten by itself, since a record may come as late as it likes: the rows held are taken from the memory
//! pool, and [`Live::forget`] lets a key's rows go (an idle case; its owner can put them in again).

mod block;
mod held;
mod lane;
mod meet;
mod run;
mod runs;
mod state;
mod stream;

pub use state::Live;
pub(super) use stream::{LiveParts, run};
