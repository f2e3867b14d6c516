//! Could it have got there: two places and times, and the speed that lies between them.
//!
//! ```text
//!   (place 1, t1) ●───────────── gap ─────────────● (place 2, t2)      speed needed = gap / |t2 − t1|
//!                  ╰u1╯                       ╰u2╯                      gap = max(0, distance − u1 − u2)
//! ```
//! The rule leans towards "it could": the distance is along the straight line on the ellipsoid, which no road is shorter
//! than, and where radii of uncertainty are given the places are as near to each other as these allow. So an answer of
//! "it could not" holds against every route and every position within the radii; "it could" says no more than that the
//! line does not exclude it. Radii are not certainty: a radius at 68 % leaves 32 % of positions outside, and a claim of
//! exclusion needs radii at the confidence of the claim.

use std::time::Duration;

use super::distance_m;

/// A place and a moment, as recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sighting {
    /// Latitude, degrees.
    pub lat_deg: f64,
    /// Longitude, degrees.
    pub lon_deg: f64,
    /// When, UTC microseconds.
    pub at_us: i64,
    /// Radius of uncertainty, metres; 0 takes the position as exact.
    pub uncertainty_m: f64,
}

/// The least speed that brings a device from one sighting to the other, whichever was first, metres a second.
///
/// 0 where the places may be one, infinite where they cannot and the moments are one. Not-a-number for a position outside
/// the Earth, and for a radius below 0: devices write -1 where they have no position.
#[must_use]
pub fn break_even_speed_m_s(one: &Sighting, other: &Sighting) -> f64 {
    break_even_speed_over_m_s(distance_m(one.lat_deg, one.lon_deg, other.lat_deg, other.lon_deg), one, other)
}

/// As [`break_even_speed_m_s`] of two sightings whose [`distance_m`] is known: that of one pair in several ways costs most.
#[must_use]
pub fn break_even_speed_over_m_s(apart_m: f64, one: &Sighting, other: &Sighting) -> f64 {
    let known = |s: &Sighting| s.uncertainty_m >= 0.0;
    if !known(one) || !known(other) || apart_m.is_nan() {
        return f64::NAN;
    }
    let gap_m = apart_m - one.uncertainty_m - other.uncertainty_m;
    if gap_m <= 0.0 {
        return 0.0;
    }
    gap_m / Duration::from_micros(one.at_us.abs_diff(other.at_us)).as_secs_f64()
}

/// Whether a device that is never faster than `speed_m_s` could have made both sightings.
///
/// `None` where [`break_even_speed_m_s`] is not a number, and for a speed that is none or below 0.
#[must_use]
pub fn reachable(one: &Sighting, other: &Sighting, speed_m_s: f64) -> Option<bool> {
    let needed_m_s = break_even_speed_m_s(one, other);
    (!needed_m_s.is_nan() && speed_m_s >= 0.0).then_some(needed_m_s <= speed_m_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Kilometres north of a place in London, seconds after a moment.
    fn seen(km: f64, s: i64, uncertainty_m: f64) -> Sighting {
        // A degree of latitude here is 111.26 km.
        Sighting { lat_deg: 51.5 + km / 111.26, lon_deg: -0.12, at_us: s * 1_000_000, uncertainty_m }
    }

    #[test]
    fn the_speed_is_the_distance_over_the_time_in_either_order() {
        let (home, away) = (seen(0.0, 0, 0.0), seen(10.0, 1_000, 0.0));
        let speed = break_even_speed_m_s(&home, &away);
        assert!((speed - 10.0).abs() < 0.01, "{speed}");
        assert_eq!(speed, break_even_speed_m_s(&away, &home));
        assert_eq!(reachable(&home, &away, 10.1), Some(true));
        assert_eq!(reachable(&home, &away, 9.9), Some(false));
    }

    #[test]
    fn radii_bring_the_places_nearer_and_never_past_each_other() {
        let exact = break_even_speed_m_s(&seen(0.0, 0, 0.0), &seen(10.0, 100, 0.0));
        let loose = break_even_speed_m_s(&seen(0.0, 0, 1_500.0), &seen(10.0, 100, 500.0));
        assert!((exact - loose - 20.0).abs() < 1e-9, "{exact} {loose}");
        assert_eq!(break_even_speed_m_s(&seen(0.0, 0, 9_000.0), &seen(10.0, 0, 9_000.0)), 0.0);
    }

    #[test]
    fn one_moment_is_two_places_only_for_what_has_no_limit() {
        let (here, there) = (seen(0.0, 5, 0.0), seen(1.0, 5, 0.0));
        assert_eq!(break_even_speed_m_s(&here, &there), f64::INFINITY);
        assert_eq!(reachable(&here, &there, 1e9), Some(false));
        assert_eq!(reachable(&here, &here, 0.0), Some(true));
    }

    #[test]
    fn what_is_not_known_gives_no_answer() {
        let here = seen(0.0, 0, 0.0);
        assert_eq!(reachable(&here, &seen(1.0, 60, -1.0), 10.0), None);
        assert_eq!(reachable(&here, &Sighting { lat_deg: 91.0, ..here }, 10.0), None);
        assert_eq!(reachable(&here, &seen(1.0, 60, f64::NAN), 10.0), None);
        assert_eq!(reachable(&here, &seen(1.0, 60, 0.0), -1.0), None);
        assert_eq!(reachable(&here, &seen(1.0, 60, 0.0), f64::NAN), None);
    }

    #[test]
    fn times_from_end_to_end_of_what_can_be_written_do_not_overflow() {
        let (first, last) = (i64::MIN, i64::MAX);
        let speed = break_even_speed_m_s(
            &Sighting { at_us: first, ..seen(0.0, 0, 0.0) },
            &Sighting { at_us: last, ..seen(10.0, 0, 0.0) },
        );
        assert!(speed > 0.0 && speed < 1e-6, "{speed}");
    }

    proptest! {
        /// The records lie further apart than the device was, each by up to its radius: it is not excluded.
        #[test]
        fn truth_is_never_excluded(travelled_m in 0.0..3_000_000.0_f64, s in 1_i64..100_000, early in 0.0..1.0_f64,
                                   late in 0.0..1.0_f64, u1 in 0.0..2_000.0_f64, u2 in 0.0..2_000.0_f64) {
            // No degree of latitude is longer than 111.7 km: what is given as metres is no more than that.
            let at = |metres: f64| 40.0 + metres / 111_700.0;
            let record = |lat_deg, at_us, uncertainty_m| Sighting { lat_deg, lon_deg: 0.0, at_us, uncertainty_m };
            let one = record(at(-early * u1), 0, u1);
            let other = record(at(travelled_m + late * u2), s * 1_000_000, u2);
            let truth_m_s = distance_m(at(0.0), 0.0, at(travelled_m), 0.0) / Duration::from_secs(s.unsigned_abs()).as_secs_f64();
            prop_assert_eq!(reachable(&one, &other, truth_m_s + 1e-6), Some(true));
        }
    }
}
