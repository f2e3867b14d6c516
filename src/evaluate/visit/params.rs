//! What counts as near a place, as a stay, and as before and after.

use crate::model::ProximityParams;
use crate::time::{US_PER_S, ZoneRule};

/// The parameters of visits; every finding names them.
#[derive(Debug, Clone, PartialEq)]
pub struct VisitParams {
    /// A record this near to the edge of a place is near it, metres.
    pub near_m: f64,
    /// How many times its uncertainty a record must lie within that as well: 0 takes positions as they stand, 1 asks for
    /// all of the uncertainty within, -1 for any of it.
    pub uncertainty_times: f64,
    /// Records this near to the first of them are one stay, metres.
    pub stay_distance_m: f64,
    /// A stay lasts at least this long, microseconds.
    pub stay_us: i64,
    /// A silence longer than this ends a stay, microseconds.
    pub split_us: i64,
    /// Records near a place whose gap is at most this are one visit, microseconds.
    pub gap_us: i64,
    /// A visit this long before an arrival or after a leaving still belongs to it, microseconds.
    pub wait_us: i64,
    /// A device whose records are further apart than this is silent between them, microseconds.
    pub silence_us: i64,
    /// Records less certain than this are left out and counted, metres.
    pub max_uncertainty_m: f64,
    /// The zone in which days and hours of day are counted.
    pub zone: ZoneRule,
}

impl Default for VisitParams {
    fn default() -> Self {
        Self {
            near_m: 100.0,
            uncertainty_times: 0.0,
            stay_distance_m: 200.0,
            stay_us: 600 * US_PER_S,
            split_us: 900 * US_PER_S,
            gap_us: 600 * US_PER_S,
            wait_us: 1_800 * US_PER_S,
            silence_us: 1_800 * US_PER_S,
            max_uncertainty_m: 200.0,
            zone: ZoneRule::utc(),
        }
    }
}

impl VisitParams {
    /// The usual parameters with the radius and the gap of the case.
    #[must_use]
    pub fn of(params: &ProximityParams, zone: ZoneRule) -> Self {
        Self { near_m: params.radius_m, gap_us: params.gap_us, zone, ..Self::default() }
    }
}
