//! The account of an exhibit: every member, every row, and why what was not read was not.

use std::collections::BTreeMap;

use crate::model::{Excess, Exhibit, Incident, Reject};

use super::batch::Kept;
use super::{Counts, Detection};

/// What became of an exhibit.
#[derive(Debug, Clone, PartialEq)]
pub struct ExhibitReport {
    /// The file.
    pub exhibit: Exhibit,
    /// Its members, in their order; one without a name if it is no container.
    pub members: Vec<MemberReport>,
    /// Why the members that follow the last one listed were not opened, if so.
    pub incomplete: Option<String>,
    /// The earliest start and latest end of the fixes kept, UTC microseconds.
    pub span: Option<(i64, i64)>,
    /// The first rejects.
    pub rejects: Vec<Reject>,
    /// Rejects that were counted and not kept.
    pub rejects_dropped: u64,
    /// The incidents.
    pub incidents: Vec<Incident>,
    /// Fixes of each device, those not asked for included.
    pub devices: BTreeMap<String, u64>,
    /// Sound fixes that lie outside an authority, by device: they are among the rejects.
    pub outside: BTreeMap<String, Excess>,
}

/// What became of one member of an exhibit.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberReport {
    /// Its name within the exhibit; empty if the exhibit is no container.
    pub name: String,
    /// Its format; `None` if it was not recognised or could not be opened.
    pub detection: Option<Detection>,
    /// Its rows.
    pub counts: Counts,
    /// Why it was not read, or not to its end; what came before was used.
    pub error: Option<String>,
}

impl ExhibitReport {
    /// The account of a file of which nothing has been read yet.
    pub(super) fn empty(exhibit: Exhibit) -> Self {
        Self {
            exhibit,
            members: Vec::new(),
            incomplete: None,
            span: None,
            rejects: Vec::new(),
            rejects_dropped: 0,
            incidents: Vec::new(),
            devices: BTreeMap::new(),
            outside: BTreeMap::new(),
        }
    }

    /// Takes in what one member's rows left.
    pub(super) fn take_in(&mut self, kept: Kept) {
        self.incidents.extend(kept.incidents);
        self.rejects.extend(kept.rejects);
        self.rejects_dropped += kept.rejects_dropped;
        for (device, n) in kept.devices {
            *self.devices.entry(device).or_default() += n;
        }
        for (device, excess) in kept.outside {
            self.outside.entry(device).or_default().merge(excess);
        }
        self.span = match (self.span, kept.span) {
            (Some((a0, a1)), Some((b0, b1))) => Some((a0.min(b0), a1.max(b1))),
            (a, b) => a.or(b),
        };
    }

    /// The account of all members together.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        self.members.iter().for_each(|m| all.add(&m.counts));
        all
    }

    /// Whether every member was read to its end.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.incomplete.is_none() && self.members.iter().all(|m| m.error.is_none())
    }
}
