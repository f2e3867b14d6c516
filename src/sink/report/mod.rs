//! The report of `locard check`: plain data, everything a reader needs to check it or compute it again.
//!
//! ```text
//!  Report ─ parameters ─ exhibits ─ targets ─ encounters ─ not_near ─ rejects ─ limits ─ statistics
//! ```
//! The structs below are, field by field, the JSON of `docs/report.md`: a change here that removes or renames a key, or
//! changes its meaning, needs a new [`REPORT_VERSION`]. Times are UTC microseconds with their text beside them,
//! positions WGS84 degrees, distances metres on the WGS84 ellipsoid.

mod encounter;
mod evaluation;
mod exhibit;
mod moment;
mod not_near;
mod parameters;
mod record;
mod reject;
mod statistics;
mod target;
mod written;

use std::collections::BTreeSet;

use serde::Serialize;

pub use encounter::{EncounterFound, Support};
pub use evaluation::{EVALUATION_VERSION, Evaluation, NamedFinding, OnAxis};
pub use exhibit::{
    DeviceCount, ExhibitRead, Gap, KindCount, Member, PositionCount, ReasonCount, Role, RowCounts, Span, Uncertainties,
};
pub use moment::{Moment, RecordTime};
pub use not_near::{Nearest, NotNear, NotNearFinding};
pub use parameters::{Authorised, Parameters};
pub use record::Record;
pub use reject::{RejectFound, Rejects};
pub use statistics::{Stage, Statistics};
pub use target::{IncidentTarget, PlaceTarget, Targets};

use super::wording::{Applies, Fact, limits};

/// The version of the report's JSON; it changes only when a reader of the old one would be misled or broken.
pub const REPORT_VERSION: u32 = 1;

/// The program that made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
    /// Its name: `locard`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What `locard check` found, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`REPORT_VERSION`]; the first key, so that a reader can tell at once.
    pub locard_report: u32,
    /// The program.
    pub tool: Tool,
    /// What counted as near, together and one encounter.
    pub parameters: Parameters,
    /// The files that were read.
    pub exhibits: Vec<ExhibitRead>,
    /// What the suspect's fixes were compared with.
    pub targets: Targets,
    /// The encounters, in time order.
    pub encounters: Vec<EncounterFound>,
    /// The targets without a proximity, for each of the suspect's devices.
    pub not_near: Vec<NotNear>,
    /// The rows that were not used.
    pub rejects: Rejects,
    /// What this can and cannot show: sentences of [`wording`](super::wording).
    pub limits: Vec<String>,
    /// The plan and its counters; only with `--explain`. Its seconds differ from run to run, nothing else does.
    pub statistics: Option<Statistics>,
}

impl Report {
    /// An empty report with the given parameters.
    #[must_use]
    pub fn new(parameters: Parameters) -> Self {
        Self {
            locard_report: REPORT_VERSION,
            tool: Tool::default(),
            parameters,
            exhibits: Vec::new(),
            targets: Targets::default(),
            encounters: Vec::new(),
            not_near: Vec::new(),
            rejects: Rejects::default(),
            limits: Vec::new(),
            statistics: None,
        }
    }

    /// Puts the encounters and the targets without one in order, and chooses the limits that apply.
    ///
    /// Call it last: the same content then gives the same bytes in whatever order it was gathered.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.encounters.sort_by(|a, b| (a.enter.us, a.exit.us, &a.id).cmp(&(b.enter.us, b.exit.us, &b.id)));
        self.not_near.sort_by(|a, b| {
            let key = |n: &NotNear| (n.from.as_ref().map(|m| m.us), n.to.as_ref().map(|m| m.us), n.target_kind);
            key(a).cmp(&key(b)).then_with(|| (&a.target, &a.device).cmp(&(&b.target, &b.device)))
        });
        self.limits = limits(&self.applies());
        self
    }

    /// What the limits depend on, read off the report itself so that none is forgotten.
    #[must_use]
    pub fn applies(&self) -> BTreeSet<Applies> {
        let mut applies = BTreeSet::new();
        for p in self.exhibits.iter().flat_map(|e| &e.positions) {
            applies.insert(Applies::Source(p.source));
            applies.insert(Applies::Basis(p.basis));
        }
        let any = |f: fn(&ExhibitRead) -> bool| self.exhibits.iter().any(f);
        let facts = [
            (Fact::NoUncertainty, any(|e| e.uncertainties.not_stated > 0)),
            (Fact::TimesAmbiguous, any(|e| e.times_ambiguous > 0)),
            (Fact::OtherDevices, any(|e| e.counts.of_other_devices > 0)),
            (Fact::FileIncomplete, any(|e| !e.errors.is_empty())),
            (Fact::Rejects, self.rejects.total > 0),
            (Fact::Places, !self.targets.places.is_empty()),
            (Fact::Incidents, !self.targets.incidents.is_empty()),
            (Fact::Interpolated, self.encounters.iter().any(|e| e.closest_approach_m.is_some())),
            (Fact::SingleFix, self.encounters.iter().any(|e| e.single_fix)),
            (Fact::NoEncounter, self.encounters.is_empty()),
        ];
        applies.extend(facts.into_iter().filter(|(_, holds)| *holds).map(|(fact, _)| Applies::Fact(fact)));
        applies
    }
}

#[cfg(test)]
mod tests {
    use crate::sink::sample;

    #[test]
    fn the_order_of_gathering_does_not_show() {
        let settled = sample::report().settled();
        let mut shuffled = settled.clone();
        shuffled.encounters.reverse();
        shuffled.not_near.reverse();
        shuffled.limits.clear();
        assert_ne!(settled, shuffled);
        assert_eq!(settled, shuffled.settled());
    }

    #[test]
    fn limits_follow_the_content() {
        let mut report = sample::report();
        let says = |r: &crate::sink::Report, word: &str| r.limits.iter().any(|l| l.contains(word));
        report.exhibits.clear();
        report.encounters.clear();
        let bare = report.clone().settled();
        assert!(!says(&bare, "number-plate") && !says(&bare, "0 m") && says(&bare, "No encounter"));
        let full = sample::report().settled();
        assert!(says(&full, "number-plate") && says(&full, "0 m") && !says(&full, "No encounter"));
    }
}
