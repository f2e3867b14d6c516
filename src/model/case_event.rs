//! Case events: what people say about a case, one statement at a time. The log of them is the case's history; the state
//! of a case is a fold over the set of them, whatever the order they come in.

use std::fmt;

use super::{Incident, Place};

/// What part a person has in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The person the case protects.
    Victim,
    /// The person it is about; may be innocent.
    Suspect,
    /// Somebody else, whose records help to read the others.
    ThirdParty,
    /// Not known yet.
    Unknown,
}

impl Role {
    /// All roles, in the order of their declaration.
    pub const ALL: [Self; 4] = [Self::Victim, Self::Suspect, Self::ThirdParty, Self::Unknown];

    /// The word used in tables, files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Victim => "victim",
            Self::Suspect => "suspect",
            Self::ThirdParty => "third_party",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the word; `None` if it is not one of the four.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One statement about a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseEvent {
    /// The case.
    pub case_id: String,
    /// Names this statement; the same identifier again is the same statement, delivered again.
    pub event_id: String,
    /// When it was recorded, UTC microseconds; of two statements about one thing the later recorded holds.
    pub recorded_us: i64,
    /// Who recorded it.
    pub author: String,
    /// Why, in their words; may be empty.
    pub reason: String,
    /// What it says.
    pub change: CaseChange,
}

/// What a case event says.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseChange {
    /// The case exists.
    Opened,
    /// A device was a subject's between two times; the same `attribution_id` again corrects it.
    Attributed(Attribution),
    /// The claim is not upheld any more.
    AttributionWithdrawn {
        /// Which claim.
        attribution_id: String,
    },
    /// There is something to compare suspects' fixes with; the same `target_id` again corrects it.
    TargetAdded {
        /// Names it in the case.
        target_id: String,
        /// The place or incident.
        target: StatedTarget,
    },
    /// A target does not count any more.
    TargetWithdrawn {
        /// Which target.
        target_id: String,
    },
    /// Something happened to the custody clock.
    Custody(CustodyChange),
    /// A statement about a custody clock was a mistake and does not count any more.
    CustodyWithdrawn {
        /// Which detention.
        custody_id: String,
        /// The `event_id` of the mistaken statement.
        step_event_id: String,
    },
    /// Records were asked for; the same `request_id` again corrects it.
    Requested(DataRequest),
    /// What was asked for was returned; of two statements the later recorded holds.
    RequestReturned {
        /// Which request.
        request_id: String,
        /// When it was returned, UTC microseconds.
        at_us: i64,
        /// SHA-256 of what was returned, hex; empty if that is not said.
        exhibit: String,
    },
    /// The request does not count any more.
    RequestWithdrawn {
        /// Which request.
        request_id: String,
    },
    /// The case needs no more attention; its records stay.
    Closed {
        /// When, UTC microseconds.
        at_us: i64,
    },
}

impl CaseChange {
    /// The word used in tables, files and messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Attributed(_) => "attribution_added",
            Self::AttributionWithdrawn { .. } => "attribution_withdrawn",
            Self::TargetAdded { .. } => "target_added",
            Self::TargetWithdrawn { .. } => "target_withdrawn",
            Self::Custody(change) => change.step.kind(),
            Self::CustodyWithdrawn { .. } => "custody_withdrawn",
            Self::Requested(_) => "request_added",
            Self::RequestReturned { .. } => "request_returned",
            Self::RequestWithdrawn { .. } => "request_withdrawn",
            Self::Closed { .. } => "closed",
        }
    }
}

/// The claim that a device was a subject's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// Names the claim in the case.
    pub attribution_id: String,
    /// The device, as its records name it.
    pub device_id: String,
    /// The person.
    pub subject_id: String,
    /// The person's part in the case.
    pub role: Role,
    /// From when, UTC microseconds; `None` for always.
    pub from_us: Option<i64>,
    /// Until when, UTC microseconds, exclusive; `None` for always.
    pub to_us: Option<i64>,
    /// What it rests on: seized from him, subscriber, self-declared, ...
    pub basis: String,
}

