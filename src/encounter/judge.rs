//! The one definition of a proximity: what a fix and a target that are together in time are to each other.

use super::contact::Contact;
use crate::index::{distance_m, p_within, sigma_m};
use crate::model::{Grade, ProximityParams};

/// One end of a pair: where it is, and how sure and how wide that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct End {
    /// WGS84 latitude, degrees.
    pub lat_deg: f64,
    /// WGS84 longitude, degrees.
    pub lon_deg: f64,
    /// Uncertainty radius, metres; 0 if none is stated.
    pub uncertainty_m: f64,
    /// The standard deviation of that uncertainty, metres.
    pub sigma_m: f64,
    /// How far a place reaches from its point, metres; 0 for what is a point.
    pub reach_m: f64,
}

impl End {
    /// A fix, whose uncertainty stands for `confidence` of positions.
    #[must_use]
    pub fn of_fix(lat_deg: f64, lon_deg: f64, uncertainty_m: Option<f64>, confidence: f64) -> Self {
        let uncertainty_m = uncertainty_m.unwrap_or(0.0);
        Self { lat_deg, lon_deg, uncertainty_m, sigma_m: sigma_m(uncertainty_m, confidence), reach_m: 0.0 }
    }

    /// A place: an extent, known for certain.
    #[must_use]
    pub const fn of_place(lat_deg: f64, lon_deg: f64, reach_m: f64) -> Self {
        Self { lat_deg, lon_deg, uncertainty_m: 0.0, sigma_m: 0.0, reach_m }
    }

    /// How far from its point a fix without uncertainty may be and still be worth judging, metres.
    ///
    /// The join adds its terms in another order than the grade does: a micrometre covers both.
    #[must_use]
    pub fn limit_m(&self, params: &ProximityParams) -> f64 {
        params.exit_radius_m + self.reach_m + self.uncertainty_m + 1e-6
    }
}

/// The contact of a fix and a target by their positions in the caller's tables; `None` if they are neither near nor
/// within the exit radius.
#[must_use]
pub fn contact((fix, f): (u32, &End), (target, g): (u32, &End), params: &ProximityParams) -> Option<Contact> {
    let distance_m = distance_m(f.lat_deg, f.lon_deg, g.lat_deg, g.lon_deg);
    let reach_m = f.reach_m + g.reach_m;
    let (sum_m, radius_m) = (f.uncertainty_m + g.uncertainty_m, params.radius_m + reach_m);
    let grade = Grade::of(distance_m, sum_m, radius_m);
    if grade.is_none() && Grade::of(distance_m, sum_m, params.exit_radius_m + reach_m).is_none() {
        return None;
    }
    let p_within = p_within(distance_m, f.sigma_m.hypot(g.sigma_m), radius_m);
    Some(Contact { fix, target, distance_m, grade, p_within })
}
