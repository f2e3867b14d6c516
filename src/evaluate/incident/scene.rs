//! The records of one device about one incident, with their distances: computed once, asked with many parameters.

use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::prism::{Frontier, ReachParams, Room, Span};
use crate::index::distance_m;
use crate::model::ProximityParams;
use crate::time::US_PER_S;

/// No record's interval is looked for further back than this beyond the horizon, microseconds: a day.
const LONGEST_STAY_US: i64 = 86_400 * US_PER_S;

/// What is varied: what counts as near, when, and how sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Setting {
    /// Metres.
    pub radius_m: f64,
    /// Time tolerance at both ends of the window, microseconds.
    pub window_us: i64,
    /// The records' radii are multiplied by this.
    pub uncertainty_times: f64,
    /// The probability with which the records of a moment hold together.
    pub percentile: f64,
    /// The fastest speed that is believed, metres per second.
    pub speed_m_s: f64,
}

impl Setting {
    pub(super) fn of(params: &ProximityParams, reach: &ReachParams) -> Self {
        Self {
            radius_m: params.radius_m,
            window_us: params.window_us,
            uncertainty_times: 1.0,
            percentile: reach.percentile,
            speed_m_s: reach.fastest().speed_m_s,
        }
    }
}

/// The records that can bear on an incident, copied out of the device's.
///
/// In order of content, from the horizon before the window (and a day more, for records that last) to the horizon after.
pub(super) fn records_about(
    device: &Device,
    incident: &Allegation,
    widest_us: i64,
    reach: &ReachParams,
) -> Vec<Record> {
    let reach_us = widest_us.saturating_add(reach.horizon_us);
    let (from_us, to_us) = (incident.t0_us.saturating_sub(reach_us), incident.t1_us.saturating_add(reach_us));
    let first = device.records().partition_point(|r| r.t0_us < from_us.saturating_sub(LONGEST_STAY_US));
    let rest = device.records().iter().skip(first);
    rest.take_while(|r| r.t0_us <= to_us).filter(|r| r.t1_us >= from_us).copied().collect()
}

/// Those records with the way from the incident to each.
pub(super) struct Scene<'a> {
    pub(super) incident: &'a Allegation,
    pub(super) frontier: Frontier<'a>,
    /// Geodesic distances from the incident's position, metres, by the record's position.
    distances_m: Vec<f64>,
}

impl<'a> Scene<'a> {
    /// Measures the records that bear on the window widened by up to `widest_us`; the others stay unmeasured.
    pub(super) fn new(records: &'a [Record], incident: &'a Allegation, widest_us: i64, reach: &ReachParams) -> Self {
        let frontier = Frontier::new(records, reach);
        let mut scene = Self { incident, frontier, distances_m: vec![f64::NAN; records.len()] };
        let Span { from_us, to_us } = scene.window(widest_us);
        let mut bears: Vec<bool> = records.iter().map(|r| r.t0_us <= to_us && r.t1_us >= from_us).collect();
        for segment in scene.frontier.segments(from_us, to_us) {
            for member in segment.family.members() {
                if let Some(flag) = bears.get_mut(member.index as usize) {
                    *flag = true;
                }
            }
        }
        for ((slot, r), _) in scene.distances_m.iter_mut().zip(records).zip(bears).filter(|(_, bears)| *bears) {
            *slot = distance_m(incident.lat_deg, incident.lon_deg, r.lat_deg, r.lon_deg);
        }
        scene
    }

    /// The incident's window, widened at both ends.
    pub(super) fn window(&self, by_us: i64) -> Span {
        Span { from_us: self.incident.t0_us.saturating_sub(by_us), to_us: self.incident.t1_us.saturating_add(by_us) }
    }

    /// The distance of a record from the incident's position, metres.
    pub(super) fn distance_m(&self, index: u32) -> f64 {
        self.distances_m.get(index as usize).copied().unwrap_or(f64::NAN)
    }

    /// How far the incident reaches: within the radius of any point of the alleged place, metres.
    pub(super) fn reach_m(&self, setting: &Setting) -> f64 {
        setting.radius_m + self.incident.uncertainty_m.max(0.0)
    }

    /// What the records allow over the window, piece by piece.
    pub(super) fn rooms(&self, setting: &Setting) -> Vec<Room> {
        let Span { from_us, to_us } = self.window(setting.window_us);
        let segments = self.frontier.segments(from_us, to_us);
        let reach_m = self.reach_m(setting);
        segments
            .map(|s| {
                let distance = |index| self.distance_m(index);
                Room::of(&self.frontier, &s, reach_m, setting.percentile, setting.uncertainty_times, distance)
            })
            .collect()
    }
}
