//! The record that speaks most directly to an incident, and the hard bounds of its distance.

use super::scene::{Scene, Setting};
use crate::evaluate::case::{Allegation, Record};
use crate::evaluate::prism::{ReachParams, deviations};
use crate::model::{Grade, SourceKind};

/// One record and how far from the incident it lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// The record.
    pub record: Record,
    /// Geodesic distance of its centre from the incident's position, metres.
    pub distance_m: f64,
    /// The radius that holds its true position with the percentile, metres.
    pub radius_m: f64,
    /// The least distance of the true position from the alleged place, metres, if that radius holds.
    pub least_m: f64,
    /// The greatest such distance, metres.
    pub greatest_m: f64,
    /// Its time from the incident's window, microseconds; 0 if they overlap.
    pub gap_us: i64,
    /// Its grade at the radius, if it is in the window (within the time tolerance).
    pub grade: Option<Grade>,
    /// Whether it is in the window, within the time tolerance.
    pub in_window: bool,
}

impl Nearest {
    /// Whether it gives a position within the radius: definite or probable. Of a cell record, whose position is the
    /// mast's, only definite does.
    #[must_use]
    pub fn is_there(&self) -> bool {
        match self.grade {
            Some(Grade::Definite) => true,
            Some(Grade::Probable) => self.record.source != SourceKind::Cell,
            Some(Grade::Possible) | None => false,
        }
    }

    /// What decides which of two speaks more directly: there or not, the grade, the distance.
    fn rank(&self) -> (bool, bool, Option<Grade>) {
        (self.in_window, self.is_there(), self.grade)
    }
}

/// The record in the window that speaks most directly; where none is in the window, the nearer of the last before it and
/// the first after it. `None` if there is no record.
pub(super) fn nearest(scene: &Scene<'_>, setting: &Setting, reach: &ReachParams) -> Option<Nearest> {
    let mut best: Option<Nearest> = None;
    let widen = deviations(setting.percentile, 1) * setting.uncertainty_times;
    for (index, record, distance_m) in scene.measured() {
        let radius_m = scene.frontier.sigma_m(index) * widen;
        let new = measure(scene.incident, setting, reach, record, (distance_m, radius_m));
        let wins = best.as_ref().is_none_or(|old| {
            let by_rank = new.rank().cmp(&old.rank());
            let by_time = if new.in_window { std::cmp::Ordering::Equal } else { old.gap_us.cmp(&new.gap_us) };
            by_rank.then(by_time).then(old.distance_m.total_cmp(&new.distance_m)).is_gt()
        });
        if wins {
            best = Some(new);
        }
    }
    best
}

fn measure(
    incident: &Allegation,
    setting: &Setting,
    reach: &ReachParams,
    record: &Record,
    (distance_m, radius_m): (f64, f64),
) -> Nearest {
    let gap_us = record.t0_us.saturating_sub(incident.t1_us).max(incident.t0_us.saturating_sub(record.t1_us)).max(0);
    let in_window = gap_us <= setting.window_us;
    let extent_m = incident.uncertainty_m.max(0.0);
    let stated_m = reach.radius_m(record) * setting.uncertainty_times;
    Nearest {
        record: *record,
        distance_m,
        radius_m,
        least_m: (distance_m - radius_m - extent_m).max(0.0),
        greatest_m: distance_m + radius_m + extent_m,
        gap_us,
        grade: Grade::of(distance_m, stated_m + extent_m, setting.radius_m).filter(|_| in_window),
        in_window,
    }
}