/// A request for records: what was asked of whom, under which authority; times are UTC microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataRequest {
    /// Names the request in the case.
    pub request_id: String,
    /// Of whom: an operator, a platform, a force.
    pub holder: String,
    /// The authority under which it was made, as the authority is named: a URN, a warrant, a consent.
    pub authority: String,
    /// The device or account whose records are asked for, as its records name it.
    pub device_id: String,
    /// Start of the authorised period.
    pub from_us: i64,
    /// End of the authorised period, exclusive.
    pub to_us: i64,
    /// When it was made.
    pub requested_us: i64,
    /// When it is due; `None` if that is not said.
    pub due_us: Option<i64>,
}

/// A target that a person states, rather than a victim's device records.
#[derive(Debug, Clone, PartialEq)]
pub enum StatedTarget {
    /// A place of the victim.
    Place(Place),
    /// An allegation.
    Incident(Incident),
}

/// What happens to a custody clock; times are UTC microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustodyChange {
    /// Names the detention in the case: a return on bail is another.
    pub custody_id: String,
    /// The person detained.
    pub subject_id: String,
    /// What happened.
    pub step: CustodyStep,
}

/// A step of a detention under PACE 1984; times are UTC microseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustodyStep {
    /// Detention began.
    Started {
        /// The relevant time (s.41(2)), stated by custody staff.
        relevant_us: i64,
        /// When detention was first authorised, from which reviews run (s.40); `None` if not stated yet.
        authorised_us: Option<i64>,
        /// An indictable or either-way offence: what s.42 needs.
        indictable: bool,
    },
    /// The clock stops (s.41(6)).
    Paused {
        /// When.
        at_us: i64,
    },
    /// The clock goes on.
    Resumed {
        /// When.
        at_us: i64,
    },
    /// A review was carried out (s.40).
    Reviewed {
        /// When.
        at_us: i64,
    },
    /// A superintendent authorised detention up to 36 hours (s.42).
    Extended {
        /// When.
        at_us: i64,
    },
    /// A court issued a warrant of further detention (s.43).
    WarrantIssued {
        /// When it was issued.
        at_us: i64,
        /// For how long from then, microseconds.
        length_us: i64,
    },
    /// A court extended a warrant of further detention (s.44).
    WarrantExtended {
        /// When it was extended.
        at_us: i64,
        /// For how long after the end of the warrant in force, microseconds.
        length_us: i64,
    },
    /// Detention ended: charged or released. A person who will return on bail is `Paused`, not released.
    Released {
        /// When.
        at_us: i64,
    },
}

impl CustodyStep {
    /// The words of all steps, in the order of their declaration.
    pub const KINDS: [&'static str; 8] = [
        "custody_started",
        "custody_paused",
        "custody_resumed",
        "custody_reviewed",
        "custody_extended",
        "custody_warrant_issued",
        "custody_warrant_extended",
        "custody_released",
    ];

    /// The word used in tables, files and messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "custody_started",
            Self::Paused { .. } => "custody_paused",
            Self::Resumed { .. } => "custody_resumed",
            Self::Reviewed { .. } => "custody_reviewed",
            Self::Extended { .. } => "custody_extended",
            Self::WarrantIssued { .. } => "custody_warrant_issued",
            Self::WarrantExtended { .. } => "custody_warrant_extended",
            Self::Released { .. } => "custody_released",
        }
    }

    /// When it happened, UTC microseconds; of a start the relevant time.
    #[must_use]
    pub const fn at_us(&self) -> i64 {
        match self {
            Self::Started { relevant_us, .. } => *relevant_us,
            Self::Paused { at_us }
            | Self::Resumed { at_us }
            | Self::Reviewed { at_us }
            | Self::Extended { at_us }
            | Self::WarrantIssued { at_us, .. }
            | Self::WarrantExtended { at_us, .. }
            | Self::Released { at_us } => *at_us,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_one_of_the_words() {
        use CustodyStep as S;
        let (at_us, length_us) = (1, 2);
        let steps = [
            S::Started { relevant_us: 1, authorised_us: None, indictable: true },
            S::Paused { at_us },
            S::Resumed { at_us },
            S::Reviewed { at_us },
            S::Extended { at_us },
            S::WarrantIssued { at_us, length_us },
            S::WarrantExtended { at_us, length_us },
            S::Released { at_us },
        ];
        assert_eq!(steps.each_ref().map(CustodyStep::kind), CustodyStep::KINDS);
    }

    #[test]
    fn a_role_is_read_as_it_is_written_and_nothing_else_is() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!((Role::parse("Victim"), Role::parse("third party"), Role::parse("")), (None, None, None));
    }
}
