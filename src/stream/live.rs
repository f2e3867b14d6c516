//! What leaves at once, for whoever watches.

use std::sync::Arc;

/// What a live statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveKind {
    /// An encounter.
    Flag,
    /// What the records of a case say to one question.
    Finding,
}

impl LiveKind {
    /// The name of the event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Finding => "finding",
        }
    }
}

/// A statement about an encounter or a finding, as the live feed shows it. A clone shares its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveFlag {
    /// What it is about.
    pub kind: LiveKind,
    /// The case.
    pub case_id: Arc<str>,
    /// The statement, as one JSON object on one line.
    pub json: Arc<str>,
}
