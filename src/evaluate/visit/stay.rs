//! Stay points: where a device stood still.
//!
//! ```text
//!   anchor ●  ● ●●  ●  ●          all within stay_distance of the anchor, for stay_us or longer: a stay
//!          └── stay_distance ──┘ ○ the next record lies outside: the device is seen to leave
//!                              ~~~ or no record follows within split_us: the stay is open, its end is not known
//! ```
//! Source: Li, Zheng, Xie, Chen, Liu and Ma, Mining user similarity based on location history, ACM GIS 2008, section 3.1;
//! ended by a silence as in trackintel and scikit-mobility. A record with an interval counts from its start to its end.

use super::super::Record;
use super::super::chord::Spot;
use super::params::VisitParams;

/// A record that is certain enough, as a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Usable {
    pub(super) spot: Spot,
    pub(super) t0_us: i64,
    pub(super) t1_us: i64,
    pub(super) uncertainty_m: f64,
    /// Whether it gives the device's own position and not that of a mast or camera.
    pub(super) own: bool,
    /// Its place among the device's records.
    pub(super) record: usize,
}

/// The records that are certain enough, in order of time.
pub(super) fn usable(records: &[Record], params: &VisitParams) -> Vec<Usable> {
    let certain = records.iter().enumerate().filter(|(_, r)| r.uncertainty_m <= params.max_uncertainty_m);
    certain
        .map(|(record, r)| Usable {
            spot: Spot::new(r.lat_deg, r.lon_deg),
            t0_us: r.t0_us,
            t1_us: r.t1_us.max(r.t0_us),
            uncertainty_m: r.uncertainty_m,
            own: r.source.is_own_position(),
            record,
        })
        .collect()
}

/// Whether records show the beginning or the end of something, or silence hides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// A record elsewhere stands close before or after.
    Seen,
    /// The device is silent there: when it began or ended is not known.
    Silent,
}

/// Where a device stood still.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StayPoint {
    /// The start of its first record, UTC microseconds.
    pub t0_us: i64,
    /// The latest end of its records, UTC microseconds.
    pub t1_us: i64,
    /// The mean position, WGS84 degrees.
    pub lat_deg: f64,
    /// The mean position, WGS84 degrees.
    pub lon_deg: f64,
    /// How many records it has.
    pub records: usize,
    /// Whether its end is seen or open.
    pub ended: Edge,
}

/// The stay points of a device, in order of time.
#[must_use]
pub fn stay_points(records: &[Record], params: &VisitParams) -> Vec<StayPoint> {
    stays(&usable(records, params), params)
}

/// `O(n k)` with `k` the records of a device within `stay_us`.
pub(super) fn stays(fixes: &[Usable], params: &VisitParams) -> Vec<StayPoint> {
    let own: Vec<&Usable> = fixes.iter().filter(|fix| fix.own).collect();
    let mut found = Vec::new();
    let mut left = own.as_slice();
    while let Some((anchor, rest)) = left.split_first() {
        let (mut end_us, mut len) = (anchor.t1_us, 1);
        let mut ended = Edge::Silent;
        for fix in rest {
            if fix.t0_us.saturating_sub(end_us) > params.split_us {
                break;
            }
            if !anchor.spot.within(&fix.spot, params.stay_distance_m) {
                ended = Edge::Seen;
                break;
            }
            end_us = end_us.max(fix.t1_us);
            len += 1;
        }
        if end_us.saturating_sub(anchor.t0_us) < params.stay_us {
            left = rest;
            continue;
        }
        let (stay, after) = left.split_at(len);
        if let Some(middle) = Spot::middle(stay.iter().map(|fix| fix.spot.at)) {
            let (lat_deg, lon_deg) = (middle.lat_deg, middle.lon_deg);
            found.push(StayPoint { t0_us: anchor.t0_us, t1_us: end_us, lat_deg, lon_deg, records: len, ended });
        }
        left = after;
    }
    found
}
