//! A flag as it leaves at once, for whoever watches.

use std::sync::Arc;

/// A statement about a proximity or an encounter, as the live feed shows it. A clone shares its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFlag {
    /// The case.
    pub case_id: Arc<str>,
    /// The statement, as one JSON object on one line.
    pub json: Arc<str>,
}
