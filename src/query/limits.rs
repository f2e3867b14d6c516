//! How much one query may take.

use std::time::Duration;

/// How much one query may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the start to the last row.
    pub wall_time: Duration,
    /// Rows of the result.
    pub rows: u64,
    /// Memory that its operators may hold, bytes.
    pub memory_bytes: usize,
    /// Queries of one account at once.
    pub at_once: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wall_time: Duration::from_mins(5), rows: 10_000_000, memory_bytes: 1 << 30, at_once: 4 }
    }
}
