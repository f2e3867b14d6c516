//! Case events: what people say about a case, one statement at a time. The log of them is the case's history; the state
//! of a case is a fold over the set of them, whatever the order they come in.

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
    /// The case needs no more attention; its records stay.
    Closed {
        /// When, UTC microseconds.
        at_us: i64,
    },
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
    /// A court issued or extended a warrant of further detention (s.43, s.44).
    WarrantIssued {
        /// When it was issued.
        at_us: i64,
        /// For how long from then, microseconds.
        length_us: i64,
    },
    /// Detention ended: charged, bailed or released.
    Released {
        /// When.
        at_us: i64,
    },
}
