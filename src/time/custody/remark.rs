//! What was recorded of a detention and does not count as it stands.

/// A remark upon one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The step, as its place in the list that was given.
    pub step: usize,
    /// What is to be said of it.
    pub kind: RemarkKind,
}

/// What is to be said of a step. No remark judges: each says what was done with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemarkKind {
    /// The rule table keeps this kind of step for indictable offences, and the offence is recorded as none.
    IndictableOnly,
    /// It is recorded for a time after the ceiling that it would have moved.
    TooLate,
    /// It is recorded for a time before the relevant time.
    BeforeStart,
    /// It is recorded for a time after detention ended.
    AfterRelease,
    /// A warrant is extended that nobody has recorded, or that did not count.
    NoWarrant,
    /// It states a longer time than the rule table has.
    LongerThanRule,
    /// It reaches beyond the absolute limit.
    BeyondCap,
    /// The clock was stopped already.
    AlreadyStopped,
    /// The clock was not stopped.
    NotStopped,
}

impl RemarkKind {
    /// The remark, in words for a person.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IndictableOnly => {
                "not counted: the rule is for indictable offences, and the offence is recorded as none"
            }
            Self::TooLate => "not counted: recorded for a time after the ceiling it would move",
            Self::BeforeStart => "not counted: recorded for a time before the relevant time",
            Self::AfterRelease => "not counted: recorded for a time after detention ended",
            Self::NoWarrant => "not counted: no warrant that counts is recorded before it",
            Self::LongerThanRule => "counted for as long as the rule has; a longer time is recorded",
            Self::BeyondCap => "counted up to the absolute limit",
            Self::AlreadyStopped => "not counted: the clock was stopped already",
            Self::NotStopped => "not counted: the clock was not stopped",
        }
    }
}
