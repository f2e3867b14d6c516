//! Whether two records are near, exactly as [`encounter::contact`](crate::encounter::contact()) says, mostly without a geodesic.

use crate::index::compare::{Anchor, Threshold};
use crate::index::{Comparator, EARTH_RADIUS_M, Metric, Verdict, distance_m};
use crate::model::{Grade, ProximityParams};

/// A position prepared for comparing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) anchor: Anchor,
    pub(super) cos_lat: f64,
}

impl Spot {
    pub(super) fn of(lat_deg: f64, lon_deg: f64) -> Self {
        let anchor = Comparator::new(Metric::Geodesic).anchor(lat_deg, lon_deg);
        Self { anchor, cos_lat: lat_deg.to_radians().cos() }
    }

    /// The cheap verdict on another spot.
    pub(super) fn judge(&self, other: &Self, radius_m: f64) -> Verdict {
        let (lat, lon) = (other.anchor.lat_deg, other.anchor.lon_deg);
        Comparator::new(Metric::Geodesic).judge(&self.anchor, lat, lon, other.cos_lat, Threshold::new(radius_m))
    }

    /// The position in space, metres from the Earth's centre, on the sphere of the mean radius.
    pub(super) fn in_space(&self) -> InSpace {
        let (lat, lon) = (self.anchor.lat_deg.to_radians(), self.anchor.lon_deg.to_radians());
        let (flat, up) = (libm::cos(lat), libm::sin(lat));
        InSpace([flat * libm::cos(lon), flat * libm::sin(lon), up].map(|axis| axis * EARTH_RADIUS_M))
    }

    fn distance_m(&self, other: &Self) -> f64 {
        distance_m(self.anchor.lat_deg, self.anchor.lon_deg, other.anchor.lat_deg, other.anchor.lon_deg)
    }
}

/// A position as a point in space: the cheapest bound on a distance.
///
/// The chord is no longer than the arc on the sphere, and the geodesic on the ellipsoid is within 0.57 % of that arc
/// (`index::distance` holds it to that); below 100 km the chord is within 0.002 % of the arc.
#[derive(Debug, Clone, Copy)]
pub(super) struct InSpace([f64; 3]);

/// The longest distance for which the upper bound is used, metres.
const CHORD_MAX_M: f64 = 50_000.0;

impl InSpace {
    /// Certainly beyond or certainly within, or neither; a limit that is not above 0 holds nothing.
    pub(super) fn judge(&self, other: &Self, beyond_m: f64, within_m: f64) -> Verdict {
        let square: f64 = self.0.iter().zip(other.0).map(|(a, b)| (a - b) * (a - b)).sum();
        let (beyond, within) = (beyond_m / 0.994, within_m / 1.006);
        if square > beyond * beyond && beyond_m > 0.0 {
            Verdict::Beyond
        } else if square < within * within && within_m > 0.0 && within_m < CHORD_MAX_M {
            Verdict::Within
        } else {
            Verdict::Unsure
        }
    }
}

/// What two records that are together in time are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Nearness {
    /// Neither near nor within the exit radius.
    Far,
    /// Within the exit radius only: holds an open encounter.
    Holds,
    /// A proximity: opens an encounter.
    Opens,
}

/// Judges two spots whose uncertainties sum to `sum_m` metres.
pub(super) fn nearness(one: &Spot, other: &Spot, sum_m: f64, params: &ProximityParams) -> Nearness {
    // With a sum that is negative or no number the order of the grade's comparisons matters: leave it to the grade.
    if sum_m >= 0.0 {
        match one.judge(other, params.radius_m + sum_m) {
            Verdict::Within => return Nearness::Opens,
            Verdict::Beyond if params.exit_radius_m <= params.radius_m => return Nearness::Far,
            Verdict::Beyond => match one.judge(other, params.exit_radius_m + sum_m) {
                Verdict::Within => return Nearness::Holds,
                Verdict::Beyond => return Nearness::Far,
                Verdict::Unsure => {}
            },
            Verdict::Unsure => {}
        }
    }
    let distance_m = one.distance_m(other);
    if Grade::of(distance_m, sum_m, params.radius_m).is_some() {
        Nearness::Opens
    } else if Grade::of(distance_m, sum_m, params.exit_radius_m).is_some() {
        Nearness::Holds
    } else {
        Nearness::Far
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encounter::{End, contact};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn it_is_what_the_contact_says(
            north_m in -400.0..400.0_f64, east_m in -400.0..400.0_f64, lat in prop_oneof![-89.9..89.9_f64, Just(51.5)],
            u in prop_oneof![Just(0.0), 0.0..200.0_f64], exit in prop_oneof![Just(100.0), 100.0..300.0_f64]) {
            let params = ProximityParams { exit_radius_m: exit, ..ProximityParams::default() };
            let (lat2, lon2) = (lat + north_m / 111_200.0, 10.0 + east_m / (111_300.0 * lat.to_radians().cos()));
            let found = nearness(&Spot::of(lat, 10.0), &Spot::of(lat2, lon2), u + 7.0, &params);
            let ends = (End::of_fix(lat, 10.0, Some(u), 0.68), End::of_fix(lat2, lon2, Some(7.0), 0.68));
            let said = contact((0, &ends.0), (0, &ends.1), &params);
            let expected = said.map_or(Nearness::Far, |c| if c.grade.is_some() { Nearness::Opens } else { Nearness::Holds });
            prop_assert_eq!(found, expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn the_bound_in_space_is_never_wrong(
            lat in -90.0..=90.0_f64, lon in -180.0..=180.0_f64, north in -1.0..1.0_f64, east in -1.0..1.0_f64,
            size in prop_oneof![0.0..0.01_f64, 0.0..60.0_f64], share in 0.9..1.1_f64) {
            let to = ((lat + north * size).clamp(-90.0, 90.0), (lon + east * size + 540.0).rem_euclid(360.0) - 180.0);
            let metres = distance_m(lat, lon, to.0, to.1);
            let (one, other) = (Spot::of(lat, lon).in_space(), Spot::of(to.0, to.1).in_space());
            let limit_m = metres * share;
            match one.judge(&other, limit_m, limit_m) {
                Verdict::Beyond => prop_assert!(metres > limit_m, "{} {}", metres, limit_m),
                Verdict::Within => prop_assert!(metres <= limit_m, "{} {}", metres, limit_m),
                Verdict::Unsure => prop_assert!((metres - limit_m).abs() < 0.02 * metres + 1e-6 || metres > 40_000.0),
            }
        }
    }

    #[test]
    fn a_position_that_is_none_is_near_nothing() {
        let nowhere = Spot::of(f64::NAN, 0.0);
        assert_eq!(nearness(&nowhere, &Spot::of(51.0, 0.0), 5.0, &ProximityParams::default()), Nearness::Far);
    }
}
