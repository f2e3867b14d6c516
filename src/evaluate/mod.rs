//! What the records say beyond proximity; for now, when they say nothing.

mod gaps;

pub use gaps::{DEFAULT_MIN_GAP_US, Gap, Heard, gaps};
