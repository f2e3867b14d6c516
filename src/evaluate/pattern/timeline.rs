//! Reports, appearances, allegations, moves and custody on one axis of time, as typed rows.

use serde::Serialize;

use super::super::Case;
use super::Appearance;
use crate::model::CustodyStep;

/// What a row is of, in the order of the drawing from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The victim reported something, or what is alleged was recorded.
    Report,
    /// Something is alleged to have happened.
    Allegation,
    /// A suspect's device near the victim's device.
    Encounter,
    /// A suspect's device near one of the victim's places.
    Visit,
    /// The victim moved to or from a place.
    Move,
    /// A step of a detention.
    Custody,
}

impl Lane {
    /// All lanes from above.
    pub const ALL: [Self; 6] =
        [Self::Report, Self::Allegation, Self::Encounter, Self::Visit, Self::Move, Self::Custody];

    /// The word used in tables and in the drawing.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Allegation => "allegation",
            Self::Encounter => "encounter",
            Self::Visit => "visit",
            Self::Move => "move",
            Self::Custody => "custody",
        }
    }
}

/// One row of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct TimelineRow {
    /// When it begins, UTC microseconds.
    #[serde(skip)]
    pub t0_us: i64,
    /// When it ends, UTC microseconds; equal to `t0_us` for a moment.
    #[serde(skip)]
    pub t1_us: i64,
    /// What it is of.
    pub lane: Lane,
    /// Its kind: `stay`, `custody_started`, `moved_in`, …
    pub kind: &'static str,
    /// The suspect's device; empty if it is about none.
    pub device: String,
    /// The place, the victim's device or the incident; empty if it is about none.
    pub about: String,
}

/// One step of a detention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustodyMoment {
    /// When, UTC microseconds.
    pub at_us: i64,
    /// The step's word: `custody_started`.
    pub kind: &'static str,
}

impl From<&CustodyStep> for CustodyMoment {
    fn from(step: &CustodyStep) -> Self {
        Self { at_us: step.at_us(), kind: step.kind() }
    }
}

fn row(t0_us: i64, t1_us: i64, lane: Lane, kind: &'static str, about: &str) -> TimelineRow {
    TimelineRow { t0_us, t1_us, lane, kind, device: String::new(), about: about.to_owned() }
}

/// Everything of a case that has a time, in order of time, then lane, kind, device and name; the inputs in any order.
#[must_use]
pub fn timeline(case: &Case, appearances: &[Appearance]) -> Vec<TimelineRow> {
    let reports = case.reports_us.iter().map(|&us| row(us, us, Lane::Report, "report", ""));
    let recorded =
        case.recorded.iter().map(|it| row(it.at_us, it.at_us, Lane::Report, "allegation_recorded", &it.reference));
    let alleged =
        case.incidents.iter().map(|it| row(it.t0_us, it.t1_us, Lane::Allegation, "allegation", &it.reference));
    let moves = case.places.iter().flat_map(|place| {
        let moved = |us: Option<i64>, kind| us.map(|us| row(us, us, Lane::Move, kind, &place.name));
        [moved(place.from_us, "moved_in"), moved(place.to_us, "moved_out")].into_iter().flatten()
    });
    let seen = appearances.iter().map(|it| {
        let lane = if it.kind.is_at_place() { Lane::Visit } else { Lane::Encounter };
        TimelineRow { device: it.device.clone(), ..row(it.t0_us, it.t1_us, lane, it.kind.as_str(), &it.about) }
    });
    let custody = case.custody.iter().map(|moment| row(moment.at_us, moment.at_us, Lane::Custody, moment.kind, ""));
    let mut rows: Vec<TimelineRow> =
        reports.chain(recorded).chain(alleged).chain(moves).chain(seen).chain(custody).collect();
    rows.sort();
    rows.dedup();
    rows
}
