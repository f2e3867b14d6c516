//! STUB evaluate

mod gaps;
pub use gaps::{DEFAULT_MIN_GAP_US, Gap, gaps};
