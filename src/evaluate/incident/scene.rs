//! The records of one device about one incident, with their distances: computed once, asked with many parameters.

use super::sensitivity;
use crate::evaluate::case::{Allegation, Device, Record};
use crate::evaluate::prism::{Frontier, Places, ReachParams, Room, Segment, Span};
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
            window_us: params.window_us.max(0),
            uncertainty_times: 1.0,
            percentile: reach.percentile,
            speed_m_s: reach.fastest().speed_m_s,
        }
    }
}

/// The time within which a record can bear on an incident: its window, widened by a tolerance and the horizon.
fn bearing_time(incident: &Allegation, widest_us: i64, reach: &ReachParams) -> Span {
    widened(incident, widest_us.saturating_add(reach.horizon_us))
}

/// Whether a record can bear on an incident at all, so that the incident is to be judged again when it arrives.
#[must_use]
pub fn bears_on(record: &Record, incident: &Allegation, params: &ProximityParams, reach: &ReachParams) -> bool {
    let Span { from_us, to_us } = bearing_time(incident, sensitivity::widest_us(params), reach);
    record.t0_us <= to_us && record.t1_us >= from_us && record.t0_us >= from_us.saturating_sub(LONGEST_STAY_US)
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
    let Span { from_us, to_us } = bearing_time(incident, widest_us, reach);
    let first = device.records().partition_point(|r| r.t0_us < from_us.saturating_sub(LONGEST_STAY_US));
    let rest = device.records().iter().skip(first);
    rest.take_while(|r| r.t0_us <= to_us).filter(|r| r.t1_us >= from_us).copied().collect()
}

/// Those records with the way from the incident to each that bears on the window.
pub(super) struct Scene<'a> {
    pub(super) incident: &'a Allegation,
    pub(super) frontier: Frontier<'a>,
    places: Places,
    /// Records in the widest window or bearing on it, in order.
    measured: Vec<u32>,
    /// The widest window, cut at the records.
    segments: Vec<Segment>,
}

impl<'a> Scene<'a> {
    /// Measures the records that bear on the window widened by up to `widest_us`; the others stay unmeasured.
    pub(super) fn new(records: &'a [Record], incident: &'a Allegation, widest_us: i64, reach: &ReachParams) -> Self {
        let frontier = Frontier::new(records, reach);
        let Span { from_us, to_us } = widened(incident, widest_us);
        let segments: Vec<Segment> = frontier.segments(from_us, to_us).collect();
        let mut bears: Vec<bool> = records.iter().map(|r| r.t0_us <= to_us && r.t1_us >= from_us).collect();
        for member in segments.iter().flat_map(|s| s.family.members()) {
            if let Some(flag) = bears.get_mut(member.index as usize) {
                *flag = true;
            }
        }
        let places = Places::measure(records, incident.lat_deg, incident.lon_deg, &bears);
        let measured = (0_u32..).zip(bears).filter_map(|(index, bears)| bears.then_some(index)).collect();
        Self { incident, frontier, places, measured, segments }
    }

    /// The records that were measured, with their distances from the incident's position, metres, in order.
    pub(super) fn measured(&self) -> impl Iterator<Item = (u32, &'a Record, f64)> {
        let record = |index: u32| Some((index, self.frontier.record(index)?, self.places.distance_m(index)));
        self.measured.iter().filter_map(move |&index| record(index)).filter(|(_, _, m)| !m.is_nan())
    }

    /// What the records allow over the window, piece by piece.
    pub(super) fn rooms(&self, setting: &Setting) -> Vec<Room> {
        // Within the radius of any point of the alleged place.
        let reach_m = setting.radius_m + self.incident.uncertainty_m.max(0.0);
        let sure = (setting.percentile, setting.uncertainty_times);
        let room = |s: &Segment| Room::of(&self.frontier, &self.places, s, reach_m, sure);
        let window = widened(self.incident, setting.window_us);
        if window.from_us == window.to_us {
            // At a single moment records before and after it may be one.
            return self.frontier.segments(window.from_us, window.to_us).map(|s| room(&s)).collect();
        }
        let first = self.segments.partition_point(|s| s.to_us <= window.from_us);
        let within = self.segments.iter().skip(first).take_while(|s| s.from_us < window.to_us);
        let clip = |s: &Segment| Segment {
            from_us: s.from_us.max(window.from_us),
            to_us: s.to_us.min(window.to_us),
            family: s.family,
        };
        within.map(|s| room(&clip(s))).collect()
    }
}

/// The incident's window, widened at both ends.
pub(super) fn widened(incident: &Allegation, by_us: i64) -> Span {
    Span { from_us: incident.t0_us.saturating_sub(by_us), to_us: incident.t1_us.saturating_add(by_us) }
}
